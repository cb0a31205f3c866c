"""Write timed routes down as a plan of the problem's own dates and ids."""

from datetime import timedelta

from dispatch.engine.instant.clock import Orders, Ride
from dispatch.engine.instant.mending import total
from dispatch.engine.instant.sheet import Sheet
from dispatch.problem import Crew, Plan, PlannedBreak, Route, Unassigned, Visit


def written(sheet: Sheet, orders: Orders, rides: list[Ride], solver: str, seconds: float) -> Plan:
    """Return the plan; what is on no route is unassigned, its reasons for others to find."""
    problem = sheet.problem
    placed = {task for order in orders for task in order} | sheet.begun.keys()
    left = [task for row, task in enumerate(problem.tasks) if row not in placed]
    return Plan(
        tuple(_route(sheet, crew, ride) for crew, ride in zip(problem.crews, rides, strict=True)),
        tuple(Unassigned(task.id, ()) for task in left),
        total(sheet, orders, rides) // 1000,
        solver,
        seconds,
    )


def _route(sheet: Sheet, crew: Crew, ride: Ride) -> Route:
    now = sheet.problem.now

    def at(second: int) -> timedelta:
        return timedelta(seconds=second)

    visits = [
        Visit(visit.task_id, visit.started_at, visit.started_at, visit.end_at, 0)
        for visit in crew.locked
        if visit.state == "started" and visit.started_at and visit.end_at
    ]
    visits += [
        Visit(
            sheet.problem.tasks[timed.task].id,
            now + at(timed.arrival),
            now + at(timed.start),
            now + at(timed.end),
            timed.travel,
        )
        for timed in ride.visits
    ]
    taken = [rest for timed in ride.visits for rest in timed.rests]
    return Route(
        crew.id,
        crew.start.source,
        tuple(visits),
        tuple(
            PlannedBreak(number, now + at(begins), now + at(ends))
            for number, begins, ends in [*taken, *ride.last_rests]
        ),
    )
