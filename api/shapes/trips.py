"""Trips, stops, dwell, replays, watched machines and their alerts."""

import datetime as dt
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.shapes.body import Body, Row
from api.shapes.resources import WeekSchedule
from geo.trips.journey import State
from geo.trips.looking.access import Motive

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class Trip(BaseModel):
    """From where a vehicle stood to where it stood again; `ended_at` null: under way.

    `distance_m` was seen, `unseen_m` is straight across gaps; `halted_s` of it stood (lights).
    """

    id: UUID
    device_id: UUID
    vehicle_id: UUID
    started_at: datetime
    ended_at: datetime | None
    last_at: datetime
    start_lon: float
    start_lat: float
    end_lon: float
    end_lat: float
    distance_m: float
    unseen_m: float
    unseen_s: float
    halted_s: float
    revision: int


class Stop(BaseModel):
    """Where a vehicle stood for 3 min and more; `ended_at` null: it still does."""

    id: UUID
    device_id: UUID
    vehicle_id: UUID
    started_at: datetime
    ended_at: datetime | None
    lon: float
    lat: float
    accuracy_m: float
    revision: int
    site_id: UUID | None
    site_name: str | None


class Crossing(BaseModel):
    """What presence says: the vehicle entered or left a fence."""

    id: UUID
    device_id: UUID
    fence_id: UUID
    fence_name: str
    site_id: UUID | None
    kind: Literal["entered", "left"]
    at: datetime


class Dwell(BaseModel):
    """How long a vehicle stood inside a site's fences that day."""

    site_id: UUID
    site_name: str
    vehicle_id: UUID
    vehicle_label: str
    stops: int
    stopped_s: float
    first_at: datetime
    last_at: datetime


class NewReplay(Body):
    """Whoever looks back says why: a motive and a sentence, both kept in the audit chain."""

    day: dt.date
    motive: Motive
    note: Note


class Replay(BaseModel):
    """A vehicle's day, opened for an hour to the one who asked; a crew sees its shifts."""

    id: UUID
    vehicle_id: UUID
    day: dt.date
    from_at: datetime
    until_at: datetime
    expires_at: datetime


class VehicleDay(BaseModel):
    """What a vehicle did in a span."""

    from_at: datetime
    until_at: datetime
    trips: list[Trip]
    stops: list[Stop]
    crossings: list[Crossing]
    dwell: list[Dwell]


class TrackPoint(BaseModel):
    """A point of the line; `state` is what begins there, a gap being what no fix saw."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None
    state: State


class TrackPage(BaseModel):
    """Up to 2,000 points in order; `next` is the cursor of the following page."""

    points: list[TrackPoint]
    next: str | None


class WatchHours(Body):
    """When a machine may move; outside, a trip raises an alert."""

    hours: WeekSchedule
    active: bool = True


class MachineWatch(Row):
    vehicle_id: UUID
    hours: WeekSchedule
    active: bool


class Alert(Row):
    """A watched machine moved out of its hours.

    It closes by itself: its trip `ended`, or late fixes say there was none (`withdrawn`).
    """

    rule: Literal["out_of_hours_movement"]
    vehicle_id: UUID
    vehicle_label: str
    device_id: UUID
    trip_id: UUID
    opened_at: datetime
    acked_at: datetime | None
    acked_by: UUID | None
    ack_note: str | None
    closed_at: datetime | None
    closed_by: Literal["ended", "withdrawn"] | None


class Acknowledgement(Body):
    note: Annotated[str, Field(min_length=1, max_length=500)]
