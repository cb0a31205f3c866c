"""Attendance: what is declared, what is thought of it, and days."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.shapes.body import Body, Lat, Lon, Moment, New
from fieldops.model import AttendanceKind, AttendanceSource

Word = Literal["conform", "to_check", "incoherent"]
DayStatus = Literal["open", "submitted", "validated", "locked", "exported"]
DayStep = Literal["submit", "withdraw", "validate", "lock", "export", "reopen", "dispute"]


class Oddity(Body):
    """What is odd, as a code the client translates, and its parameters."""

    code: str
    params: dict[str, Any] = {}


class NewAttendance(New):
    """Somebody came, went or took a break; without a worker, oneself; without a time, now.

    `sent_at` is the device's clock when it sends: it measures its skew, whatever the delay. The
    position is one shot, of this moment alone.
    """

    kind: AttendanceKind
    worker_id: UUID | None = None
    site_id: UUID | None = None
    device_at: Moment | None = None
    sent_at: Moment | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    accuracy_m: float | None = Field(None, ge=0, le=100_000)
    provider: str | None = Field(None, max_length=32)
    is_mock: bool | None = None
    source: Literal["kiosk"] | None = None
    why: str | None = Field(None, max_length=500)


class AttendanceBulk(Body):
    """Several at once, each answered for by itself: a roll-call, or a phone's backlog."""

    items: list[NewAttendance] = Field(min_length=1, max_length=200)


class Correction(New):
    """Says an event otherwise, or takes it back (`void`); what is left out stays as it was."""

    why: str = Field(min_length=1, max_length=500)
    kind: AttendanceKind | None = None
    site_id: UUID | None = None
    device_at: Moment | None = None
    void: bool = False


class Attendance(Body):
    """One declaration, without its position. `skew_ms` is server time less device time, `clock_ms`
    what the clock alone was off. `verdict` is null until somebody judged it, and stays what it was
    on an event that was corrected."""

    id: UUID
    worker_id: UUID
    worker_name: str | None = None
    site_id: UUID | None
    kind: AttendanceKind
    source: AttendanceSource
    device_at: datetime
    server_at: datetime
    skew_ms: int
    clock_ms: int | None
    device_id: UUID | None
    accuracy_m: float | None
    provider: str | None
    is_mock: bool | None
    corrects_id: UUID | None
    void: bool
    why: str | None
    recorded_by: UUID | None
    verdict: Word | None
    reasons: list[Oddity] | None
    distance_m: float | None


class Declared(Attendance):
    """`again`: it was recorded before, nothing was added."""

    again: bool = False


class BulkItem(Body):
    """What became of one item; `code`, `detail` and `params` say why it was refused."""

    done: bool
    row: Declared | None = None
    code: str | None = None
    detail: str | None = None
    params: dict[str, Any] = {}


class BulkAnswer(Body):
    items: list[BulkItem]


class Verdict(Body):
    """What was thought of an event at one time, and because of what."""

    revision: int
    at: datetime
    verdict: Word
    reasons: list[Oddity]
    distance_m: float | None
    cause: Literal["recorded", "corrected", "fence", "presence"]


class Pause(Body):
    start_at: datetime
    end_at: datetime | None


class WorkInterval(Body):
    """From an `in` to its `out`; `worked_s` is 0 while the end is not known."""

    site_id: UUID | None
    site_name: str | None
    in_at: datetime
    out_at: datetime | None
    breaks: list[Pause]
    worked_s: int


class DayEvent(Attendance):
    """`stands`: it counts, being neither corrected nor taken back."""

    stands: bool


class AttendanceDay(Body):
    """One worker's day on the site's calendar `tz`, computed from declarations alone.

    `changed`: the hours are no more those that were submitted or validated.
    """

    worker_id: UUID
    worker_name: str
    crew_id: UUID | None
    crew_name: str | None
    day: date
    tz: str
    status: DayStatus
    version: int
    validated_at: datetime | None
    validated_by: str | None
    dispute: str | None
    changed: bool
    here: bool
    on_break: bool
    worked_s: int
    break_s: int
    verdict: Word | None
    flags: list[Oddity]
    intervals: list[WorkInterval]
    events: list[DayEvent]


class DayRef(Body):
    worker_id: UUID
    day: date


class DaySteps(Body):
    """One step for several days, each answered for by itself; `reopen` and `dispute` say why."""

    step: DayStep
    days: list[DayRef] = Field(min_length=1, max_length=500)
    why: str | None = Field(None, max_length=500)


class DayStand(Body):
    """How a day stands after a step."""

    worker_id: UUID
    day: date
    status: DayStatus
    version: int


class DayAnswer(Body):
    done: bool
    row: DayStand | None = None
    code: str | None = None
    detail: str | None = None
    params: dict[str, Any] = {}


class DayAnswers(Body):
    items: list[DayAnswer]


class AttendanceRules(Body):
    """The tenant's numbers for judging attendance; seconds, metres, days.

    `presence_aid`: may presence settle a doubt about the place? Off at first, and never about
    hours.
    """

    version: int
    clock_most_s: int
    accuracy_most_m: int
    margin_m: int
    rest_least_s: int
    day_most_s: int
    span_most_s: int
    break_after_s: int
    break_least_s: int
    retention_days: int
    presence_aid: bool


class RulesChange(Body):
    clock_most_s: int | None = Field(None, ge=1, le=86_400)
    accuracy_most_m: int | None = Field(None, ge=1, le=10_000)
    margin_m: int | None = Field(None, ge=0, le=10_000)
    rest_least_s: int | None = Field(None, ge=1, le=172_800)
    day_most_s: int | None = Field(None, ge=1, le=86_400)
    span_most_s: int | None = Field(None, ge=3600, le=86_400)
    break_after_s: int | None = Field(None, ge=1, le=86_400)
    break_least_s: int | None = Field(None, ge=1, le=86_400)
    retention_days: int | None = Field(None, ge=1, le=3660)
    presence_aid: bool | None = None
