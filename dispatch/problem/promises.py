"""Breaks that promised work leaves no room for: as late as it makes them, and no later.

Promised work keeps its hours but for what cannot be avoided. So where it stands in the way of a
break wherever that might lie, it is the break that comes later: a crew that said yes to such work
is planned like any other, for nothing a plan could do would keep both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, floor
from uuid import UUID

from dispatch.problem.breaks import Break
from dispatch.problem.crews import Crew
from dispatch.problem.whole import Problem

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Visit:
    """Promised work as it is done alone, in seconds from now; it may start until `latest_s`."""

    drive_s: int
    windows: Spans
    work_s: int
    start_s: int
    latest_s: int

    def earliest(self, reached_s: int) -> int:
        """Return when it starts once the crew is there; late where its windows are over."""
        return next((max(reached_s, a) for a, b in self.windows if reached_s <= b), reached_s)


def with_room(problem: Problem) -> Problem:
    """Return the problem with each break movable to where promised work leaves room for it.

    Travel counts, so ask again when it has changed.
    """
    row = {task.id: i for i, task in enumerate(problem.tasks)}
    crews = tuple(_with_room(problem, number, row) for number in range(len(problem.crews)))
    return problem if crews == problem.crews else replace(problem, crews=crews)


def _with_room(problem: Problem, number: int, row: Mapping[UUID, int]) -> Crew:
    crew = problem.crews[number]
    if not crew.breaks or all(visit.state == "started" for visit in crew.locked):
        return crew
    departs = (problem.now, crew.start.free_at, crew.shift_start, crew.rested_at or problem.now)
    depart_s = max(ceil((at - problem.now).total_seconds()) for at in departs)
    visits = _alone(problem, number, row, depart_s)
    rests: list[tuple[int, int]] = []
    breaks: list[Break] = []
    for rule in crew.breaks:
        earliest_s = ceil((rule.earliest_at - problem.now).total_seconds())
        latest_s = max(floor((rule.latest_at - problem.now).total_seconds()), depart_s)
        ends_s = _ends(visits, depart_s, rests) or [v.start_s + v.work_s for v in visits]
        if not _on_the_spot(visits, ends_s, earliest_s, latest_s + rule.length_s):
            begin_s = _room(visits, depart_s, rests, ends_s, earliest_s, rule.length_s)
            rests.append((begin_s, rule.length_s))
            latest_s = max(latest_s, begin_s)
        latest_at = max(rule.latest_at, problem.now + timedelta(seconds=latest_s))
        breaks.append(replace(rule, latest_at=max([latest_at, *(b.latest_at for b in breaks)])))
    return replace(crew, breaks=tuple(breaks))


def _alone(problem: Problem, number: int, row: Mapping[UUID, int], depart_s: int) -> list[_Visit]:
    """Do the promised work alone, one after the other, without breaks."""
    crew, travel = problem.crews[number], problem.travel_of(number)
    spare_s = sum(rule.length_s for rule in crew.breaks)
    place, free_s, group = problem.start_place(number), depart_s, None
    visits = []
    for locked in crew.locked:
        task = problem.tasks[row[locked.task_id]]
        if locked.state != "started":
            windows = [
                (
                    max(0, ceil((window.start - problem.now).total_seconds())),
                    floor((window.end - problem.now).total_seconds()),
                )
                for window in task.all_windows
            ]
            work_s = task.duration_s if group == task.setup_group else task.longest_s
            visit = _Visit(int(travel[place, row[task.id]]), windows, work_s, 0, 0)
            start_s = visit.earliest(free_s + visit.drive_s)
            visits.append(replace(visit, start_s=start_s, latest_s=start_s + spare_s))
            place, free_s = row[task.id], start_s + work_s
        group = task.setup_group
    return visits


def _on_the_spot(
    visits: Sequence[_Visit], ends_s: Sequence[int], earliest_s: int, until_s: int
) -> bool:
    pairs = zip(visits, ends_s, strict=True)
    return any(end_s - visit.work_s <= earliest_s and end_s >= until_s for visit, end_s in pairs)


def _room(
    visits: Sequence[_Visit],
    depart_s: int,
    rests: Spans,
    ends_s: Sequence[int],
    earliest_s: int,
    length_s: int,
) -> int:
    """Return the first moment from `earliest_s` on, and after the breaks that are placed already,
    at which one more leaves every visit in time."""
    rested_s = max((begin_s + rest_s for begin_s, rest_s in rests), default=0)
    moments = [max(earliest_s, rested_s, free_s) for free_s in (depart_s, *ends_s)]
    # Behind the last visit there is always room.
    return next(
        m for m in moments if m == moments[-1] or _ends(visits, depart_s, [*rests, (m, length_s)])
    )


def _ends(visits: Sequence[_Visit], depart_s: int, rests: Spans) -> list[int] | None:
    """Return when each visit is over around these breaks (begin, length); None where one cannot
    start in its windows, nor as late as it may."""
    free_s, waiting, ends_s = depart_s, list(rests), []
    for visit in visits:
        left_s = visit.drive_s
        start_s = visit.earliest(free_s + left_s)
        while waiting and waiting[0][0] < start_s + visit.work_s:
            begin_s, rest_s = waiting.pop(0)
            if begin_s < free_s:
                return None
            left_s = max(0, left_s - (begin_s - free_s))
            free_s = begin_s + rest_s
            start_s = visit.earliest(free_s + left_s)
        if start_s > visit.latest_s and not any(a <= start_s <= b for a, b in visit.windows):
            return None
        free_s = start_s + visit.work_s
        ends_s.append(free_s)
    return ends_s
