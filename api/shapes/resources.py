"""Vehicles, crews, shifts, devices, tracking policies."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from api.shapes.body import Body, Code, Lat, Lon, Moment, Name, New, Row, Skill
from fieldops.model import Purpose

DeviceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{1,63}$")]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


TravelClass = Literal["light", "heavy"]
Capacity = Annotated[
    int, Field(ge=0, le=1_000_000, description="sum of its tasks' demands, at most; null: any")
]


class NewVehicle(New):
    plate: Code
    label: Name
    kind: str = Field("van", max_length=40)
    travel_class: TravelClass = Field("light", description="a heavy one is slower on the road")
    capacity: Capacity | None = None


class VehicleChange(Body):
    label: Name | None = None
    kind: str | None = Field(None, max_length=40)
    travel_class: TravelClass | None = None
    capacity: Capacity | None = None


class Vehicle(Row):
    plate: str
    label: str
    kind: str
    travel_class: TravelClass
    capacity: int | None


class NewCrew(New):
    name: Name
    lead_worker_id: UUID | None = None
    vehicle_id: UUID | None = None
    depot_lon: Lon
    depot_lat: Lat
    member_ids: list[UUID] = []
    equipment: list[Skill] = Field([], max_length=50, description="codes of what is on board")
    has_phone: bool = Field(True, description="whether it can answer an offer itself")


class CrewChange(Body):
    name: Name | None = None
    lead_worker_id: UUID | None = None
    vehicle_id: UUID | None = None
    depot_lon: Lon | None = None
    depot_lat: Lat | None = None
    equipment: list[Skill] | None = Field(None, max_length=50)
    has_phone: bool | None = None


class NewMember(Body):
    worker_id: UUID
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class Member(Body):
    worker_id: UUID
    name: str
    skills: list[str]


class Shift(Row):
    """Its rules are null where the tenant's settings hold."""

    crew_id: UUID
    starts_at: datetime
    ends_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    break_after_s: int | None
    break_s: int | None
    overtime_s: int | None
    max_span_s: int | None
    max_route_s: int | None


BreakAfter = Annotated[int, Field(ge=0, le=43_200, description="work without a break, at most")]
Break = Annotated[int, Field(ge=0, le=14_400, description="0: none")]
Overtime = Annotated[int, Field(ge=0, le=21_600)]
Span = Annotated[
    int, Field(ge=60, le=86_400, description="from the shift's start to the end of work, at most")
]
RouteLength = Annotated[
    int, Field(ge=60, le=86_400, description="from leaving to the end of the route, at most")
]


class NewShift(New):
    crew_id: UUID
    starts_at: Moment
    ends_at: Moment
    break_after_s: BreakAfter | None = None
    break_s: Break | None = None
    overtime_s: Overtime | None = None
    max_span_s: Span | None = None
    max_route_s: RouteLength | None = None


class ShiftChange(Body):
    """A rule that is null is the tenant's again."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    break_after_s: BreakAfter | None = None
    break_s: Break | None = None
    overtime_s: Overtime | None = None
    max_span_s: Span | None = None
    max_route_s: RouteLength | None = None


class Crew(Row):
    """`members`, `skills`, `credentials` are those of now; `shift` is the open or next one.
    `silent_since`: none of its devices was heard since, though it is on shift; else null.

    A paper is listed by all it answers: `caces`, `caces:R482`, `caces:R482:A`.
    """

    name: str
    lead_worker_id: UUID | None
    vehicle_id: UUID | None
    depot_lon: float
    depot_lat: float
    active: bool
    members: list[Member]
    skills: list[str]
    credentials: list[str]
    equipment: list[str]
    has_phone: bool
    shift: Shift | None
    on_shift: bool
    silent_since: datetime | None


class WeekSchedule(Body):
    """When tracking is allowed: seven days, Monday first, each a list of [from, to) local times."""

    tz: str
    week: list[list[tuple[ClockTime, ClockTime]]] = Field(min_length=7, max_length=7)


class NewPolicy(New):
    name: Name
    purpose: Purpose
    schedule: WeekSchedule
    retention_days: int = Field(ge=1, le=1825)
    notice_version: str | None = None
    cse_date: date | None = None


class Policy(Row):
    name: str
    purpose: Purpose
    schedule: WeekSchedule
    retention_days: int
    notice_version: str | None
    cse_date: date | None


class NewDevice(New):
    """`purpose` has no default: without one nothing may be tracked."""

    name: DeviceName
    label: Name
    kind: Literal["tracker", "phone"]
    purpose: Purpose
    policy_id: UUID | None = None
    vehicle_id: UUID | None = None
    worker_id: UUID | None = None


class Device(Row):
    name: str
    label: str
    kind: str
    purpose: Purpose
    policy_id: UUID | None
    status: str
    vehicle_id: UUID | None
    worker_id: UUID | None
    # Receipt minus stamp at its least, positive for a clock that is behind. Not in the document:
    # the web, whose types are made of it, does not show it.
    clock_offset_s: SkipJsonSchema[float | None] = None


class DeviceCredentials(Body):
    """Shown once, at creation; only the broker keeps the password (hashed).

    The broker lets the user in under `client_id` alone.
    """

    device: Device
    mqtt_host: str
    mqtt_port: int
    client_id: str
    username: str
    password: str


class NewBinding(Body):
    vehicle_id: UUID | None = None
    worker_id: UUID | None = None


class NewPrivatePeriod(New):
    """Start (or plan) "vie privée", a break or mandate hours; without a worker, one's own."""

    worker_id: UUID | None = None
    kind: Literal["private", "break", "mandate"] = "private"
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class PrivatePeriod(Body):
    id: UUID
    worker_id: UUID
    kind: str
    starts_at: datetime
    ends_at: datetime | None
