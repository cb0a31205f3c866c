"""A problem in whole seconds after now, for the kernel and for the clock.

Starts are rounded up and ends down, so that what keeps the sheet keeps the problem.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import TYPE_CHECKING
from uuid import UUID

from dispatch.engine.instant.titles import ALWAYS, FOREVER, Spans, entitled, signature, within
from dispatch.problem import Crew, Order, Problem, Task, Together
from dispatch.problem.links import tasks_of
from dispatch.problem.promises import done_alone

if TYPE_CHECKING:
    from dispatch.engine.instant.clock import Ride


@dataclass(frozen=True, slots=True)
class Opening:
    """A span of starts, the part of it wished for, and thousandths a second beside that costs."""

    opens: int
    closes: int
    soft_opens: int = -FOREVER
    soft_closes: int = FOREVER
    early: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """Break `number` of a crew: starts from earliest to latest, due when out after latest.

    A visit takes it on the spot that starts by `since` and lasts until `spot`: the stated earliest
    start, and the stated latest with the length.
    """

    number: int
    earliest: int
    latest: int
    length: int
    since: int
    spot: int


@dataclass(frozen=True, slots=True)
class CrewSheet:
    """A crew in seconds. promised: accepted and frozen work in order; nothing new before `frozen`
    of them. promises: how late each may be. done: the end of the route at the latest."""

    depart: int
    done: int
    shift_end: int
    start: int
    end: int | None
    rests: tuple[Rest, ...]
    promised: tuple[int, ...]
    frozen: int
    promises: dict[int, int]
    under_way: int | None
    capacity: int
    longest: int | None
    travel: list[list[int]]


class Sheet:
    """Everything about a problem that timing needs, by index of task and crew."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.row = {task.id: i for i, task in enumerate(problem.tasks)}
        tasks = problem.tasks
        self.duration = [task.duration_s for task in tasks]
        self.setup = [task.setup_s for task in tasks]
        groups: dict[object, int] = {}
        self.group = [groups.setdefault(task.setup_group, len(groups)) for task in tasks]
        self.windows = [_openings(task, problem.now) for task in tasks]
        self.base = [max(0, own[0].opens) for own in self.windows]
        self.refusal = [problem.weights.left_out_s(task) for task in tasks]
        kinds: dict[object, int] = {}
        self.kind = [kinds.setdefault(signature(task), len(kinds)) for task in tasks]
        samples = dict(zip(self.kind, tasks, strict=True))
        # By crew and kind of task.
        self.all_spans: list[list[Spans]] = [
            [entitled(crew, samples[kind], problem.now, problem.inclusions) for kind in samples]
            for crew in problem.crews
        ]
        matrices = {"": problem.travel.tolist()}
        matrices |= {name: matrix.tolist() for name, matrix in problem.travel_by_class.items()}
        self.crews = [
            self._crew(number, crew, matrices[crew.vehicle_class])
            for number, crew in enumerate(problem.crews)
        ]
        self.holder = {
            task: number for number, crew in enumerate(self.crews) for task in crew.promised
        }
        # Started work by task: its crew, its start and its end.
        self.begun = {
            self.row[visit.task_id]: (
                number,
                _up(visit.started_at, problem.now),
                _up(visit.end_at, problem.now),
            )
            for number, crew in enumerate(problem.crews)
            for visit in crew.locked
            if visit.started_at and visit.end_at and visit.state == "started"
        }
        self.links = problem.links
        self.linked = {self.row[task_id] for link in problem.links for task_id in tasks_of(link)}
        # What nobody may do any more, or ever: no search need try it.
        self.hopeless = {
            task
            for task, windows in enumerate(self.windows)
            if task not in self.holder
            and task not in self.begun
            and (windows[-1].closes < 0 or not any(self._able(task)))
        }
        self.timed_rules = any(self.setup) or any(facts.rests for facts in self.crews)
        # Routes timed before, by crew and order: mending times nearly the same plan many times.
        self.timed: dict[tuple[int, ...], Ride] = {}
        self.homes = {crew.id: number for number, crew in enumerate(problem.crews)}

    def allowed(self, task: int, crew: int) -> bool:
        """Say whether declines, pins, locks and titles leave the pair at any hour."""
        if task in self.holder:
            return self.holder[task] == crew
        asked, id_ = self.problem.tasks[task], self.problem.crews[crew].id
        return (
            id_ not in asked.forbidden_crews
            and asked.pinned_crew in (None, id_)
            and bool(self.all_spans[crew][self.kind[task]])
        )

    def _able(self, task: int) -> Iterator[bool]:
        return (self.allowed(task, crew) for crew in range(len(self.crews)))

    def spans(self, task: int, crew: int) -> Spans:
        return self.all_spans[crew][self.kind[task]]

    def openings(self, task: int, crew: int) -> list[Opening]:
        """Return the spans of starts at which this crew may do the task, in order."""
        if task in self.holder:
            own = list(self.windows[task])
            own[-1] = _stretched(own[-1], self.crews[crew].promises[task])
            return own
        spans = self.spans(task, crew)
        if spans == ALWAYS:
            return self.windows[task]
        return [
            Opening(first, last, part.soft_opens, part.soft_closes, part.early, part.late)
            for part in self.windows[task]
            for first, last in within(spans, part.opens, part.closes)
        ]

    def work(self, before: int | None, task: int) -> int:
        """Return how long the task takes after that one, the set-up included where it is due."""
        again = before is not None and self.group[before] == self.group[task]
        return self.duration[task] + (0 if again else self.setup[task])

    def tax(self, task: int, crew: int) -> int:
        """Return what it costs, in seconds, that another crew had the task."""
        home = self.problem.tasks[task].previous_crew
        return self.problem.move_tax_s if home not in (None, self.problem.crews[crew].id) else 0

    def mates(self, task: int) -> set[int]:
        """Return the tasks that cannot be planned without this one."""
        id_ = self.problem.tasks[task].id
        found: set[int] = set()
        for link in self.links:
            if isinstance(link, Together) and id_ in link.tasks:
                found |= {self.row[other] for other in link.tasks}
            elif isinstance(link, Order) and link.first == id_:
                found.add(self.row[link.then])
        return found - {task}

    def _crew(self, number: int, crew: Crew, travel: list[list[int]]) -> CrewSheet:
        now = self.problem.now
        depart = max(0, *(_up(at, now) for at in (crew.start.free_at, crew.shift_start)))
        if crew.rested_at is not None:
            depart = max(depart, _up(crew.rested_at, now))
        done = _down(crew.done_by, now)
        if crew.rest_from is not None:
            done = min(done, _down(crew.rest_from, now))
        started = [visit.task_id for visit in crew.locked if visit.state == "started"]
        waiting = [visit for visit in crew.locked if visit.state != "started"]
        promised = tuple(self.row[visit.task_id] for visit in waiting)
        frozen = [i for i, visit in enumerate(waiting) if visit.state == "frozen"]
        start, end = self.problem.start_place(number), self.problem.end_place(number)
        under_way = self.row[started[-1]] if started else None
        alone = done_alone(self.problem, number, self.row)
        spare = sum(item.length_s for item in crew.breaks)
        return CrewSheet(
            depart=depart,
            done=max(done, alone.over_s + spare) if promised else done,
            shift_end=_down(crew.shift_end, now),
            start=start,
            end=end,
            rests=tuple(
                Rest(
                    i,
                    _up(item.earliest_at, now),
                    max(_down(item.latest_at, now), depart),
                    item.length_s,
                    _down(item.earliest_at, now),
                    _up(item.latest_at, now) + item.length_s,
                )
                for i, item in enumerate(crew.breaks)
            ),
            promised=promised,
            frozen=max(frozen, default=-1) + 1,
            promises={task: at + spare for task, at in alone.starts.items()},
            under_way=under_way,
            capacity=self._room(crew, started),
            longest=crew.max_route_s,
            travel=travel,
        )

    def _room(self, crew: Crew, started: list[UUID]) -> int:
        """Return what the crew can take beside its started work; what is promised is carried."""
        if crew.capacity is None:
            return FOREVER
        held = self._carried([visit.task_id for visit in crew.locked])
        return max(crew.capacity, held) - self._carried(started)

    def _carried(self, tasks: Sequence[UUID]) -> int:
        held = set(tasks)
        return sum(task.demand for task in self.problem.tasks if task.id in held)


def _openings(task: Task, now: datetime) -> list[Opening]:
    return [
        Opening(
            _up(window.start, now),
            _down(window.end, now),
            -FOREVER if window.soft_start is None else _up(window.soft_start, now),
            FOREVER if window.soft_end is None else _down(window.soft_end, now),
            window.early_permille if window.soft_start else 0,
            window.late_permille if window.soft_end else 0,
        )
        for window in task.all_windows
    ]


def _stretched(last: Opening, latest: int) -> Opening:
    closes = max(last.closes, latest)
    return Opening(last.opens, closes, last.soft_opens, last.soft_closes, last.early, last.late)


def _up(at: datetime, now: datetime) -> int:
    return ceil((at - now).total_seconds())


def _down(at: datetime, now: datetime) -> int:
    return floor((at - now).total_seconds())
