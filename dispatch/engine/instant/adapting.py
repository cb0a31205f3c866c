"""Hand a problem to the kernel: what it holds itself, and how the rest is kept out of its way.

The crew leaves from behind its frozen work. Linked tasks stay where the clock put them, at the hour
the clock gave them, so that the others are planned around them. Set-ups count in full, and the
breaks that may fall due are taken off the end of the day: what the kernel finds, the clock keeps
but for a few, and those are mended.
"""

from collections.abc import Sequence

import numpy as np

from dispatch.engine.instant.clock import Orders, Ride
from dispatch.engine.instant.sheet import Opening, Sheet
from dispatch.engine.instant.titles import ALWAYS, FOREVER
from dispatch.engine.kernel.building import DISPATCH_WEIGHTS, Hours, built
from dispatch.engine.kernel.instance import FORBIDDEN, Instance, Ints

_UNIT = 1000


def adapted(sheet: Sheet, orders: Orders, rides: list[Ride], seeds: Sequence[int] = ()) -> Instance:
    """Return the kernel's view of a problem around orders that keep every rule.

    seeds: tasks around which it may ruin, all where none is given.
    """
    problem = sheet.problem
    n, k = len(problem.tasks), len(problem.crews)
    starts = {visit.task: visit.start for ride in rides for visit in ride.visits}
    kinds, kind = _kinds(sheet)
    openings = [[_window(sheet, starts, task, crews) for task in range(n)] for crews in kinds]
    most = max((len(own) for row in openings for own in row), default=1) or 1
    opens = np.full((len(kinds), n, most), FOREVER, dtype=np.int32)
    closes = np.full((len(kinds), n, most), -FOREVER, dtype=np.int32)
    soft = np.zeros((len(kinds), n, most, 4), dtype=np.int32)
    counts = np.zeros((len(kinds), n), dtype=np.int32)
    for number, row in enumerate(openings):
        for task, own in enumerate(row):
            counts[number, task] = max(1, len(own))
            for w, one in enumerate(own):
                opens[number, task, w], closes[number, task, w] = one.opens, one.closes
                soft[number, task, w] = one.soft_opens, one.soft_closes, one.early, one.late
    departs = [_departure(sheet, crew, rides) for crew in range(k)]
    longest = [facts.longest for facts in sheet.crews]
    limit = _ints([facts.done - _rests(sheet, crew) for crew, facts in enumerate(sheet.crews)])
    return built(
        travel=_travel(sheet),
        vehicle=_vehicles(sheet),
        start=_ints([place for place, _ in departs]),
        end=_ints([n + 2 * k if f.end is None else f.end for f in sheet.crews]),
        depart=_ints([at for _, at in departs]),
        limit=limit,
        opens=opens,
        closes=closes,
        windows=counts,
        service=_ints([task.longest_s for task in problem.tasks]),
        penalty=_ints(sheet.refusal),
        pair=_pairs(sheet, orders),
        weights=DISPATCH_WEIGHTS,
        longest=_ints([one or FOREVER for one in longest]) if any(longest) else None,
        leave_by=limit,
        capacity=_ints([facts.capacity for facts in sheet.crews]),
        demand=_ints([task.demand for task in problem.tasks]),
        fixed=_ints([task in sheet.holder or task in sheet.linked for task in range(n)]),
        kind=_ints(kind),
        seeds=_ints(list(seeds)),
        hours=Hours(
            unit=_UNIT,
            sooner=problem.weights.sooner_permille,
            overtime=problem.weights.overtime_permille,
            base=_ints(sheet.base),
            shift_end=_ints([facts.shift_end for facts in sheet.crews]),
            soft=soft,
        ),
    )


def routes_of(sheet: Sheet, orders: Orders) -> Orders:
    """Return the orders as the kernel sees them: without the frozen work."""
    return [order[sheet.crews[crew].frozen :] for crew, order in enumerate(orders)]


def orders_of(sheet: Sheet, routes: Orders) -> Orders:
    """Return the kernel's routes with the frozen work before them."""
    return [
        [*sheet.crews[crew].promised[: sheet.crews[crew].frozen], *route]
        for crew, route in enumerate(routes)
    ]


def _kinds(sheet: Sheet) -> tuple[list[list[int]], list[int]]:
    """Return the crews of each kind, and the kind of each crew: the same windows for all tasks."""
    seen: dict[tuple[object, ...], int] = {}
    members: list[list[int]] = []
    kind = []
    for crew, spans in enumerate(sheet.all_spans):
        # Never and always ask for no window of their own: the pair decides.
        key = tuple(None if one in ((), ALWAYS) else one for one in spans)
        if key not in seen:
            seen[key] = len(seen)
            members.append([])
        members[seen[key]].append(crew)
        kind.append(seen[key])
    return members, kind


def _window(sheet: Sheet, starts: dict[int, int], task: int, crews: Sequence[int]) -> list[Opening]:
    """Return when crews of one kind may start a task, those of them that ever may."""
    if task in sheet.linked and task in starts:
        at, windows = starts[task], sheet.windows[task]
        own = next((one for one in windows if at <= one.closes), windows[-1])
        return [Opening(at, at, own.soft_opens, own.soft_closes, own.early, own.late)]
    if task in sheet.holder:
        return sheet.openings(task, sheet.holder[task])
    able = next((crew for crew in crews if sheet.spans(task, crew)), None)
    return [] if able is None else sheet.openings(task, able)


def _departure(sheet: Sheet, crew: int, rides: list[Ride]) -> tuple[int, int]:
    """Return where and when the crew is free behind its frozen work."""
    facts = sheet.crews[crew]
    if not facts.frozen:
        return facts.start, facts.depart
    last = rides[crew].visits[facts.frozen - 1]
    return last.task, last.end


def _rests(sheet: Sheet, crew: int) -> int:
    """Return the seconds of the breaks that fall due before the crew must be done."""
    facts = sheet.crews[crew]
    return sum(rest.length for rest in facts.rests if rest.latest < facts.done)


def _pairs(sheet: Sheet, orders: Orders) -> Ints:
    """Return the tax of each pair, FORBIDDEN where locks, declines, pins or titles rule it out."""
    able = np.array([[bool(span) for span in spans] for spans in sheet.all_spans], dtype=np.bool_)
    pair = np.where(able[:, sheet.kind].T, 0, FORBIDDEN).astype(np.int32)
    frozen = {task for facts in sheet.crews for task in facts.promised[: facts.frozen]}
    owner = {task: crew for crew, order in enumerate(orders) for task in order}
    for row, task in enumerate(sheet.problem.tasks):
        home = sheet.homes.get(task.previous_crew) if task.previous_crew else None
        if task.previous_crew is not None:
            stays = pair[row, home] if home is not None else FORBIDDEN
            pair[row, pair[row] != FORBIDDEN] = sheet.problem.move_tax_s
            if home is not None:
                pair[row, home] = stays
        for id_ in task.forbidden_crews & sheet.homes.keys():
            pair[row, sheet.homes[id_]] = FORBIDDEN
        only = sheet.homes.get(task.pinned_crew, -1) if task.pinned_crew else None
        if row in sheet.linked:
            only = owner.get(row, -1)
        only = sheet.holder.get(row, only)
        if row in sheet.begun or row in frozen or row in sheet.hopeless:
            only = -1
        if only is not None:
            kept = sheet.tax(row, only) if only >= 0 and sheet.allowed(row, only) else FORBIDDEN
            pair[row] = FORBIDDEN
            if only >= 0:
                pair[row, only] = kept
    return pair


def _travel(sheet: Sheet) -> Ints:
    """Return the matrices of all vehicle classes with one place more, from which all is near."""
    problem = sheet.problem
    matrices = [problem.travel, *problem.travel_by_class.values()]
    size = len(problem.travel)
    travel = np.zeros((len(matrices), size + 1, size + 1), dtype=np.int32)
    for number, matrix in enumerate(matrices):
        travel[number, :size, :size] = matrix
    return travel


def _vehicles(sheet: Sheet) -> Ints:
    names = ["", *sheet.problem.travel_by_class]
    return _ints([names.index(crew.vehicle_class) for crew in sheet.problem.crews])


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int32)
