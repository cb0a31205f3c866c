"""The words all parts share, as pure data: fixes, their flags, states, identifiers.

No I/O here. Coordinates are lon, lat in degrees WGS 84, times aware UTC, units in the names.
"""

import re
from datetime import UTC, datetime
from enum import IntFlag, StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Literal, NewType
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from fieldops.errors import BadInput

TenantSlug = NewType("TenantSlug", str)
EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG 1980

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): sortable by time, may also be made by a client off-line."""
    return UUID(int=uuid7().int)


def now() -> datetime:
    """Return the present instant, aware, UTC."""
    return datetime.now(UTC)


def tenant_slug(value: str) -> TenantSlug:
    """Check a tenant's slug: it names a database, an MQTT level and Valkey keys.

    Raises:
        BadInput: not 2–40 of a–z, 0–9 and single inner dashes, starting with a letter.
    """
    if not (2 <= len(value) <= 40 and _SLUG.fullmatch(value)):
        raise BadInput(
            f"tenant {value!r} is not 2 to 40 of a-z, 0-9 and inner dashes", pointer="/slug"
        )
    return TenantSlug(value)


def check_position(lon: float, lat: float) -> None:
    """Raise BadInput when a position lies off the globe (NaN included)."""
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise BadInput(f"position {lon}, {lat} off the globe (lon ±180, lat ±90)")


def great_circle_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the haversine distance in metres between two points in degrees."""
    dlat, dlon = radians(lat2 - lat1), radians(lon2 - lon1)
    h = sin(dlat / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(dlon / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


class Flag(IntFlag):
    """What is odd about a fix; stored as a bit set, never a reason to delete.

    LATE: received more than 5 min after it was observed.
    FUTURE: observed more than 5 min after receipt; CLOCK_UNSET: observed before 2015. Both are
    never the latest position and never reach a fence.
    IMPLAUSIBLE_SPEED: the straight line from the previous fix in time needs > 70 m/s.
    """

    NONE = 0
    LATE = 1
    FUTURE = 2
    CLOCK_UNSET = 4
    IMPLAUSIBLE_SPEED = 8
    MOCK = 16


UNTRUSTED_TIME = Flag.FUTURE | Flag.CLOCK_UNSET
_NONE = Flag.NONE


class Fix(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One position of one device, as observed; identity is (device, observed_at).

    A struct, for a frozen dataclass of 14 fields costs a microsecond to make and this a tenth; an
    array, for that is how the stream carries it (`fieldops/stream.py`): new fields go to the end.

    lon, lat degrees WGS 84; accuracy_m is the 68 % radius; speed m/s; heading degrees from
    north, clockwise; altitude m; battery %. None means the device did not say.
    """

    device: UUID
    observed_at: datetime
    received_at: datetime
    lon: float
    lat: float
    run: str = ""
    seq: int = 0
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    altitude_m: float | None = None
    battery_pct: int | None = None
    source: str | None = None
    flags: Flag = Flag.NONE

    @property
    def timely(self) -> bool:
        """Return whether its time can be trusted."""
        # A Flag's own operators cost as much as the fix did.
        return self.flags is _NONE or not self.flags & UNTRUSTED_TIME

    def flagged(self, flags: Flag) -> "Fix":
        """Return the same fix with `flags` added."""
        return msgspec.structs.replace(self, flags=self.flags | flags)


class Profile(StrEnum):
    """What a person is in a tenant (a *role* is a process, never a person)."""

    MANAGER = "manager"
    PROJECT_MANAGER = "project_manager"
    SITE_MANAGER = "site_manager"
    CREW_MEMBER = "crew_member"
    ADMIN = "admin"
    DPO = "dpo"


class Purpose(StrEnum):
    """Why a device may be tracked at all (product.md L1); no purpose, no ingest."""

    DISPATCH = "dispatch"
    SAFETY = "safety"
    PROOF_OF_SERVICE = "proof_of_service"
    LEGAL_OBLIGATION = "legal_obligation"
    VEHICLE_RULES = "vehicle_rules"


class TaskState(StrEnum):
    READY = "ready"
    SCHEDULED = "scheduled"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


# From → what may follow. Whoever changes a task's state asks `check_transition`.
TASK_TRANSITIONS: dict[TaskState, frozenset[TaskState]] = {
    TaskState.READY: frozenset({TaskState.SCHEDULED, TaskState.DISPATCHED, TaskState.CANCELLED}),
    TaskState.SCHEDULED: frozenset({TaskState.READY, TaskState.DISPATCHED, TaskState.CANCELLED}),
    TaskState.DISPATCHED: frozenset(
        {TaskState.READY, TaskState.SCHEDULED, TaskState.ACCEPTED, TaskState.CANCELLED}
    ),
    TaskState.ACCEPTED: frozenset(
        {TaskState.READY, TaskState.SCHEDULED, TaskState.IN_PROGRESS, TaskState.CANCELLED}
    ),
    TaskState.IN_PROGRESS: frozenset({TaskState.DONE}),
    TaskState.DONE: frozenset(),
    TaskState.CANCELLED: frozenset(),
}

AssignmentState = Literal[
    "planned", "offered", "accepted", "declined", "withdrawn", "started", "done"
]
AttendanceKind = Literal["in", "out", "break_start", "break_end"]
AttendanceSource = Literal["self", "roll_call", "kiosk", "correction"]
