"""Messages that could not be used."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class QuarantinedMessage(BaseModel):
    """`code` says what is wrong, `bytes` how long it is; reason, payload and preview are null for
    who sees no positions."""

    id: UUID
    received_at: datetime
    topic: str
    device: str | None
    code: str
    bytes: int
    reason: str | None
    payload_base64: str | None
    preview: str | None


class RetriedMessage(BaseModel):
    """What came of a message tried again: fixes and declarations new in the database, those that
    were there already, those privacy dropped, and parts that stay in quarantine with `code` of the
    first; its reason is null for who sees no positions."""

    outcome: Literal["stored", "private", "quarantined"]
    fixes: int
    duplicates: int
    attendance: int
    private: int
    quarantined: int
    code: str | None
    reason: str | None
