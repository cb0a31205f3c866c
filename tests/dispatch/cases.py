"""Small problems on a line, where one unit of x is one minute's drive, and a timer of our own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import strategies as st

from dispatch.problem import (
    PENALTY_S,
    Crew,
    CrewStart,
    LockedVisit,
    Plan,
    Problem,
    Route,
    Task,
    Unassigned,
    Visit,
    Weights,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = 60
SKILLS = ("cable", "fibre", "height")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def crew_id(number: int) -> UUID:
    return UUID(int=1000 + number)


def task_id(number: int) -> UUID:
    return UUID(int=number)


def crew(number: int, x: float = 0, shift: tuple[float, float] = (0, 480), **rest: Any) -> Crew:
    start = CrewStart(x / 100, 0.0, rest.pop("source", "depot"), at(rest.pop("free", 0)))
    if "end" in rest:
        rest |= {"end_lon": rest.pop("end") / 100, "end_lat": 0.0}
    rest["skills"] = frozenset(rest.get("skills", ()))
    return Crew(crew_id(number), start, at(shift[0]), at(shift[1]), **rest)


def task(
    number: int, x: float, window: tuple[float, float] = (0, 480), minutes: int = 30, **rest: Any
) -> Task:
    rest["skills"] = frozenset(rest.get("skills", ()))
    rest["forbidden_crews"] = frozenset(rest.get("forbidden_crews", ()))
    start, end = at(window[0]), at(window[1])
    return Task(task_id(number), x / 100, 0.0, minutes * MINUTE, start, end, **rest)


def accepted(number: int) -> LockedVisit:
    return LockedVisit(task_id(number), "accepted")


def started(number: int, since: float, until: float) -> LockedVisit:
    return LockedVisit(task_id(number), "started", at(since), at(until))


def line(
    crews: Iterable[Crew], tasks: Iterable[Task], *, move_tax_s: int = 1800, **rest: Any
) -> Problem:
    """Build a problem of these; nothing but travel, tax and tasks left out costs unless told."""
    crews, tasks = tuple(crews), tuple(tasks)
    x = [task.lon for task in tasks] + [crew.start.lon for crew in crews]
    x += [crew.start.lon if crew.end_lon is None else crew.end_lon for crew in crews]
    places = np.array(x).reshape(-1) * 100
    travel = np.rint(np.abs(places[:, None] - places[None, :]) * MINUTE).astype(np.int64)
    rest.setdefault("weights", Weights(0, 0))
    return Problem(NOW, crews, tasks, travel, move_tax_s, **rest)


def planned(problem: Problem, orders: Mapping[UUID, Sequence[UUID]]) -> Plan:
    """Time the orders as early as possible and count their cost, right or wrong by the rules."""
    row = {task.id: i for i, task in enumerate(problem.tasks)}
    routes, cost = [], 0
    for number, crew in enumerate(problem.crews):
        place = problem.start_place(number)
        free_at = max(crew.start.free_at, crew.shift_start, problem.now)
        facts = {visit.task_id: visit for visit in crew.locked if visit.state == "started"}
        visits = []
        for id_ in orders.get(crew.id, ()):
            if id_ in facts and facts[id_].started_at and facts[id_].end_at:
                since, until = facts[id_].started_at, facts[id_].end_at
                visits.append(Visit(id_, since, since, until, 0))  # type: ignore[arg-type]
                continue
            work = problem.tasks[row[id_]]
            drive = int(problem.travel[place, row[id_]])
            arrival = free_at + timedelta(seconds=drive)
            start = max(arrival, work.window_start)
            free_at, place = start + timedelta(seconds=work.duration_s), row[id_]
            visits.append(Visit(id_, arrival, start, free_at, drive))
            cost += drive
            if work.previous_crew not in (None, crew.id):
                cost += problem.move_tax_s
        end = problem.end_place(number)
        if end is not None and len(visits) > len(facts):
            cost += int(problem.travel[place, end])
        routes.append(Route(crew.id, crew.start.source, tuple(visits)))
    done = {visit.task_id for route in routes for visit in route.visits}
    left = [task for task in problem.tasks if task.id not in done]
    cost += sum(PENALTY_S[task.priority] for task in left)
    return Plan(
        tuple(routes), tuple(Unassigned(task.id, ()) for task in left), cost, "by hand", 0.0
    )


def orders_of(plan: Plan) -> dict[UUID, list[UUID]]:
    return {route.crew_id: [visit.task_id for visit in route.visits] for route in plan.routes}


@st.composite
def problems(draw: st.DrawFn, *, most_tasks: int = 7) -> Problem:
    """Draw problems with every rule in play: skills, declines, pins, locks, ways back, history."""
    k = draw(st.integers(1, 3))
    n = draw(st.integers(0, most_tasks))
    ids = st.sampled_from([crew_id(i) for i in range(k)])
    skills = st.frozensets(st.sampled_from(SKILLS), max_size=2)
    tasks = []
    for i in range(n):
        opens = draw(st.integers(-60, 300))
        window = (opens, opens + draw(st.sampled_from([0, 15, 60, 240, 240])))
        tasks.append(
            replace(
                task(i, draw(st.integers(0, 90)), window, draw(st.integers(0, 60))),
                priority=draw(st.integers(1, 5)),
                skills=draw(skills) if draw(st.integers(0, 3)) == 0 else frozenset(),
                forbidden_crews=draw(st.frozensets(ids, max_size=1)),
                pinned_crew=draw(ids) if draw(st.integers(0, 7)) == 0 else None,
                previous_crew=draw(st.none() | ids),
            )
        )
    holders = [draw(st.none() | st.integers(0, k - 1)) for _ in range(n // 2)]
    crews = [_drawn_crew(draw, c, skills, holders) for c in range(k)]
    for i, holder in enumerate(holders):
        if holder is not None:
            tasks[i] = replace(tasks[i], pinned_crew=None)
    return line(crews, tasks)


def _drawn_crew(
    draw: st.DrawFn,
    number: int,
    skills: st.SearchStrategy[frozenset[str]],
    holders: list[int | None],
) -> Crew:
    begins = draw(st.integers(-120, 60))
    mine = [i for i, holder in enumerate(holders) if holder == number]
    backwards, at_work = draw(st.booleans()), draw(st.booleans())
    held = mine[::-1] if backwards else mine
    rest: dict[str, Any] = {"skills": draw(skills) | draw(skills)}
    locked = [accepted(i) for i in held]
    if held and at_work:
        until = draw(st.integers(0, 90))
        locked[0] = started(held[0], -30, until)
        rest |= {"source": "current_task", "free": until}
    if draw(st.booleans()):
        rest["end"] = draw(st.integers(0, 90))
    shift = (begins, begins + draw(st.sampled_from([30, 240, 480, 480])))
    return crew(number, draw(st.integers(0, 90)), shift, locked=tuple(locked), **rest)
