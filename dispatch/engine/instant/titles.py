"""When a crew is entitled to start a task: skills, titles, members, equipment, permits by date.

All that depends on the date changes at a few instants only, so a pair of crew and kind of task has
a few spans of starts; they are judged at one second each.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, floor

from dispatch.problem import Crew, Inclusion, Member, Requirement, Task, covers

Spans = tuple[tuple[int, int], ...]
FOREVER = 1 << 29
_NEVER: Spans = ()
ALWAYS: Spans = ((-FOREVER, FOREVER),)


def signature(task: Task) -> tuple[object, ...]:
    """Return what decides who may do the task when; tasks that share it share the answer."""
    asked = (task.skills, task.credentials, task.permits, task.equipment, task.min_crew)
    return (*asked, task.longest_s)


def entitled(crew: Crew, task: Task, now: datetime, declared: Iterable[Inclusion]) -> Spans:
    """Return the spans of starts, in seconds after now, at which the crew lacks nothing."""
    if task.equipment - crew.equipment or any(p.valid_from is None for p in task.permits):
        return _NEVER
    if not crew.people and (
        task.skills - crew.skills or task.credentials or crew.members < task.min_crew
    ):
        return _NEVER
    if not crew.people and not task.permits:
        return ALWAYS  # nothing here has a date
    declared = tuple(declared)
    edges = sorted({edge for at in _dates(crew, task) for edge in _edges(at, now, task.longest_s)})
    if not edges:
        return ALWAYS if _lacks_nothing(crew, task, now, declared) else _NEVER
    spans: list[tuple[int, int]] = []
    bounds = [-FOREVER, *edges, FOREVER]
    for first, after in pairwise(bounds):
        probe = max(first, edges[0] - 1)
        if _lacks_nothing(crew, task, now + timedelta(seconds=probe), declared):
            if spans and spans[-1][1] == first - 1:
                spans[-1] = (spans[-1][0], after - 1)
            else:
                spans.append((first, after - 1))
    return tuple(spans)


def within(spans: Spans, opens: int, closes: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a window that lie in the spans, in order."""
    for i in range(max(0, bisect_right(spans, (opens, FOREVER)) - 1), len(spans)):
        first, last = max(opens, spans[i][0]), min(closes, spans[i][1])
        if spans[i][0] > closes:
            return
        if first <= last:
            yield first, last


def _dates(crew: Crew, task: Task) -> Iterator[datetime]:
    for member in crew.people:
        yield from filter(None, (member.present_from, member.present_until))
        for title in member.credentials:
            yield from filter(None, (title.valid_from, title.valid_until))
    for permit in task.permits:
        yield from filter(None, (permit.valid_from, permit.valid_until))


def _edges(at: datetime, now: datetime, length_s: int) -> Iterator[int]:
    """Yield the starts, in whole seconds, from which the answer may be another one."""
    after = (at - now).total_seconds()
    for exact in (after, after - length_s):
        yield from {floor(exact), ceil(exact), floor(exact) + 1}


def _lacks_nothing(
    crew: Crew, task: Task, start: datetime, declared: tuple[Inclusion, ...]
) -> bool:
    end = start + timedelta(seconds=task.longest_s)
    there = [member for member in crew.people if _present(member, start, end)]
    if task.skills - crew.skills.union(*(member.skills for member in there)):
        return False
    if (len(there) if crew.people else crew.members) < task.min_crew:
        return False
    for permit in task.permits:
        assert permit.valid_from is not None
        if permit.valid_from > start or (permit.valid_until or end) < end:
            return False
    return all(_met(crew, there, wanted, start, end, declared) for wanted in task.credentials)


def _met(
    crew: Crew,
    there: list[Member],
    wanted: Requirement,
    start: datetime,
    end: datetime,
    declared: tuple[Inclusion, ...],
) -> bool:
    able = sum(_holds(member, wanted, start, end, declared) for member in there)
    if wanted.members is not None:
        return able >= wanted.members
    return able >= max(1, sum(_passes(member, start, end) for member in crew.people))


def _passes(member: Member, start: datetime, end: datetime) -> bool:
    """Say whether a member is there for a moment of it; work may take no time at all."""
    comes, goes = member.present_from, member.present_until
    return (comes is None or comes < end) and (goes is None or start < goes)


def _present(member: Member, start: datetime, end: datetime) -> bool:
    return (member.present_from or start) <= start and end <= (member.present_until or end)


def _holds(
    member: Member,
    wanted: Requirement,
    start: datetime,
    end: datetime,
    declared: tuple[Inclusion, ...],
) -> bool:
    return any(
        covers(title, wanted, declared)
        and (title.valid_from or start) <= start
        and end <= (title.valid_until or end)
        for title in member.credentials
    )
