"""Lay a route's visits out in time, as early as its rules allow, breaks and set-ups included.

The one idea: a walk along the route with a clock. Only breaks leave a choice (before which visit),
and their windows leave few; each is walked, the cheapest that holds is taken. Starts may be bounded
from below, which is how links between routes come in (`dispatch.engine.timeline.schedule`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dispatch.engine.timeline.numbers import Numbers, Rest
from dispatch.engine.timeline.spans import Spans, first_from

_NO_BOUNDS: Mapping[int, int] = {}


@dataclass(frozen=True, slots=True)
class Timeline:
    """A crew's visits that are not started, in whole seconds.

    latest_s[i]: no start of visit i after it lets the rest hold; where no break is open and no
    window is parted, every start until it does. One more element, for being free after the last.
    breaks: (number, start) in order. travel_s: all drives, the way back included. over_s: when the
    crew is done. cost: travel, delays and overtime in thousandths of a second, the move tax not.
    A timeline that is not feasible has the times of a crew that breaks rules rather than stop.
    """

    crew: int
    tasks: tuple[int, ...]
    arrival_s: tuple[int, ...]
    start_s: tuple[int, ...]
    end_s: tuple[int, ...]
    latest_s: tuple[int, ...]
    breaks: tuple[tuple[int, int], ...]
    travel_s: int
    over_s: int
    cost: int
    is_feasible: bool

    def feasible(self) -> bool:
        return self.is_feasible


@dataclass(slots=True)
class _Walk:
    """A walk half-way: where the crew is and what it has done."""

    place: int
    free_s: int
    group: int
    pending: tuple[Rest, ...]
    arrival_s: tuple[int, ...] = ()
    start_s: tuple[int, ...] = ()
    end_s: tuple[int, ...] = ()
    breaks: tuple[tuple[int, int], ...] = ()
    holds: bool = True


def lay_out(
    view: Numbers,
    crew: int,
    tasks: tuple[int, ...],
    at_least: Mapping[int, int] = _NO_BOUNDS,
    *,
    depart_s: int | None = None,
    hasty: bool = False,
) -> Timeline:
    """Time a sequence of tasks as early as possible, feasible or not.

    Args:
        at_least: by task, a start that it may not be before.
        depart_s: a later departure than the crew's earliest.
        hasty: every visit as early as can be, the first before all: wait for nobody's wish, nor to
            cover a break, even where that would cost less.
    """
    leaves_s = view.depart_s[crew] if depart_s is None else depart_s
    begin = _Walk(view.start[crew], leaves_s, view.at_group[crew], view.breaks[crew])
    wishes = any(view.soft[task] for task in tasks) and not hasty
    longest_s = view.longest_s[crew] if depart_s is None and tasks else None
    best: Timeline | None = None
    for patient in (False, True) if wishes else (False,):
        found = _best(view, crew, tasks, begin, at_least, patient=patient, hasty=hasty)
        if found is not None and longest_s is not None:
            unwished = hasty or (wishes and not patient)
            found = _shortened(view, found, at_least, longest_s, hasty=unwished)
        if found is not None and (best is None or _rank(found) < _rank(best)):
            best = found
    return best or _finished(view, crew, tasks, _stubborn(view, crew, tasks, begin, at_least))


def _best(
    view: Numbers,
    crew: int,
    tasks: tuple[int, ...],
    begin: _Walk,
    at_least: Mapping[int, int],
    *,
    patient: bool,
    hasty: bool,
) -> Timeline | None:
    """Return the cheapest of the walks that hold, or the earliest; None where none does."""
    walks = _walks(view, crew, tasks, begin, at_least, patient=patient)
    held = (one for walk in walks if (one := _finished(view, crew, tasks, walk)).is_feasible)
    if hasty:
        return min(held, key=lambda one: (one.start_s, _rank(one)), default=None)
    return min(held, key=_rank, default=None)


def _rank(timeline: Timeline) -> tuple[bool, int, int, int]:
    broken = not timeline.is_feasible
    return (broken, timeline.cost, timeline.over_s, len(timeline.breaks))


def _shortened(
    view: Numbers,
    timeline: Timeline,
    at_least: Mapping[int, int],
    longest_s: int,
    *,
    hasty: bool,
) -> Timeline:
    """Leave later, by as little as brings the route below its longest duration."""
    crew, first = timeline.crew, timeline.tasks[0]
    left_s = timeline.arrival_s[0] - view.roads[crew][view.start[crew]][first]
    too_long_s = timeline.over_s - left_s - longest_s
    if too_long_s <= 0:
        return timeline
    leaves_s = left_s + too_long_s
    later = lay_out(view, crew, timeline.tasks, at_least, depart_s=leaves_s, hasty=hasty)
    left_s = later.arrival_s[0] - view.roads[crew][view.start[crew]][first]
    if later.over_s - left_s > longest_s:
        return _with(later, is_feasible=False)
    return later


def _walks(
    view: Numbers,
    crew: int,
    tasks: tuple[int, ...],
    walk: _Walk,
    at_least: Mapping[int, int],
    *,
    patient: bool,
) -> Iterator[_Walk]:
    """Yield the walks that reach the end of the route in time, one for each place of each break."""
    straight = _ahead(view, crew, tasks, walk, at_least, patient=patient)
    for found in straight:
        if len(found.start_s) == len(tasks):
            yield from _endings(view, crew, found)
        else:
            yield from _walks(view, crew, tasks, found, at_least, patient=patient)


def _ahead(
    view: Numbers,
    crew: int,
    tasks: tuple[int, ...],
    walk: _Walk,
    at_least: Mapping[int, int],
    *,
    patient: bool,
) -> Iterator[_Walk]:
    """Yield the walk to the end without a choice, and those to each visit that leaves one."""
    roads, limit_s = view.roads[crew], view.limit_s[crew]
    place, free_s, group, pending = walk.place, walk.free_s, walk.group, walk.pending
    arrivals, starts, ends = list(walk.arrival_s), list(walk.start_s), list(walk.end_s)
    for task in tasks[len(starts) :]:
        gap = _Walk(place, free_s, group, pending)
        spans = view.starts[task].get(crew, ())
        plain_end_s = None
        for arrival_s, ready_s, taken in _gaps(gap, roads[place][task]):
            if taken and plain_end_s is not None and plain_end_s <= pending[0].earliest_s:
                break  # the visit is over before the break may begin: nothing is won by waiting
            first_s = _start(view, task, spans, max(ready_s, at_least.get(task, 0)), patient)
            work_s = view.work_s(group, task)
            if first_s is None or first_s + work_s > limit_s:
                break
            for start_s in _starts(spans, first_s, work_s, pending[len(taken) :]):
                end_s = start_s + work_s
                left = tuple(
                    rest for rest in pending[len(taken) :] if not _on_the_spot(rest, start_s, end_s)
                )
                holds = end_s <= limit_s and all(rest.latest_s >= end_s for rest in left)
                if not taken and start_s == first_s:
                    plain_end_s, plain = end_s, (arrival_s, start_s, end_s, left) if holds else None
                elif holds:
                    yield _Walk(
                        task,
                        end_s,
                        view.group[task],
                        left,
                        (*arrivals, arrival_s),
                        (*starts, start_s),
                        (*ends, end_s),
                        (*walk.breaks, *taken),
                    )
        if plain_end_s is None or plain is None:
            return
        arrival_s, start_s, free_s, pending = plain
        arrivals.append(arrival_s)
        starts.append(start_s)
        ends.append(free_s)
        place, group = task, view.group[task]
    yield _Walk(
        place, free_s, group, pending, tuple(arrivals), tuple(starts), tuple(ends), walk.breaks
    )


def _starts(spans: Spans, first_s: int, work_s: int, pending: tuple[Rest, ...]) -> Iterator[int]:
    """Yield the first start, and later ones at which the visit comes to cover a break's window."""
    yield first_s
    for rest in pending:
        later_s = first_from(spans, max(first_s, rest.over_s - work_s))
        if later_s is not None and first_s < later_s <= rest.spot_s:
            yield later_s


def _start(view: Numbers, task: int, spans: Spans, ready_s: int, patient: bool) -> int | None:
    """Return the first allowed start; a patient one waits for what the client would rather have."""
    start_s = first_from(spans, ready_s)
    if start_s is None or not patient:
        return start_s
    wished_s = first_from(spans, _wished(view, task, start_s))
    return start_s if wished_s is None else wished_s


def _gaps(walk: _Walk, drive_s: int) -> Iterator[tuple[int, int, tuple[tuple[int, int], ...]]]:
    """Yield (arrival, ready, breaks taken) of a gap: with no break, one, two …

    A break starts as soon as it may; the crew drives until then, and on after it.
    """
    free_s, left_s, arrival_s = walk.free_s, drive_s, -1
    taken: tuple[tuple[int, int], ...] = ()
    yield free_s + left_s, free_s + left_s, taken
    for rest in walk.pending:
        start_s = max(free_s, rest.earliest_s)
        if start_s > rest.latest_s:
            return
        if arrival_s < 0 and free_s + left_s <= start_s:
            arrival_s, left_s = free_s + left_s, 0
        left_s = max(0, left_s - (start_s - free_s))
        free_s = start_s + rest.length_s
        taken = (*taken, (rest.number, start_s))
        reached_s = free_s + left_s if arrival_s < 0 else arrival_s
        yield reached_s, max(reached_s, free_s), taken


def _endings(view: Numbers, crew: int, walk: _Walk) -> Iterator[_Walk]:
    """Yield the walk with the breaks on the way back that it needs."""
    back_s = _way_back(view, crew, walk.place) if walk.start_s else 0
    for arrival_s, _, taken in _gaps(walk, back_s):
        left = walk.pending[len(taken) :]
        late = arrival_s > view.limit_s[crew]
        if walk.start_s and (late or any(arrival_s > rest.latest_s for rest in left)):
            continue
        yield _Walk(
            walk.place,
            arrival_s,
            walk.group,
            left,
            walk.arrival_s,
            walk.start_s,
            walk.end_s,
            (*walk.breaks, *taken),
        )
        return  # a further break would only make it later


def _stubborn(
    view: Numbers, crew: int, tasks: tuple[int, ...], walk: _Walk, at_least: Mapping[int, int]
) -> _Walk:
    """Walk on whatever rules are broken, without breaks."""
    place, free_s, group = walk.place, walk.free_s, walk.group
    arrivals, starts, ends = [], [], []
    for task in tasks:
        arrival_s = free_s + view.roads[crew][place][task]
        ready_s = max(arrival_s, at_least.get(task, arrival_s))
        start_s = first_from(view.starts[task].get(crew, ()), ready_s)
        arrivals.append(arrival_s)
        starts.append(ready_s if start_s is None else start_s)
        free_s = starts[-1] + view.work_s(group, task)
        ends.append(free_s)
        place, group = task, view.group[task]
    over_s = free_s + (_way_back(view, crew, place) if tasks else 0)
    return _Walk(
        place, over_s, group, (), tuple(arrivals), tuple(starts), tuple(ends), (), holds=False
    )


def _finished(view: Numbers, crew: int, tasks: tuple[int, ...], walk: _Walk) -> Timeline:
    """Make a timeline of a walk whose free_s is when the crew is done."""
    travel_s, place = 0, view.start[crew]
    cost = 0
    for task, start_s in zip(tasks, walk.start_s, strict=True):
        travel_s += view.roads[crew][place][task]
        cost += view.sooner_permille * (start_s - view.open_s[task])
        cost += _wish_cost(view, task, start_s)
        place = task
    if tasks:
        travel_s += _way_back(view, crew, place)
        cost += view.overtime_permille * max(0, walk.free_s - view.shift_end_s[crew])
    room = view.room[crew]
    fits = room is None or sum(view.demand[task] for task in tasks) <= room
    return Timeline(
        crew,
        tasks,
        walk.arrival_s,
        walk.start_s,
        walk.end_s,
        _latest(view, crew, tasks),
        walk.breaks,
        travel_s,
        walk.free_s,
        1000 * travel_s + cost,
        walk.holds and fits,
    )


def _latest(view: Numbers, crew: int, tasks: tuple[int, ...]) -> tuple[int, ...]:
    """Return the latest starts from the end backwards, breaks and set-ups left aside."""
    roads = view.roads[crew]
    end = view.end[crew]
    back_s = roads[tasks[-1]][end] if tasks and end is not None else 0
    # An empty route's way back depends on the visit that is not there yet.
    latest_s = view.limit_s[crew] - back_s
    result = [latest_s]
    following: int | None = None
    for task in reversed(tasks):
        if following is not None:
            latest_s -= roads[task][following]
        spans = view.starts[task].get(crew)
        close_s = spans[-1][1] if spans else -1
        latest_s = min(close_s, latest_s - view.duration_s[task])
        result.append(latest_s)
        following = task
    return tuple(reversed(result))


def _with(timeline: Timeline, *, is_feasible: bool) -> Timeline:
    fields = {name: getattr(timeline, name) for name in Timeline.__slots__}
    return Timeline(**(fields | {"is_feasible": is_feasible}))


def _on_the_spot(rest: Rest, start_s: int, end_s: int) -> bool:
    return start_s <= rest.spot_s and end_s >= rest.over_s


def _way_back(view: Numbers, crew: int, place: int) -> int:
    end = view.end[crew]
    return 0 if end is None else view.roads[crew][place][end]


def _wished(view: Numbers, task: int, start_s: int) -> int:
    """Return the start a client would rather have, of the window that start_s lies in."""
    for soft in view.soft[task]:
        if start_s <= soft.end_s:
            early_s = soft.early_s
            return start_s if early_s is None else max(start_s, early_s)
    return start_s


def _wish_cost(view: Numbers, task: int, start_s: int) -> int:
    wishes = view.soft[task]
    if not wishes:
        return 0
    soft = next((item for item in wishes if start_s <= item.end_s), wishes[-1])
    early_s = 0 if soft.early_s is None else max(0, soft.early_s - start_s)
    late_s = 0 if soft.late_s is None else max(0, start_s - soft.late_s)
    return soft.early_permille * early_s + soft.late_permille * late_s
