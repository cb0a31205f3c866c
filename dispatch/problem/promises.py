"""Breaks that promised work leaves no room for: as late as it makes them.

Promised work keeps its hours but for what cannot be avoided. So where it is in the way of a break
wherever that might lie, before, between and after it, it is the break that comes later: a crew that
said yes to such work is planned like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor
from uuid import UUID

from dispatch.problem.breaks import Break
from dispatch.problem.crews import Crew
from dispatch.problem.whole import Problem

Spans = Sequence[tuple[int, int]]


def with_room(problem: Problem) -> Problem:
    """Return the problem with each break movable to where promised work leaves room for it.

    Travel counts, so ask this of the travel times that hold.
    """
    row = {task.id: i for i, task in enumerate(problem.tasks)}
    crews = tuple(_with_room(problem, number, row) for number in range(len(problem.crews)))
    return problem if crews == problem.crews else replace(problem, crews=crews)


@dataclass(frozen=True, slots=True)
class Alone:
    """Promised work done alone, one after the other and without breaks, in seconds from now.

    starts: by task (its row), in order; over_s: when the crew is done, its way back included.
    """

    starts: dict[int, int]
    over_s: int


def done_alone(problem: Problem, number: int, row: Mapping[UUID, int]) -> Alone:
    """Return when crew `number` cannot help starting its promised work, and when it is over.

    row: the place of each task in the problem.
    """
    visits, over_s = _alone(problem, number, row)
    return Alone({visit.task: visit.start_s for visit in visits}, over_s)


@dataclass(frozen=True, slots=True)
class _Visit:
    """Promised work, in seconds from now; done alone it starts at `start_s`."""

    task: int
    drive_s: int
    windows: Spans
    work_s: int
    start_s: int = 0

    def earliest(self, reached_s: int) -> int:
        """Return when it starts once the crew is there; late where its windows are over."""
        return next((max(reached_s, a) for a, b in self.windows if reached_s <= b), reached_s)


@dataclass(frozen=True, slots=True)
class _Day:
    """A crew's promised work in order, from when it may leave to when it must be done.

    Each visit may start as late as its breaks, `spare_s` long together, make it.
    """

    visits: Sequence[_Visit]
    depart_s: int
    back_s: int
    limit_s: int
    spare_s: int

    def ends(self, rests: Spans) -> list[int] | None:
        """Return when each visit is over around these breaks (begin, length); None where one cannot
        start in its windows, nor as late as it may, or where the day gets too long."""
        free_s, waiting, ends_s = self.depart_s, list(rests), []
        for visit in self.visits:
            left_s = visit.drive_s
            start_s = visit.earliest(free_s + left_s)
            while waiting and waiting[0][0] < start_s + visit.work_s:
                begin_s, rest_s = waiting.pop(0)
                if begin_s < free_s:
                    return None
                left_s = max(0, left_s - (begin_s - free_s))
                free_s = begin_s + rest_s
                start_s = visit.earliest(free_s + left_s)
            latest_s = visit.start_s + self.spare_s
            if start_s > latest_s and not any(a <= start_s <= b for a, b in visit.windows):
                return None
            free_s = start_s + visit.work_s
            ends_s.append(free_s)
        to_come_s = self.spare_s - sum(n for begin_s, n in rests if begin_s < free_s)
        return ends_s if free_s + self.back_s + to_come_s <= self.limit_s else None

    def room(self, rests: Spans, ends_s: Sequence[int], earliest_s: int, length_s: int) -> int:
        """Return the first moment from `earliest_s` on, and after the breaks that are placed
        already, at which one more leaves every visit in time."""
        rested_s = max((begin_s + rest_s for begin_s, rest_s in rests), default=0)
        moments = [max(earliest_s, rested_s, free_s) for free_s in (self.depart_s, *ends_s)]
        # Behind the last visit there is always room.
        fits = (m for m in moments[:-1] if self.ends([*rests, (m, length_s)]))
        return next(fits, moments[-1])


def _with_room(problem: Problem, number: int, row: Mapping[UUID, int]) -> Crew:
    crew = problem.crews[number]
    if not crew.breaks or all(visit.state == "started" for visit in crew.locked):
        return crew
    day = _day(problem, number, row)
    rests: list[tuple[int, int]] = []
    breaks: list[Break] = []
    for stated in crew.breaks:
        # They stay in order.
        rule = replace(
            stated, latest_at=max([stated.latest_at, *(b.latest_at for b in breaks[-1:])])
        )
        if not _is_covered(crew, rule):
            earliest_s = _ceil(problem, rule.earliest_at)
            ends_s = day.ends(rests) or [v.start_s + v.work_s for v in day.visits]
            if not _on_the_spot(problem, day, ends_s, rule):
                begin_s = day.room(rests, ends_s, earliest_s, rule.length_s)
                rests.append((begin_s, rule.length_s))
                if begin_s > max(_floor(problem, rule.latest_at), day.depart_s):
                    rule = replace(rule, latest_at=problem.now + timedelta(seconds=begin_s))
        breaks.append(rule)
    return replace(crew, breaks=tuple(breaks))


def _day(problem: Problem, number: int, row: Mapping[UUID, int]) -> _Day:
    crew = problem.crews[number]
    spare_s = sum(rule.length_s for rule in crew.breaks if not _is_covered(crew, rule))
    visits, over_s = _alone(problem, number, row)
    back_s = over_s - visits[-1].start_s - visits[-1].work_s
    done_by = min(crew.done_by, crew.rest_from or crew.done_by)
    limit_s = max(_floor(problem, done_by), over_s + spare_s)
    return _Day(visits, _departure(problem, crew), back_s, limit_s, spare_s)


def _alone(problem: Problem, number: int, row: Mapping[UUID, int]) -> tuple[list[_Visit], int]:
    crew, travel = problem.crews[number], problem.travel_of(number)
    place, free_s, group = problem.start_place(number), _departure(problem, crew), None
    visits = []
    for locked in crew.locked:
        task = problem.tasks[row[locked.task_id]]
        if locked.state != "started":
            windows = [
                (max(0, _ceil(problem, window.start)), _floor(problem, window.end))
                for window in task.all_windows
            ]
            work_s = task.duration_s if group == task.setup_group else task.longest_s
            visit = _Visit(row[task.id], int(travel[place, row[task.id]]), windows, work_s)
            start_s = visit.earliest(free_s + visit.drive_s)
            visits.append(replace(visit, start_s=start_s))
            place, free_s = row[task.id], start_s + work_s
        group = task.setup_group
    end = problem.end_place(number)
    return visits, free_s if end is None else free_s + int(travel[place, end])


def _departure(problem: Problem, crew: Crew) -> int:
    departs = (problem.now, crew.start.free_at, crew.shift_start, crew.rested_at or problem.now)
    return max(_ceil(problem, at) for at in departs)


def _is_covered(crew: Crew, rule: Break) -> bool:
    """Say whether the break is taken on the spot, in the work at hand."""
    over_at = rule.latest_at + timedelta(seconds=rule.length_s)
    return any(
        v.started_at is not None
        and v.end_at is not None
        and v.started_at <= rule.earliest_at
        and v.end_at >= over_at
        for v in crew.locked
    )


def _on_the_spot(problem: Problem, day: _Day, ends_s: Sequence[int], rule: Break) -> bool:
    since_s = _floor(problem, rule.earliest_at)
    over_s = _ceil(problem, rule.latest_at) + rule.length_s
    return any(
        end_s - visit.work_s <= since_s and end_s >= over_s
        for visit, end_s in zip(day.visits, ends_s, strict=True)
    )


def _ceil(problem: Problem, at: datetime) -> int:
    return ceil((at - problem.now).total_seconds())


def _floor(problem: Problem, at: datetime) -> int:
    return floor((at - problem.now).total_seconds())
