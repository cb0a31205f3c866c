"""What happened, as it is read: the audit chain and the event log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from api.shapes.body import Body
from api.shapes.live import LiveEvent


class AuditRow(Body):
    """One row of the chain; personal values stand in `body` as salted commitments."""

    seq: int
    at: datetime
    actor: UUID | None
    action: str
    object: str
    subject: UUID | None
    body: dict[str, Any]
    prev_hash: str
    hash: str


class EventPage(Body):
    """Events the caller may hear of; `at` is how far the log was read, the next `since`.

    `complete` is false when the log no longer reaches back to the asked `since`.
    """

    events: list[LiveEvent]
    at: int
    complete: bool
