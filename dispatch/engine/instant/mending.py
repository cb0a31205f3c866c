"""Make orders keep every rule: drop what breaks one, insert what is missing at least cost."""

from collections.abc import Iterable, Iterator
from random import Random

from dispatch.engine.instant.clock import Fault, Orders, Ride, schedule, time_route
from dispatch.engine.instant.sheet import Sheet
from dispatch.problem import Plan
from fieldops.errors import Unavailable

# Places tried with the exact clock for one task, the cheapest drives first.
_MOST_TRIED = 40


def carried_over(sheet: Sheet, plan: Plan | None) -> Orders:
    """Return an older plan's orders as far as the problem still knows and allows them."""
    routes = {route.crew_id: route.visits for route in plan.routes} if plan else {}
    seen: set[int] = set()
    orders: Orders = []
    for number, crew in enumerate(sheet.problem.crews):
        promised = sheet.crews[number].promised
        wanted = [sheet.row.get(visit.task_id, -1) for visit in routes.get(crew.id, ())]
        kept = [task for task in wanted if task in promised]
        kept = kept if kept == list(promised) else []
        order = [] if kept else list(promised)
        for task in wanted:
            movable = task >= 0 and task not in sheet.begun and task not in sheet.holder
            fits = movable and task not in seen and sheet.allowed(task, number)
            if fits or (kept and task in promised):
                order.append(task)
                seen.add(task)
        orders.append(order)
    return orders


def mended(sheet: Sheet, orders: Orders) -> tuple[Orders, list[Ride]]:
    """Drop visits until every rule is kept; return orders and times.

    Raises:
        Unavailable: promised work alone breaks a rule that promises do not lift.
    """
    orders = [list(order) for order in orders]
    while isinstance(found := schedule(sheet, orders), Fault):
        dropped = _dropped(sheet, orders, found)
        if not dropped:
            id_ = sheet.problem.tasks[found.task].id
            crew = sheet.problem.crews[found.crew].id
            raise Unavailable(f"crew {crew} cannot keep promised task {id_}: {found.rule}")
        orders = [[task for task in order if task not in dropped] for order in orders]
    return orders, found


def filled(
    sheet: Sheet, orders: Orders, rides: list[Ride], missing: Iterable[int]
) -> tuple[Orders, list[Ride]]:
    """Insert missing tasks, the dearest to leave out first, with those they cannot do without."""
    order_of = sorted(
        missing, key=lambda task: (-sheet.refusal[task], sheet.windows[task][-1].closes)
    )
    placed = {task for order in orders for task in order}
    for task in order_of:
        if task in placed:
            continue
        found = inserted(sheet, orders, rides, [task, *sorted(_together(sheet, task))])
        if found is not None:
            orders, rides = found
            placed = {task for order in orders for task in order}
    return orders, rides


def inserted(
    sheet: Sheet, orders: Orders, rides: list[Ride], group: list[int]
) -> tuple[Orders, list[Ride]] | None:
    """Insert all of a group or nothing, each where the whole plan costs least with it."""
    orders = [list(order) for order in orders]
    for task in group:
        if any(task in order for order in orders):
            continue
        partial = sheet.linked and len(group) > 1 and task != group[-1]
        best: tuple[int, int, int] | None = None
        for crew, at in _places(sheet, orders, rides, task):
            trial = [*orders[crew][:at], task, *orders[crew][at:]]
            cost = _cost_with(sheet, orders, rides, crew, trial, exact=not partial)
            if cost is not None and (best is None or cost < best[0]):
                best = (cost, crew, at)
                if task not in sheet.linked:
                    break
        if best is None:
            return None
        orders[best[1]].insert(best[2], task)
        ride = time_route(sheet, best[1], orders[best[1]], {})
        if isinstance(ride, Ride):
            rides = [ride if crew == best[1] else old for crew, old in enumerate(rides)]
    found = schedule(sheet, orders)
    return None if isinstance(found, Fault) else (orders, found)


def relinked(
    sheet: Sheet, orders: Orders, rides: list[Ride], seed: int
) -> tuple[Orders, list[Ride]]:
    """Place a third of the linked tasks anew, one group after the other, where that gains."""
    chance = Random(seed)  # noqa: S311 seeded
    groups = sorted({frozenset(_group(sheet, task)) for task in sheet.linked}, key=sorted)
    chance.shuffle(groups)
    for group in groups[: max(1, len(groups) // 3)]:
        if group & (sheet.begun.keys() | sheet.holder.keys()):
            continue
        without = [[task for task in order if task not in group] for order in orders]
        timed = schedule(sheet, without)
        if isinstance(timed, Fault):
            continue
        found = inserted(sheet, without, timed, sorted(group))
        if found is not None and total(sheet, *found) <= total(sheet, orders, rides):
            orders, rides = found
    return orders, rides


def total(sheet: Sheet, orders: Orders, rides: list[Ride]) -> int:
    """Return the objective in thousandths of a second."""
    placed = {task for order in orders for task in order} | sheet.begun.keys()
    left = (task for task in range(len(sheet.refusal)) if task not in placed)
    return sum(ride.cost for ride in rides) + sum(1000 * sheet.refusal[task] for task in left)


def _cost_with(
    sheet: Sheet, orders: Orders, rides: list[Ride], crew: int, trial: list[int], *, exact: bool
) -> int | None:
    if not exact or not sheet.links:
        ride = time_route(sheet, crew, trial, {})
        return ride.cost - rides[crew].cost if isinstance(ride, Ride) else None
    found = schedule(sheet, [trial if c == crew else order for c, order in enumerate(orders)])
    return None if isinstance(found, Fault) else sum(ride.cost for ride in found)


def _places(
    sheet: Sheet, orders: Orders, rides: list[Ride], task: int
) -> Iterator[tuple[int, int]]:
    """Yield the places where the task may fit by its hour alone, the shortest detour first."""
    found = []
    for crew, facts in enumerate(sheet.crews):
        if not sheet.allowed(task, crew):
            continue
        openings = sheet.openings(task, crew)
        if not openings:
            continue
        travel, visits = facts.travel, rides[crew].visits
        same = len(visits) == len(orders[crew])
        place, free = facts.start, facts.depart
        for at in range(len(orders[crew]) + 1):
            if at >= facts.frozen and free + travel[place][task] <= openings[-1].closes:
                follower = orders[crew][at] if at < len(orders[crew]) else facts.end
                onward = 0 if follower is None else travel[task][follower]
                skipped = 0 if follower is None or not orders[crew] else travel[place][follower]
                tax = sheet.tax(task, crew)
                found.append((travel[place][task] + onward - skipped + tax, crew, at))
            if at < len(orders[crew]):
                place = orders[crew][at]
                free = visits[at].end if same else free
    found.sort()
    yield from ((crew, at) for _, crew, at in found[:_MOST_TRIED])


def _group(sheet: Sheet, task: int) -> set[int]:
    """Return the task with all that cannot be planned without it, and so on."""
    gone, todo = {task}, [task]
    while todo:
        for mate in sheet.mates(todo.pop()):
            if mate not in gone:
                gone.add(mate)
                todo.append(mate)
    return gone


def _together(sheet: Sheet, task: int) -> set[int]:
    """Return what must be inserted with a task: partners at once, and what it comes after."""
    return sheet.mates(task) if sheet.links else set()


def _dropped(sheet: Sheet, orders: Orders, fault: Fault) -> set[int]:
    """Return the task to drop for a fault, with those that cannot be planned without it."""
    order = orders[fault.crew]
    until = order.index(fault.task) + 1 if fault.task in order else len(order)
    movable = [task for task in order[:until] if task not in sheet.holder]
    movable = movable or [task for task in order if task not in sheet.holder]
    if not movable:
        planned = {task for other in orders for task in other if task not in sheet.holder}
        movable = sorted(sheet.mates(fault.task) & planned)
    if not movable:
        return set()
    chosen = movable[-1]
    return _group(sheet, chosen) - sheet.holder.keys()
