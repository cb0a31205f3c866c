"""The whole question: crews, tasks, what ties them, roads, and what things cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from uuid import UUID

import numpy as np

from dispatch.problem.checks import check_aware, check_range, check_unique
from dispatch.problem.credentials import Inclusion
from dispatch.problem.crews import Crew
from dispatch.problem.links import Link, Order, tasks_of
from dispatch.problem.tasks import Task
from fieldops.errors import BadInput
from geo.roads.estimate import DEFAULT_SPEED_MPS, IntMatrix, Points, travel_matrix

# Seconds of travel one is ready to add rather than leave a task out: far above a day's driving for
# the least urgent, and each step up is worth two of the step below.
PENALTY_S: Mapping[int, int] = {p: 100_000 * 2 ** (5 - p) for p in range(1, 6)}
# Keeps a warm re-plan from moving 51-85 % of the untouched tasks; with it 2-11 %.
DEFAULT_MOVE_TAX_S = 1800


@dataclass(frozen=True, slots=True)
class Weights:
    """What a second costs beside a second's drive, in thousandths of it.

    sooner_permille: a second that a visit starts after it could have at best (its first window
    open, not before now). What one crew does in a row starts late: so this also spreads work over
    idle crews. overtime_permille: a second of work after shift_end.
    unassigned_s: what leaving a task out costs, in seconds, by priority 1 to 5.
    """

    sooner_permille: int = 50
    overtime_permille: int = 1000
    unassigned_s: tuple[int, int, int, int, int] = tuple(PENALTY_S.values())  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for name in ("sooner_permille", "overtime_permille"):
            check_range(f"weight {name}", f"/weights/{name}", getattr(self, name), 0, 1_000_000)
        if len(self.unassigned_s) != 5:
            raise BadInput(
                f"{len(self.unassigned_s)} costs of unassigned tasks, one for each of 5 priorities",
                pointer="/weights/unassigned_s",
            )
        for cost_s in self.unassigned_s:
            check_range("cost of an unassigned task", "/weights/unassigned_s", cost_s, 0, 10**9)

    def left_out_s(self, task: Task) -> int:
        """Return what leaving the task out costs, in seconds."""
        return self.unassigned_s[task.priority - 1]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """All there is to know at `now`; nothing is planned before it.

    travel: seconds, shape (n + 2k, n + 2k), rows are origins. Places in order: the n tasks, the k
    crews' starts, the k crews' ends (the start again where a crew may end anywhere).
    travel_by_class: matrices of the same shape for the vehicle classes that have their own.
    inclusions: which titles cover others, declared beside the norm's own.
    """

    now: datetime
    crews: tuple[Crew, ...]
    tasks: tuple[Task, ...]
    travel: IntMatrix
    move_tax_s: int = DEFAULT_MOVE_TAX_S
    links: tuple[Link, ...] = ()
    weights: Weights = field(default_factory=Weights)
    travel_by_class: Mapping[str, IntMatrix] = field(default_factory=dict)
    inclusions: tuple[Inclusion, ...] = ()

    def __post_init__(self) -> None:
        check_aware("problem", "/now", self.now)
        # Above it, leaving a task out would be cheaper than moving it.
        most = min(self.weights.unassigned_s) // 2
        if not 0 <= self.move_tax_s <= most:
            raise BadInput(
                f"move tax {self.move_tax_s} s outside 0 to {most}", pointer="/move_tax_s"
            )
        check_unique("crew", [crew.id for crew in self.crews])
        check_unique("task", [task.id for task in self.tasks])
        self._check_travel()
        self._check_locked()
        self._check_links()

    def _check_travel(self) -> None:
        size = len(self.tasks) + 2 * len(self.crews)
        for name, travel in {"": self.travel, **self.travel_by_class}.items():
            if travel.shape != (size, size) or (size and int(travel.min()) < 0):
                of = f" of class {name}" if name else ""
                raise BadInput(
                    f"travel matrix{of} of shape {travel.shape} is not {size} x {size} "
                    "seconds >= 0",
                    pointer="/travel",
                )
        for crew in self.crews:
            if crew.vehicle_class and crew.vehicle_class not in self.travel_by_class:
                raise BadInput(
                    f"crew {crew.id} is of vehicle class {crew.vehicle_class!r}, which has no "
                    "travel matrix",
                    pointer="/vehicle_class",
                )

    def _check_locked(self) -> None:
        tasks = {task.id: task for task in self.tasks}
        locked = [(crew, visit) for crew in self.crews for visit in crew.locked]
        check_unique("locked task", [visit.task_id for _, visit in locked])
        for crew, visit in locked:
            if visit.task_id not in tasks:
                raise BadInput(f"crew {crew.id} is locked to unknown task {visit.task_id}")
            pin = tasks[visit.task_id].pinned_crew
            if pin not in (None, crew.id):
                raise BadInput(f"task {visit.task_id} is locked to crew {crew.id}, pinned to {pin}")

    def _check_links(self) -> None:
        known = {task.id for task in self.tasks}
        for link in self.links:
            for task_id in tasks_of(link):
                if task_id not in known:
                    raise BadInput(
                        f"{type(link).__name__} link to unknown task {task_id}", pointer="/links"
                    )
        _check_acyclic([link for link in self.links if isinstance(link, Order)])

    def start_place(self, crew: int) -> int:
        """Return the row of the crew's start in `travel` (a task's row is its own index)."""
        return len(self.tasks) + crew

    def end_place(self, crew: int) -> int | None:
        """Return the column of the crew's end in `travel`, None where it may end anywhere."""
        return len(self.tasks) + len(self.crews) + crew if self.crews[crew].returns else None

    def travel_of(self, crew: int) -> IntMatrix:
        """Return the matrix of the crew's vehicle class."""
        name = self.crews[crew].vehicle_class
        return self.travel_by_class[name] if name else self.travel


def estimated_problem(
    now: datetime,
    crews: Iterable[Crew],
    tasks: Iterable[Task],
    *,
    speed_mps: float = DEFAULT_SPEED_MPS,
    move_tax_s: int = DEFAULT_MOVE_TAX_S,
    links: tuple[Link, ...] = (),
    weights: Weights | None = None,
    speed_by_class: Mapping[str, float] | None = None,
    inclusions: tuple[Inclusion, ...] = (),
) -> Problem:
    """Build a problem whose travel times are the great-circle estimate of `geo.roads`."""
    crews, tasks = tuple(crews), tuple(tasks)
    places = problem_places(crews, tasks)
    return Problem(
        now,
        crews,
        tasks,
        travel_matrix(places, places, speed_mps=speed_mps),
        move_tax_s,
        links,
        weights or Weights(),
        {
            name: travel_matrix(places, places, speed_mps=speed)
            for name, speed in (speed_by_class or {}).items()
        },
        inclusions,
    )


def problem_places(crews: Sequence[Crew], tasks: Sequence[Task]) -> Points:
    """Return lon, lat of the places in the order of the travel matrix, shape (n + 2k, 2)."""
    starts = [(crew.start.lon, crew.start.lat) for crew in crews]
    ends = [
        start if crew.end_lon is None or crew.end_lat is None else (crew.end_lon, crew.end_lat)
        for crew, start in zip(crews, starts, strict=True)
    ]
    return np.array([(task.lon, task.lat) for task in tasks] + starts + ends).reshape(-1, 2)


def _check_acyclic(orders: list[Order]) -> None:
    before: dict[UUID, set[UUID]] = {}
    for order in orders:
        before.setdefault(order.then, set()).add(order.first)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        raise BadInput(f"task {error.args[1][0]} comes after itself", pointer="/links") from error
