"""What the engine is asked and what it answers, as pure data that cannot be inconsistent.

Conventions, before any field:

- Instants are aware datetimes in UTC and end in `_at`, `_start` or `_end`; durations are whole
  seconds and end in `_s`; positions are lon, lat in degrees; priority 1 is the most urgent, 5 the
  least.
- A task *starts* inside its window (the crew may arrive earlier and wait) and ends before the
  crew's shift does.
- A crew's locked work comes in two kinds. *Started* work is a fact: it opens the route with the
  times it has, and `CrewStart` says where and when the crew is free after it. *Accepted* work is a
  promise: it stays with the crew and keeps its order, other visits may come between, and neither
  its skills nor its window are judged again. A promise that can no longer be kept in time is late
  by what cannot be avoided (`Visit.start_at` tells), and nothing is planned that makes it later;
  likewise a shift lasts until the accepted work, done alone, is over.
- The objective, in seconds: travel of all routes + a penalty for each task left out, by priority +
  `move_tax_s` for each task given to another crew than its `previous_crew`.

Everything here is validated when built: a Problem that exists is one the solver can take.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

import numpy as np

from dispatch.travel import DEFAULT_SPEED_MPS, IntMatrix, travel_matrix
from fieldops.errors import BadInput
from fieldops.model import check_position

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
StartSource = Literal["vehicle_fix", "lead_fix", "depot", "current_task"]

# Seconds of travel one is ready to add rather than leave a task out: far above a day's driving for
# the least urgent, and each step up is worth two of the step below.
PENALTY_S: Mapping[int, int] = {p: 100_000 * 2 ** (5 - p) for p in range(1, 6)}
# Keeps a warm re-plan from moving 51-85 % of the untouched tasks; with it 2-11 %.
DEFAULT_MOVE_TAX_S = 1800
LONGEST_TASK_S = 31 * 86_400


@dataclass(frozen=True, slots=True)
class CrewStart:
    """Where a crew is, by which witness, and when it can leave from there."""

    lon: float
    lat: float
    source: StartSource
    free_at: datetime

    def __post_init__(self) -> None:
        check_position(self.lon, self.lat)
        _check_aware("crew start", "/free_at", self.free_at)


@dataclass(frozen=True, slots=True)
class LockedVisit:
    """Work that is not the solver's to move; `started` work carries its real times.

    end_at of started work is when it will probably be over, not before now.
    """

    task_id: UUID
    state: Literal["started", "accepted"]
    started_at: datetime | None = None
    end_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.state == "accepted":
            return
        if self.started_at is None or self.end_at is None:
            raise BadInput(f"started task {self.task_id} has no start or no end", pointer="/locked")
        _check_order(f"started task {self.task_id}", "/end_at", self.started_at, self.end_at)


@dataclass(frozen=True, slots=True)
class Crew:
    """A crew on a shift; end_lon, end_lat: where it must be back when that ends, if anywhere."""

    id: UUID
    start: CrewStart
    shift_start: datetime
    shift_end: datetime
    skills: frozenset[str] = frozenset()
    members: int = 1
    locked: tuple[LockedVisit, ...] = ()
    end_lon: float | None = None
    end_lat: float | None = None

    def __post_init__(self) -> None:
        _check_order(f"shift of crew {self.id}", "/shift_end", self.shift_start, self.shift_end)
        if self.members < 1:
            raise BadInput(
                f"crew {self.id} has {self.members} members, at least 1", pointer="/members"
            )
        if (self.end_lon is None) != (self.end_lat is None):
            raise BadInput(f"crew {self.id} ends at half a position", pointer="/end_lon")
        if self.end_lon is not None and self.end_lat is not None:
            check_position(self.end_lon, self.end_lat)
        self._check_started()

    def _check_started(self) -> None:
        states = [visit.state for visit in self.locked]
        if states != sorted(states, reverse=True):
            raise BadInput(
                f"crew {self.id} has work accepted before work started", pointer="/locked"
            )
        ends = [visit.end_at for visit in self.locked if visit.end_at and visit.state == "started"]
        if not ends:
            return
        if self.start.source != "current_task" or self.start.free_at < max(ends):
            raise BadInput(
                f"crew {self.id} is at work until {max(ends)} but is said to be free at "
                f"{self.start.free_at} from its {self.start.source}",
                pointer="/start",
            )

    @property
    def returns(self) -> bool:
        return self.end_lon is not None


@dataclass(frozen=True, slots=True)
class Task:
    """Work at a place. forbidden_crews declined it; pinned_crew is a person's order, not a wish."""

    id: UUID
    lon: float
    lat: float
    duration_s: int
    window_start: datetime
    window_end: datetime
    priority: int = 3
    skills: frozenset[str] = frozenset()
    forbidden_crews: frozenset[UUID] = frozenset()
    pinned_crew: UUID | None = None
    previous_crew: UUID | None = None

    def __post_init__(self) -> None:
        check_position(self.lon, self.lat)
        _check_order(f"window of task {self.id}", "/window_end", self.window_start, self.window_end)
        if not 0 <= self.duration_s <= LONGEST_TASK_S:
            raise BadInput(
                f"task {self.id} lasts {self.duration_s} s, outside 0 to {LONGEST_TASK_S}",
                pointer="/duration_s",
            )
        if self.priority not in PENALTY_S:
            raise BadInput(
                f"task {self.id} has priority {self.priority}, outside 1 to 5", pointer="/priority"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """All there is to know at `now`; nothing is planned before it.

    travel: seconds, shape (n + 2k, n + 2k), rows are origins. Places in order: the n tasks, the k
    crews' starts, the k crews' ends (the start again where a crew may end anywhere).
    """

    now: datetime
    crews: tuple[Crew, ...]
    tasks: tuple[Task, ...]
    travel: IntMatrix
    move_tax_s: int = DEFAULT_MOVE_TAX_S

    def __post_init__(self) -> None:
        _check_aware("problem", "/now", self.now)
        # Above it, leaving a task out would be cheaper than moving it.
        most = PENALTY_S[5] // 2
        if not 0 <= self.move_tax_s <= most:
            raise BadInput(
                f"move tax {self.move_tax_s} s outside 0 to {most}", pointer="/move_tax_s"
            )
        _check_unique("crew", [crew.id for crew in self.crews])
        _check_unique("task", [task.id for task in self.tasks])
        size = len(self.tasks) + 2 * len(self.crews)
        if self.travel.shape != (size, size) or (size and int(self.travel.min()) < 0):
            raise BadInput(
                f"travel matrix of shape {self.travel.shape} is not {size} x {size} seconds >= 0",
                pointer="/travel",
            )
        self._check_locked()

    def _check_locked(self) -> None:
        tasks = {task.id: task for task in self.tasks}
        locked = [(crew, visit) for crew in self.crews for visit in crew.locked]
        _check_unique("locked task", [visit.task_id for _, visit in locked])
        for crew, visit in locked:
            if visit.task_id not in tasks:
                raise BadInput(f"crew {crew.id} is locked to unknown task {visit.task_id}")
            pin = tasks[visit.task_id].pinned_crew
            if pin not in (None, crew.id):
                raise BadInput(f"task {visit.task_id} is locked to crew {crew.id}, pinned to {pin}")

    def start_place(self, crew: int) -> int:
        """Return the row of the crew's start in `travel` (a task's row is its own index)."""
        return len(self.tasks) + crew

    def end_place(self, crew: int) -> int | None:
        """Return the column of the crew's end in `travel`, None where it may end anywhere."""
        return len(self.tasks) + len(self.crews) + crew if self.crews[crew].returns else None


def estimated_problem(
    now: datetime,
    crews: Iterable[Crew],
    tasks: Iterable[Task],
    *,
    speed_mps: float = DEFAULT_SPEED_MPS,
    move_tax_s: int = DEFAULT_MOVE_TAX_S,
) -> Problem:
    """Build a problem whose travel times are the great-circle estimate of `dispatch.travel`."""
    crews, tasks = tuple(crews), tuple(tasks)
    starts = [(crew.start.lon, crew.start.lat) for crew in crews]
    ends = [
        start if crew.end_lon is None or crew.end_lat is None else (crew.end_lon, crew.end_lat)
        for crew, start in zip(crews, starts, strict=True)
    ]
    places = np.array([(task.lon, task.lat) for task in tasks] + starts + ends).reshape(-1, 2)
    return Problem(
        now, crews, tasks, travel_matrix(places, places, speed_mps=speed_mps), move_tax_s
    )


class Code(StrEnum):
    """Why a crew cannot take a task; clients translate it, `Reason.params` fill the sentence."""

    SKILL = "SKILL"
    WINDOW = "WINDOW"
    SHIFT = "SHIFT"
    DISTANCE = "DISTANCE"
    LOCKED = "LOCKED"
    PRIORITY = "PRIORITY"
    DECLINED = "DECLINED"
    NO_CREW = "NO_CREW"


@dataclass(frozen=True, slots=True)
class Reason:
    """One obstacle between one crew and one task; crew_id is None only for NO_CREW."""

    code: Code
    crew_id: UUID | None
    params: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Visit:
    """A task on a route; travel_s is the drive to it, arrival to start the wait."""

    task_id: UUID
    arrival_at: datetime
    start_at: datetime
    end_at: datetime
    travel_s: int


@dataclass(frozen=True, slots=True)
class Route:
    """A crew's visits in order, started work first; a crew with nothing to do has none."""

    crew_id: UUID
    start_source: StartSource
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Unassigned:
    task_id: UUID
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One route a crew, in the problem's order. cost: the objective; seconds: time spent on it."""

    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    cost: int
    solver: str
    seconds: float


def as_json(value: object) -> Json:
    """Turn reasons, candidates, plans into what `json.dumps` takes, ids and instants as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return [as_json(item) for item in sorted(value, key=str)]
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _check_aware(name: str, pointer: str, at: datetime) -> None:
    if at.utcoffset() != timedelta(0):
        raise BadInput(f"{name}: {at} is not an instant in UTC", pointer=pointer)


def _check_order(name: str, pointer: str, start: datetime, end: datetime) -> None:
    _check_aware(name, pointer, start)
    _check_aware(name, pointer, end)
    if end < start:
        raise BadInput(f"{name} ends at {end}, before it starts at {start}", pointer=pointer)


def _check_unique(name: str, ids: list[UUID]) -> None:
    seen: set[UUID] = set()
    for id_ in ids:
        if id_ in seen:
            raise BadInput(f"{name} {id_} appears twice")
        seen.add(id_)
