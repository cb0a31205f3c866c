"""Time whole plans exactly: set-ups, breaks, promises, links between the visits of many crews.

Every visit starts as early as its route and its links let it. Links only ever push a start later,
so repeating until nothing moves finds the earliest plan that keeps them, or the visit that is late.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from dispatch.engine.instant.sheet import CrewSheet, Rest, Sheet
from dispatch.problem import KeepOrder, Order, Problem, SameCrew, Together

Orders = list[list[int]]
# More pushes than that and two links chase each other for ever.
_MOST_PUSHES = 200


@dataclass(frozen=True, slots=True)
class Timed:
    """A visit with its times, and the breaks taken before it as (number, start, end)."""

    task: int
    arrival: int
    start: int
    end: int
    travel: int
    rests: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Ride:
    """A timed route. over: when it ends, breaks on the way back included; cost in thousandths."""

    visits: tuple[Timed, ...]
    last_rests: tuple[tuple[int, int, int], ...]
    over: int
    cost: int


@dataclass(frozen=True, slots=True)
class Fault:
    """The visit that cannot be kept, and why not."""

    crew: int
    task: int
    rule: str


def feasible(problem: Problem, routes: Sequence[Sequence[int]]) -> bool:
    """Say whether these routes, one a crew and without its started work, can be timed as a plan."""
    sheet = Sheet(problem)
    pairs = [(task, crew) for crew, tasks in enumerate(routes) for task in tasks]
    if not all(sheet.allowed(task, crew) for task, crew in pairs):
        return False
    return isinstance(schedule(sheet, [list(tasks) for tasks in routes]), list)


def arrive(free: int, drive: int, rests: Sequence[tuple[int, int, int]]) -> int:
    """Return the arrival when the drive begins at once and stops for the breaks."""
    for _, begins, ends in rests:
        if free + drive <= begins:
            return free + drive
        drive -= begins - free
        free = ends
    return free + drive


def time_route(
    sheet: Sheet, crew: int, tasks: Sequence[int], not_before: Mapping[int, int]
) -> Ride | Fault:
    """Time one route as early as possible; breaks as late as they may be, else as early."""
    facts = sheet.crews[crew]
    if not tasks:
        return Ride((), (), facts.depart, 0)
    if sum(sheet.problem.tasks[task].demand for task in tasks) > facts.capacity:
        return Fault(crew, tasks[-1], "capacity")
    lazy = _timed(sheet, crew, tasks, not_before, facts.depart, eager=False)
    if isinstance(lazy, Fault) and lazy.rule == "route":
        leaves = _leave_by(sheet, crew, tasks, not_before)
        lazy = _timed(sheet, crew, tasks, not_before, leaves, eager=False)
    if isinstance(lazy, Ride) or not facts.rests:
        return lazy
    eager = _timed(sheet, crew, tasks, not_before, facts.depart, eager=True)
    return eager if isinstance(eager, Ride) else lazy


def _timed(
    sheet: Sheet,
    crew: int,
    tasks: Sequence[int],
    not_before: Mapping[int, int],
    free: int,
    *,
    eager: bool,
) -> Ride | Fault:
    """Time a route that leaves at `free`."""
    facts, weights = sheet.crews[crew], sheet.problem.weights
    place, before = facts.start, facts.under_way
    due = list(facts.rests)
    visits: list[Timed] = []
    cost = 0
    for task in tasks:
        drive, work = facts.travel[place][task], sheet.work(before, task)
        bound = not_before.get(task, 0)
        taken, start = _before_visit(sheet, crew, task, free, drive, work, bound, due, eager)
        if start is None:
            return Fault(crew, task, "window")
        visits.append(
            Timed(task, arrive(free, drive, taken), start, start + work, drive, tuple(taken))
        )
        cost += 1000 * (drive + sheet.tax(task, crew)) + _hour(sheet, task, start)
        place, free, before = task, start + work, task
    back = 0 if facts.end is None else facts.travel[place][facts.end]
    last: list[tuple[int, int, int]] = []
    for rest in due:
        if arrive(free, back, last) <= rest.latest:
            break
        begins = max(last[-1][2] if last else free, rest.earliest)
        if begins > rest.latest:
            return Fault(crew, tasks[-1], "break")
        last.append((rest.number, begins, begins + rest.length))
    over = arrive(free, back, last)
    if over > facts.done:
        return Fault(crew, tasks[-1], "shift")
    if facts.longest is not None and over - visits[0].arrival + visits[0].travel > facts.longest:
        return Fault(crew, tasks[-1], "route")
    cost += 1000 * back + weights.overtime_permille * max(0, over - facts.shift_end)
    return Ride(tuple(visits), tuple(last), over, cost)


def _leave_by(sheet: Sheet, crew: int, tasks: Sequence[int], not_before: Mapping[int, int]) -> int:
    """Return the latest departure that does not end the route later, breaks left aside."""
    facts = sheet.crews[crew]
    place, free, before = facts.start, facts.depart, facts.under_way
    works = []
    for task in tasks:
        works.append(sheet.work(before, task))
        ready = max(free + facts.travel[place][task], not_before.get(task, 0))
        start = _start(sheet, crew, task, ready)
        if start is None:
            return facts.depart
        place, free, before = task, start + works[-1], task
    bound, onward = free, 0
    for task, work in zip(reversed(tasks), reversed(works), strict=True):
        latest = bound - onward - work
        openings = reversed(sheet.openings(task, crew))
        opening = next(one for one in openings if one.opens <= latest)
        bound = min(latest, opening.closes)
        index = tasks.index(task)
        onward = facts.travel[tasks[index - 1]][task] if index else facts.travel[facts.start][task]
    return max(facts.depart, bound - onward)


def _before_visit(
    sheet: Sheet,
    crew: int,
    task: int,
    free: int,
    drive: int,
    work: int,
    bound: int,
    due: list[Rest],
    eager: bool,
) -> tuple[list[tuple[int, int, int]], int | None]:
    """Return the breaks to take on the way to a visit and its start; `due` loses them."""
    taken: list[tuple[int, int, int]] = []
    start = _start(sheet, crew, task, max(free + drive, bound))
    while due and start is not None:
        rest = due[0]
        begins = max(taken[-1][2] if taken else free, rest.earliest)
        if begins > rest.latest:
            return taken, None
        with_it = [*taken, (rest.number, begins, begins + rest.length)]
        ready = max(arrive(free, drive, with_it), begins + rest.length, bound)
        later = _start(sheet, crew, task, ready)
        if start <= rest.since and start + work >= rest.spot:
            due.pop(0)  # rests on the spot
            continue
        must = start + work > rest.latest
        wanted = eager and start >= rest.earliest
        if later != start and not must and not wanted:
            break
        due.pop(0)
        taken, start = with_it, later
    return taken, start


def _start(sheet: Sheet, crew: int, task: int, ready: int) -> int | None:
    for opening in sheet.openings(task, crew):
        if ready <= opening.closes:
            return max(ready, opening.opens)
    return None


def _hour(sheet: Sheet, task: int, start: int) -> int:
    """Return what the hour of a visit costs, in thousandths of a second."""
    cost = sheet.problem.weights.sooner_permille * (start - sheet.base[task])
    windows = sheet.windows[task]
    window = next((one for one in windows if start <= one.closes), windows[-1])
    cost += window.early * max(0, window.soft_opens - start)
    return cost + window.late * max(0, start - window.soft_closes)


def schedule(sheet: Sheet, orders: Orders) -> list[Ride] | Fault:
    """Time all routes as early as their links let them, or name the first visit that is late."""
    not_before: dict[int, int] = {}
    rides: list[Ride] = []
    for crew, tasks in enumerate(orders):
        if (fault := _locks(sheet.crews[crew], crew, tasks)) is not None:
            return fault
        known = sheet.timed.get((crew, *tasks))
        ride = time_route(sheet, crew, tasks, not_before) if known is None else known
        if isinstance(ride, Fault):
            return ride
        sheet.timed[crew, *tasks] = ride
        rides.append(ride)
    if not sheet.links:
        return rides
    owner = {task: crew for crew, tasks in enumerate(orders) for task in tasks}
    owner |= {task: crew for task, (crew, _, _) in sheet.begun.items()}
    if (fault := _who(sheet, orders, owner)) is not None:
        return fault
    for _ in range(_MOST_PUSHES):
        pushed = _pushes(sheet, rides, owner)
        if not pushed:
            return rides
        if begun := sheet.begun.keys() & pushed:
            task = next(iter(begun))
            return Fault(owner[task], task, "order")
        for task, start in pushed.items():
            not_before[task] = max(start, not_before.get(task, 0))
        for crew in {owner[task] for task in pushed}:
            ride = time_route(sheet, crew, orders[crew], not_before)
            if isinstance(ride, Fault):
                return _blamed(ride, pushed, owner)
            rides[crew] = ride
    return Fault(owner[next(iter(pushed))], next(iter(pushed)), "order")


def _blamed(fault: Fault, pushed: Mapping[int, int], owner: Mapping[int, int]) -> Fault:
    """Blame the pushed visit of the crew rather than the one behind it that came too late."""
    mine = [task for task in pushed if owner[task] == fault.crew]
    return Fault(fault.crew, mine[0], "order") if mine and fault.task not in mine else fault


def _locks(facts: CrewSheet, crew: int, tasks: Sequence[int]) -> Fault | None:
    """Find promised work out of order, or new work before frozen work."""
    if not facts.promised:
        return None
    held = [task for task in tasks if task in facts.promises]
    if held != list(facts.promised):
        return Fault(crew, facts.promised[0], "locked")
    if tuple(tasks[: facts.frozen]) != facts.promised[: facts.frozen]:
        new = next(task for task in tasks if task not in facts.promises)
        return Fault(crew, new, "locked")
    return None


def _who(sheet: Sheet, orders: Orders, owner: Mapping[int, int]) -> Fault | None:
    """Find links that crews and order alone break, whatever the hour."""
    row = sheet.row
    locked = sheet.begun.keys() | sheet.holder.keys()
    for link in sheet.links:
        match link:
            case Order():
                first, then = row[link.first], row[link.then]
                if then in owner and then not in locked and first not in owner:
                    return Fault(owner[then], then, "order")
            case Together():
                there = [row[id_] for id_ in link.tasks if row[id_] in owner]
                held = [row[id_] for id_ in link.tasks if row[id_] in locked]
                if not there or len(held) == len(link.tasks):
                    continue
                free = next((task for task in there if task not in locked), there[0])
                if len(there) < len(link.tasks) and not held:
                    return Fault(owner[free], free, "together")
                if len({owner[task] for task in there}) < len(there):
                    return Fault(owner[free], free, "together")
            case SameCrew():
                there = [row[id_] for id_ in link.tasks if row[id_] in owner]
                held_by = {owner[task] for task in there if task in locked}
                if len({owner[task] for task in there}) > max(1, len(held_by)):
                    free = next((task for task in reversed(there) if task not in locked), there[0])
                    return Fault(owner[free], free, "same_crew")
            case KeepOrder():
                if (fault := _out_of_order(link, sheet, orders, owner, locked)) is not None:
                    return fault
    return None


def _out_of_order(
    link: KeepOrder, sheet: Sheet, orders: Orders, owner: Mapping[int, int], locked: Set[int]
) -> Fault | None:
    last: dict[int, tuple[int, int]] = {}
    for id_ in link.tasks:
        task = sheet.row[id_]
        if task not in owner:
            continue
        crew = owner[task]
        rank = -1 if task in sheet.begun else orders[crew].index(task)
        before, other = last.get(crew, (-2, task))
        if rank < before and not {task, other} <= locked:
            return Fault(crew, other if task in locked else task, "keep_order")
        if rank > before:
            last[crew] = (rank, task)
    return None


def _pushes(sheet: Sheet, rides: list[Ride], owner: Mapping[int, int]) -> dict[int, int]:
    """Return the visits that a link wants later, and from when on."""
    visits = {visit.task: visit for ride in rides for visit in ride.visits}
    for task, (_, start, end) in sheet.begun.items():
        visits[task] = Timed(task, start, start, end, 0)
    locked = sheet.begun.keys() | sheet.holder.keys()
    pushed: dict[int, int] = {}
    for link in sheet.links:
        if isinstance(link, Order):
            first, then = sheet.row[link.first], sheet.row[link.then]
            if first not in owner or then not in owner or {first, then} <= locked:
                continue
            origin = visits[first].end if link.after == "end" else visits[first].start
            if visits[then].start < origin + link.least_s:
                pushed[then] = max(pushed.get(then, 0), origin + link.least_s)
            elif link.most_s is not None and visits[then].start > origin + link.most_s:
                lag = visits[then].start - link.most_s - origin
                pushed[first] = max(pushed.get(first, 0), visits[first].start + lag)
        elif isinstance(link, Together):
            there = [sheet.row[id_] for id_ in link.tasks if sheet.row[id_] in owner]
            if not there or set(there) <= locked:
                continue
            latest = max(visits[task].start for task in there) - link.within_s
            for task in there:
                if visits[task].start < latest:
                    pushed[task] = max(pushed.get(task, 0), latest)
    return pushed
