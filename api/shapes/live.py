"""What the WebSocket says; the fix row is an array, for there are thousands of them.

Fix row: [device, lon, lat, heading, speed, age_s, status, accuracy_m] where `device` is the
device's id, heading degrees, speed m/s, age seconds at the frame's `now`.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from api.shapes.body import Body
from api.shapes.fences import Fence
from api.shapes.resources import Crew
from api.shapes.work import Assignment, PlanView, PresenceRow, Site, Task

MovingStatus = Literal["moving", "stopped"]
FixRow = tuple[
    UUID,
    float,
    float,
    float | None,
    float | None,
    float,
    Literal["moving", "stopped"],
    float | None,
]


class LiveDevice(Body):
    """A device on the map: what it is fixed to and which crew that belongs to."""

    id: UUID
    label: str
    kind: Literal["tracker", "phone"]
    vehicle_id: UUID | None
    worker_id: UUID | None
    crew_id: UUID | None


class Snapshot(Body):
    """All a map needs at position `at` of the event log; what follows comes as events."""

    now: datetime
    devices: list[LiveDevice]
    fixes: list[FixRow]
    sites: list[Site]
    fences: list[Fence]
    crews: list[Crew]
    tasks: list[Task]
    assignments: list[Assignment]
    plan: PlanView
    presence: list[PresenceRow]


class LiveEvent(Body):
    at: int
    kind: str
    body: dict[str, Any]


class SnapshotFrame(Body):
    """`resumed` is false when the log no longer reached back to the asked `since`."""

    snapshot: Snapshot
    at: int
    resumed: bool


class EventsFrame(Body):
    events: list[LiveEvent]


class FixesFrame(Body):
    now: datetime
    fixes: list[FixRow]
