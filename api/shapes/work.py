"""Projects, sites, tasks, plans, assignments, proofs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.shapes.body import SYMBOL, Body, Code, Lat, Lon, Moment, Name, New, Reason, Row, Skill
from api.shapes.titles import normed_code
from fieldops.model import AssignmentState, TaskState

_PART = "[A-Za-z0-9][A-Za-z0-9_.-]{0,39}"
CredentialCode = Annotated[
    str,
    StringConstraints(pattern=rf"^{_PART}(:{SYMBOL}){{0,2}}$", max_length=130),
    AfterValidator(normed_code),
]
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


class PresenceEntry(Body):
    """A row of the ledger: somebody came or went, how sure, why, and what replaced it.

    `at` is when the edge was crossed, `detected_at` the time of the fix that decided. `why` holds
    what decided and in `curve` the fixes before: [seconds since 1970, metres from the edge (inside
    negative), accuracy in metres, probability of being inside, probability of being real].
    """

    id: UUID
    device_id: UUID
    device_label: str
    fence_id: UUID
    fence_name: str
    kind: Literal["entered", "left"]
    status: Literal["provisional", "confirmed", "withdrawn"]
    at: datetime
    detected_at: datetime
    recorded_at: datetime
    supersedes: UUID | None
    superseded_by: UUID | None
    why: dict[str, Any] | None


class Window(Body):
    """A time in which a task may start."""

    start: Moment
    end: Moment


class NewTask(New):
    """`window_start` and `window_end` span all of it; `windows`, when there are several, lie in
    between; the soft window is when the client would like it.

    `credentials`: papers as `type`, `type:symbol` or `type:symbol:category`, valid to the end of
    the visit. Tasks with the same `keep_group` go to one crew. `permits`: kinds that the site must
    hold all through the visit. Visits in a row at one place and of one `setup_kind` are set up
    once. `demand` is what it takes of a vehicle's `capacity`, in your own unit.
    """

    site_id: UUID
    title: Name
    description: str | None = Field(None, max_length=4000)
    duration_s: int = Field(ge=60, le=86400)
    window_start: Moment
    window_end: Moment
    priority: int = Field(3, ge=1, le=5, description="1 is the most urgent")
    skills: list[Skill] = Field([], max_length=20)
    credentials: list[CredentialCode] = Field([], max_length=20)
    equipment: list[Skill] = Field([], max_length=20)
    min_crew: int = Field(1, ge=1, le=50, description="people it takes")
    setup_s: int = Field(0, ge=0, le=14_400, description="on arrival, before the work itself")
    windows: list[Window] = Field([], max_length=20)
    soft_start: Moment | None = None
    soft_end: Moment | None = None
    keep_group: Code | None = None
    setup_kind: Code | None = None
    demand: int = Field(0, ge=0, le=1_000_000)
    permits: list[Skill] = Field([], max_length=20)
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
    credentials: list[CredentialCode] | None = Field(None, max_length=20)
    equipment: list[Skill] | None = Field(None, max_length=20)
    min_crew: int | None = Field(None, ge=1, le=50)
    setup_s: int | None = Field(None, ge=0, le=14_400)
    windows: list[Window] | None = Field(None, max_length=20)
    soft_start: Moment | None = None
    soft_end: Moment | None = None
    keep_group: Code | None = None
    setup_kind: Code | None = None
    demand: int | None = Field(None, ge=0, le=1_000_000)
    permits: list[Skill] | None = Field(None, max_length=20)


class TaskWindow(BaseModel):
    start: datetime
    end: datetime


LinkKind = Literal["order", "sync", "keep_order"]


class NewTaskLink(New):
    """`order`: the second starts `lag_s` to `most_s` (null: any time) after the first ends, or
    starts (`after`). `sync`: both start within `within_s`, each with a crew of its own.
    `keep_order`: a crew that does both does the first one first."""

    pred_id: UUID
    succ_id: UUID
    kind: LinkKind
    lag_s: int = Field(0, ge=0, le=2_678_400)
    most_s: int | None = Field(None, ge=0, le=2_678_400)
    after: Literal["start", "end"] = "end"
    within_s: int = Field(0, ge=0, le=86_400)


class TaskLink(Row):
    pred_id: UUID
    succ_id: UUID
    kind: LinkKind
    lag_s: int
    most_s: int | None
    after: Literal["start", "end"]
    within_s: int


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
    credentials: list[str]
    equipment: list[str]
    min_crew: int
    setup_s: int
    windows: list[TaskWindow]
    soft_start: datetime | None
    soft_end: datetime | None
    keep_group: str | None
    setup_kind: str | None
    demand: int
    permits: list[str]
    state: TaskState
    lon: float | None
    lat: float | None
    unassigned: list[Reason] = []


class Assignment(Row):
    """`arrived_at`, `left_at`: when a device of the crew was first seen at the site and last seen
    leaving it, hints only. `late_s`: by how much its start is after the task's window.
    """

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
    answer_why: str | None
    started_at: datetime | None
    done_at: datetime | None
    arrived_at: datetime | None
    left_at: datetime | None
    late_s: int


class Relaxation(BaseModel):
    """The least that would have to give for a crew to take a task: WINDOW later_s, SHIFT longer_s,
    SKILL skills …; proved by putting the task in. `price_s` ranks relaxations.
    """

    crew_id: UUID
    changes: list[Reason]
    price_s: int


class Candidate(Body):
    """Whether, when and at what price a crew could take a task; `reasons` say why not, and
    `relaxation` what would make it fit. `cost_s` is what the whole plan would cost more;
    `travel_source` tells the drives, `travel_estimated` the share that is an estimate.
    """

    crew_id: UUID
    crew_name: str
    feasible: bool
    current: bool
    eta_at: datetime | None
    start_at: datetime | None
    end_at: datetime | None
    cost_s: int | None
    added_travel_s: int | None
    position: int | None
    start_source: str
    travel_source: str
    travel_estimated: float
    reasons: list[Reason]
    relaxation: Relaxation | None


class Assign(Body):
    """Give a task to a crew by hand: pinned, offered as soon as the crew can answer."""

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
    """`relaxation`: the cheapest way any crew could take it after all, where there is one."""

    task_id: UUID
    reasons: list[Reason]
    relaxation: Relaxation | None


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
