"""What sites were granted."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.shapes.body import Code, Moment, New, Row, Skill


class NewPermit(New):
    """A permit of a site: a DICT, a lockout attestation; a task asks for its `kind`."""

    site_id: UUID
    kind: Skill
    number: Code | None = None
    valid_from: Moment
    valid_until: Moment | None = Field(None, description="null: until it is revoked")


class Permit(Row):
    site_id: UUID
    kind: str
    number: str | None
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None
    status: Literal["valid", "expired", "revoked", "future"]
