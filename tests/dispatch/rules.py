"""Random days in whole minutes on which any rule may be on or off, and random orders for them."""

import os
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st

from dispatch.problem import (
    Break,
    Credential,
    Crew,
    KeepOrder,
    Link,
    LockedVisit,
    Member,
    Order,
    Permit,
    Problem,
    Requirement,
    SameCrew,
    Task,
    Together,
    Weights,
    Window,
    with_room,
)
from tests.dispatch.cases import MINUTE, at, crew, crew_id, line, problems, started, task, task_id

RULES = (
    "windows", "wishes", "titles", "people", "permits", "equipment", "size", "setup", "breaks",
    "overtime", "span", "rest", "capacity", "length", "classes", "links", "locks", "orders",
    "weights",
)  # fmt: skip


# Cases of all properties of dispatch together, as they usually run.
_USUAL = 1000


def often(usual: int) -> settings:
    """Return settings with so many cases, or with this property's share of PROPERTY_CASES
    (`make properties`)."""
    return settings(max_examples=shared(usual), deadline=None)


def shared(usual: int) -> int:
    """Return how many cases a property gets that usually gets `usual`."""
    return max(1, int(os.environ.get("PROPERTY_CASES", _USUAL)) * usual // _USUAL)


@st.composite
def days(
    draw: st.DrawFn,
    *,
    most_tasks: int = 5,
    without: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
) -> Problem:
    """Draw a day; each rule is in play or not, but for those named."""
    rules = draw(st.frozensets(st.sampled_from(RULES), max_size=5)) - set(without) | set(also)
    k, n = draw(st.integers(1, 2)), draw(st.integers(1, most_tasks))
    tasks = [_task(draw, rules, i, k) for i in range(n)]
    held = [draw(st.none() | st.integers(0, k - 1)) if "locks" in rules else None for _ in range(n)]
    if "orders" in rules:
        tasks = [_ordered(draw, tasks[i], held[i], k) for i in range(n)]
    crews = [_crew(draw, rules, c, [i for i in range(n) if held[i] == c]) for c in range(k)]
    rest: dict[str, Any] = {"links": _links(draw, n) if "links" in rules and n > 1 else ()}
    if "weights" in rules:
        rest["weights"] = Weights(draw(st.sampled_from([0, 50])), draw(st.sampled_from([0, 1500])))
    problem = line(crews, tasks, **rest)
    if "classes" not in rules:
        return with_room(problem)
    slow = tuple(replace(c, vehicle_class="lorry") if c.id == crew_id(0) else c for c in crews)
    return with_room(replace(problem, crews=slow, travel_by_class={"lorry": problem.travel * 2}))


@st.composite
def orders(draw: st.DrawFn, problem: Problem) -> list[tuple[int, ...]]:
    """Draw who does what in which order: promised work with its crew, most of the rest."""
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    locked = [[index[v.task_id] for v in c.locked if v.state != "started"] for c in problem.crews]
    held = {index[visit.task_id] for c in problem.crews for visit in c.locked}
    routes = [list(tasks) for tasks in locked]
    for i in draw(st.permutations(sorted(set(range(len(problem.tasks))) - held))):
        if draw(st.integers(0, 5)):
            c = draw(st.integers(0, len(problem.crews) - 1))
            frozen = [n for n, v in enumerate(_moving(problem.crews[c])) if v.state == "frozen"]
            least = frozen[-1] + 1 if frozen else 0
            routes[c].insert(draw(st.integers(least, len(routes[c]))), i)
    return [tuple(tasks) for tasks in routes]


def _moving(crew_: Crew) -> list[LockedVisit]:
    return [visit for visit in crew_.locked if visit.state != "started"]


def _task(draw: st.DrawFn, rules: frozenset[str], number: int, crews: int) -> Task:
    opens, length = draw(st.integers(-30, 150)), draw(st.sampled_from([480, 480, 240, 90, 30, 0]))
    rest: dict[str, Any] = {"previous_crew": draw(st.none() | st.just(crew_id(crews - 1)))}
    windows: tuple[Window, ...] = ()
    if "windows" in rules and length and draw(st.booleans()):
        third = length // 3
        windows = (
            Window(at(opens), at(opens + third)),
            Window(at(opens + 2 * third), at(opens + length)),
        )
    elif "wishes" in rules and draw(st.booleans()):
        third = length // 3
        soft = (at(opens + third), at(opens + 2 * third))
        windows = (Window(at(opens), at(opens + length), *soft, 300, 2000),)
    if "titles" in rules and not draw(st.integers(0, 2)):
        rest["credentials"] = (Requirement("caces", "B1", draw(st.sampled_from([1, 2, None]))),)
    if "people" in rules and draw(st.booleans()):
        rest["skills"] = draw(st.sampled_from([["cable"], ["cable", "fibre"]]))
    if "permits" in rules and not draw(st.integers(0, 2)):
        granted = draw(st.none() | st.integers(-60, 120))
        until = None if granted is None else at(granted + 200)
        rest["permits"] = (Permit("DICT", None if granted is None else at(granted), until),)
        if draw(st.booleans()):
            rest["permits"] += (Permit("lockout", at(draw(st.integers(-900, 60)))),)
    if "equipment" in rules and not draw(st.integers(0, 2)):
        rest["equipment"] = frozenset(["lift"])
    if "setup" in rules:
        rest |= {"setup_s": draw(st.sampled_from([0, 600])), "setup_kind": "pole"}
    return task(
        number,
        draw(st.sampled_from([0, 5, 5, 10, 40])),
        (opens, opens + length),
        draw(st.sampled_from([10, 10, 0, 40, 40, 300])),
        priority=draw(st.integers(1, 5)),
        windows=windows,
        min_crew=draw(st.integers(1, 2)) if "size" in rules else 1,
        demand=draw(st.integers(0, 3)) if "capacity" in rules else 0,
        **rest,
    )


def _ordered(draw: st.DrawFn, work: Task, held: int | None, crews: int) -> Task:
    """Let crews decline the task, or a person give it to one; who is locked to it has it anyway."""
    someone = st.sampled_from([crew_id(c) for c in range(crews)])
    declined = draw(st.frozensets(someone, max_size=1))
    pinned = draw(st.none() | someone) if held is None else draw(st.none() | st.just(crew_id(held)))
    return replace(work, forbidden_crews=declined, pinned_crew=pinned)


def _crew(draw: st.DrawFn, rules: frozenset[str], number: int, held: list[int]) -> Crew:
    begins, length = draw(st.integers(-60, 30)), draw(st.sampled_from([560, 560, 400, 120]))
    rest: dict[str, Any] = {"locked": _locked(draw, held)}
    if rest["locked"] and rest["locked"][0].state == "started":
        until = draw(st.integers(0, 60))
        rest["locked"] = (started(held[0], -30, until), *rest["locked"][1:])
        rest |= {"source": "current_task", "free": until}
    if draw(st.booleans()):
        rest["end"] = draw(st.sampled_from([0, 30]))
    if bool(rules & {"titles", "people", "size"}) and draw(st.booleans()):
        rest["people"] = tuple(_member(draw, rules, number, i) for i in range(2))
    if "equipment" in rules and draw(st.booleans()):
        rest["equipment"] = frozenset(["lift"])
    if "breaks" in rules:
        rest["breaks"] = _breaks(draw, begins)
    if "overtime" in rules:
        rest["overtime_s"] = 30 * MINUTE
    if "span" in rules:
        rest["max_span_s"] = (length - draw(st.sampled_from([0, 60]))) * MINUTE
    if "rest" in rules:
        rest |= {"previous_end": at(begins - 630), "next_start": at(begins + length + 630)}
    if "capacity" in rules:
        rest["capacity"] = draw(st.integers(2, 9))
    if "length" in rules and "breaks" not in rules and not held:
        rest["max_route_s"] = draw(st.integers(30, 300)) * MINUTE
    rest["members"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        rest["skills"] = ["cable"]
    return crew(number, draw(st.sampled_from([0, 20])), (begins, begins + length), **rest)


def _locked(draw: st.DrawFn, held: list[int]) -> tuple[LockedVisit, ...]:
    kinds: st.SearchStrategy[Any] = st.sampled_from(["accepted", "frozen"])
    states = [draw(kinds) for _ in held]
    locked = [LockedVisit(task_id(i), state) for i, state in zip(held, states, strict=True)]
    if bool(held) and draw(st.booleans()):
        locked[0] = started(held[0], -30, 0)
    return tuple(locked)


def _member(draw: st.DrawFn, rules: frozenset[str], crew_: int, number: int) -> Member:
    titles: tuple[Credential, ...] = ()
    if "titles" in rules and draw(st.booleans()):
        until = draw(st.none() | st.integers(0, 300))
        titles = (Credential("caces", "B1", None, None if until is None else at(until)),)
    there: dict[str, Any] = {}
    if "people" in rules and draw(st.booleans()):
        there = {"present_from": at(draw(st.integers(-60, 120))), "present_until": at(300)}
    skills = draw(st.frozensets(st.sampled_from(["cable", "fibre"])))
    return Member(UUID(int=9000 + 10 * crew_ + number), skills, titles, **there)


def _breaks(draw: st.DrawFn, begins: int) -> tuple[Break, ...]:
    first = begins + draw(st.integers(30, 150))
    found = [Break(at(first), at(first + draw(st.sampled_from([0, 20, 90]))))]
    if draw(st.booleans()):
        found.append(Break(at(first + 120), at(first + 200), 10 * MINUTE))
    return tuple(found)


def _links(draw: st.DrawFn, n: int) -> tuple[Link, ...]:
    pairs = st.permutations([task_id(i) for i in range(n)])
    found: list[Link] = []
    for _ in range(draw(st.integers(1, 2))):
        a, b, *_ = draw(pairs)
        within = draw(st.sampled_from([0, 15 * MINUTE]))
        most = draw(st.sampled_from([None, 60 * MINUTE]))
        after: Any = draw(st.sampled_from(["start", "end"]))
        first, then = sorted((a, b))  # so that no two orders make a ring
        kinds: list[Link] = [
            Together((a, b), within),
            Order(first, then, within, most, after),
            SameCrew((a, b)),
            KeepOrder((a, b)),
        ]
        found.append(draw(st.sampled_from(kinds)))
    return tuple(found)


__all__ = ["RULES", "days", "often", "orders", "problems"]
