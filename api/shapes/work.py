"""Projects, sites, tasks, plans, assignments, proofs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.shapes.body import Body, Code, Lat, Lon, Moment, Name, New, Reason, Row, Skill
from fieldops.model import AssignmentState, TaskState

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NewProject(New):
    code: Code
    name: Name


class Project(Row):
    code: str
    name: str


class NewSite(New):
    project_id: UUID
    code: Code
    name: Name
    address: str | None = Field(None, max_length=400)
    tz: str | None = None


class SiteChange(Body):
    name: Name | None = None
    address: str | None = Field(None, max_length=400)


class Site(Row):
    """`lon`, `lat`: a point inside its first fence, null while it has none."""

    project_id: UUID
    code: str
    name: str
    address: str | None
    tz: str
    lon: float | None
    lat: float | None


class PresenceRow(Body):
    """Who is in which fence now."""

    device_id: UUID
    fence_id: UUID
    site_id: UUID | None
    state: str
    since: datetime


class NewTask(New):
    site_id: UUID
    title: Name
    description: str | None = Field(None, max_length=4000)
    duration_s: int = Field(ge=60, le=86400)
    window_start: Moment
    window_end: Moment
    priority: int = Field(3, ge=1, le=5, description="1 is the most urgent")
    skills: list[Skill] = Field([], max_length=20)
    lon: Lon | None = None
    lat: Lat | None = None


class TaskChange(Body):
    title: Name | None = None
    description: str | None = Field(None, max_length=4000)
    duration_s: int | None = Field(None, ge=60, le=86400)
    window_start: Moment | None = None
    window_end: Moment | None = None
    priority: int | None = Field(None, ge=1, le=5)
    skills: list[Skill] | None = Field(None, max_length=20)


class Task(Row):
    """`lon`, `lat`: its own point, else its site's. `assignment` is the live one."""

    site_id: UUID
    title: str
    description: str | None
    duration_s: int
    window_start: datetime
    window_end: datetime
    priority: int
    skills: list[str]
    state: TaskState
    lon: float | None
    lat: float | None
    unassigned: list[Reason] = []


class Assignment(Row):
    task_id: UUID
    crew_id: UUID
    plan_version: int
    sequence: int
    state: AssignmentState
    pinned: bool
    travel_s: int
    eta_at: datetime
    start_at: datetime
    end_at: datetime
    reason: dict[str, Any]
    offered_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None
    answered_by: UUID | None
    started_at: datetime | None
    done_at: datetime | None


class Candidate(Body):
    """Whether, when and at what price a crew could take a task; `reasons` say why not."""

    crew_id: UUID
    crew_name: str
    feasible: bool
    current: bool
    eta_at: datetime | None
    start_at: datetime | None
    added_travel_s: int | None
    position: int | None
    start_source: str
    reasons: list[Reason]


class Assign(Body):
    """Give a task to a crew by hand: pinned, offered at once."""

    crew_id: UUID
    force: bool = False


class Answer(Body):
    version: int
    accept: bool
    why: str | None = Field(None, max_length=500)


class Step(Body):
    """Start or finish a visit; `at` is the device's time."""

    version: int
    at: Moment | None = None


class PlannedVisit(Body):
    assignment_id: UUID
    task_id: UUID
    sequence: int
    state: AssignmentState
    lon: float
    lat: float
    eta_at: datetime
    start_at: datetime
    end_at: datetime
    travel_s: int


class RouteStart(Body):
    """Where a crew starts from, and from what that is known."""

    lon: float
    lat: float
    source: Literal["vehicle_fix", "lead_fix", "depot", "current_task"]


class PlannedRoute(Body):
    crew_id: UUID
    start: RouteStart
    visits: list[PlannedVisit]


class UnassignedTask(Body):
    task_id: UUID
    reasons: list[Reason]


class PlanView(Body):
    version: int
    published_at: datetime | None
    trigger: dict[str, Any]
    routes: list[PlannedRoute]
    unassigned: list[UnassignedTask]


class Visit(Body):
    """One line of a crew's day."""

    assignment: Assignment
    task: Task
    site: Site


class CrewDay(Body):
    """Today of the signed-in worker's crew, visits in order; `crew` is null off crew."""

    crew_id: UUID | None
    crew_name: str | None
    on_shift: bool
    visits: list[Visit]


class NewProof(New):
    """Announce a photo hashed on the device; the answer says where to PUT it."""

    task_id: UUID
    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size_bytes: int = Field(ge=1, le=20_000_000)
    sha256: Sha256
    captured_at: Moment


class Proof(Row):
    task_id: UUID
    kind: str
    state: Literal["captured", "verified", "mismatch"]
    content_type: str
    size_bytes: int
    sha256_device: str
    sha256_server: str | None
    captured_at: datetime
    uploaded_at: datetime | None


class Upload(Body):
    """A presigned PUT, valid until `expires_at`."""

    proof: Proof
    url: str
    headers: dict[str, str]
    expires_at: datetime


class ContentLink(Body):
    """A presigned GET, valid until `expires_at`."""

    url: str
    expires_at: datetime
