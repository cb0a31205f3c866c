"""Notices, what is known of oneself, who looked, and what was removed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.shapes.body import Body, Moment
from api.shapes.resources import PrivatePeriod, WeekSchedule


class NewSignature(Body):
    """Read and signed, without a worker by oneself; `signed_at` is for what was signed on paper."""

    notice_version: str = Field(min_length=1, max_length=100)
    worker_id: UUID | None = None
    signed_at: Moment | None = None


class Signature(Body):
    worker_id: UUID
    worker_name: str
    notice_version: str
    signed_at: datetime


class Notice(Body):
    """A policy one's devices stand under; tracking is off until `signed_at`, and without a
    `notice_version` and a `cse_date` for everybody."""

    policy_id: UUID
    policy: str
    purpose: str
    schedule: WeekSchedule
    retention_days: int
    notice_version: str | None
    cse_date: date | None
    signed_at: datetime | None


class SharedPosition(Body):
    """The newest position others can see; it will be removed at `purge_at`."""

    device_id: UUID
    label: str
    observed_at: datetime
    received_at: datetime
    lon: float
    lat: float
    accuracy_m: float | None
    purpose: str
    purge_at: datetime


class Look(Body):
    """Somebody looked: `object` at what (position, presence, track), `how`, and `why` if asked."""

    seq: int
    at: datetime
    who: str
    profile: str
    object: str
    how: str | None
    why: str | None


class PrivacyLedger(Body):
    """What the company sees of the caller."""

    worker_id: UUID
    last_position: SharedPosition | None
    notices: list[Notice]
    periods: list[PrivatePeriod]
    looks: list[Look]
    looks_since: datetime


class OwnData(Body):
    """A copy of all that is kept of the caller: `positions` as GeoJSON, newest first; the rest of
    them with `before` set to `positions_before`."""

    generated_at: datetime
    worker_id: UUID
    positions: dict[str, Any]
    positions_before: datetime | None
    records: dict[str, list[dict[str, Any]]]
    notices: list[Signature]
    looks: list[Look]


class Receipt(Body):
    """What a purge or an erasure removed, and why, as it stands in the audit chain."""

    seq: int
    at: datetime
    what: str
    subject: UUID | None
    body: dict[str, Any]
