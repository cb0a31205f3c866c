"""Messages that could not be used."""

from datetime import datetime
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
