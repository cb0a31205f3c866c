"""Random days with every rule of a problem in play, each of them can be left out."""

from collections.abc import Set
from random import Random
from uuid import UUID

from dispatch.problem import (
    Break,
    Credential,
    Crew,
    CrewStart,
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
    estimated_problem,
)
from tests.dispatch.cases import at, crew_id, task_id

RULES = frozenset(
    {"windows", "soft", "skills", "titles", "people", "permits", "equipment", "size", "setup",
     "breaks", "overtime", "rest", "span", "capacity", "route", "links", "locks", "pins",
     "history", "classes"}
)  # fmt: skip


def ruled(seed: int, rules: Set[str] = RULES, *, tasks: int = 9, crews: int = 3) -> Problem:
    """Return a day of the seed on which the rules named may bind."""
    chance = Random(f"{seed} {tasks} {crews}")
    works = [_task(chance, rules, number, crews) for number in range(tasks)]
    held = _held(chance, rules, tasks, crews)
    teams = [_crew(chance, rules, number, held[number]) for number in range(crews)]
    links = _links(chance, tasks) if "links" in rules else ()
    return estimated_problem(
        at(0),
        teams,
        works,
        links=links,
        weights=Weights(sooner_permille=chance.choice([0, 50])),
        speed_by_class={"lorry": 7.0} if "classes" in rules else None,
    )


def _task(chance: Random, rules: Set[str], number: int, crews: int) -> Task:
    opens = chance.randint(-60, 300)
    length = chance.choice([30, 90, 240])
    windows: tuple[Window, ...] = ()
    if "windows" in rules and chance.random() < 0.3:
        windows = (
            Window(at(opens), at(opens + length // 3)),
            Window(at(opens + 2 * length // 3), at(opens + length)),
        )
    if "soft" in rules and chance.random() < 0.3:
        soft = (at(opens + length // 4), at(opens + length // 2))
        windows = (Window(at(opens), at(opens + length), *soft, 200, 400),)
    titles: tuple[Requirement, ...] = ()
    if "titles" in rules and chance.random() < 0.2:
        titles = (Requirement("caces", members=chance.choice([1, 2, None])),)
    permits: tuple[Permit, ...] = ()
    if "permits" in rules and chance.random() < 0.2:
        permits = (Permit("DICT", at(chance.randint(-60, 200)), at(chance.randint(250, 500))),)
    return Task(
        task_id(number),
        chance.uniform(0, 0.25),
        chance.uniform(0, 0.25),
        chance.randint(5, 60) * 60,
        at(opens),
        at(opens + length),
        priority=chance.randint(1, 5),
        skills=frozenset(["cable"] if "skills" in rules and chance.random() < 0.3 else []),
        forbidden_crews=frozenset(
            [crew_id(0)] if "pins" in rules and chance.random() < 0.1 else []
        ),
        pinned_crew=crew_id(chance.randrange(crews))
        if "pins" in rules and number > 4 and chance.random() < 0.1
        else None,
        previous_crew=crew_id(chance.randrange(crews))
        if "history" in rules and chance.random() < 0.5
        else None,
        windows=windows,
        setup_s=600 if "setup" in rules and chance.random() < 0.3 else 0,
        credentials=titles,
        permits=permits,
        equipment=frozenset(["lift"] if "equipment" in rules and chance.random() < 0.15 else []),
        min_crew=2 if "size" in rules and chance.random() < 0.2 else 1,
        demand=chance.randint(0, 4) if "capacity" in rules else 0,
    )


def _held(chance: Random, rules: Set[str], tasks: int, crews: int) -> list[list[int]]:
    held: list[list[int]] = [[] for _ in range(crews)]
    if "locks" in rules:
        for number in range(min(tasks, 5)):
            if chance.random() < 0.4:
                held[chance.randrange(crews)].append(number)
    return held


def _crew(chance: Random, rules: Set[str], number: int, held: list[int]) -> Crew:
    begins = chance.randint(-120, 60)
    length = chance.choice([240, 480, 540])
    lon, lat = chance.uniform(0, 0.25), chance.uniform(0, 0.25)
    start = CrewStart(lon, lat, "depot", at(0))
    locked = [LockedVisit(task_id(task), "accepted") for task in held]
    if held and chance.random() < 0.5:
        until = at(chance.randint(0, 60))
        locked[0] = LockedVisit(task_id(held[0]), "started", at(-30), until)
        start = CrewStart(lon, lat, "current_task", until)
    elif held and chance.random() < 0.3:
        locked[0] = LockedVisit(task_id(held[0]), "frozen")
    ends = chance.random() < 0.5
    breaks: tuple[Break, ...] = ()
    if "breaks" in rules and chance.random() < 0.5:
        first = begins + chance.randint(60, 240)
        breaks = (Break(at(first), at(first + chance.choice([0, 30, 90])), 1200),)
    return Crew(
        crew_id(number),
        start,
        at(begins),
        at(begins + length),
        skills=frozenset(["cable"] if chance.random() < 0.6 else []),
        members=chance.randint(1, 3),
        locked=tuple(locked),
        end_lon=chance.uniform(0, 0.25) if ends else None,
        end_lat=chance.uniform(0, 0.25) if ends else None,
        people=_people(chance, number) if "people" in rules and chance.random() < 0.5 else (),
        equipment=frozenset(["lift"] if chance.random() < 0.5 else []),
        breaks=breaks,
        overtime_s=3600 if "overtime" in rules and chance.random() < 0.5 else 0,
        max_span_s=(length + 20) * 60 if "span" in rules and chance.random() < 0.3 else None,
        previous_end=at(begins - 600) if "rest" in rules and chance.random() < 0.3 else None,
        next_start=at(begins + length + 640) if "rest" in rules and chance.random() < 0.3 else None,
        capacity=chance.randint(3, 12)
        if "capacity" in rules and not held and chance.random() < 0.4
        else None,
        max_route_s=chance.randint(60, 400) * 60
        if "route" in rules and not breaks and not held and chance.random() < 0.3
        else None,
        vehicle_class="lorry" if "classes" in rules and chance.random() < 0.3 else "",
    )


def _people(chance: Random, crew: int) -> tuple[Member, ...]:
    return tuple(
        Member(
            UUID(int=10_000 + 10 * crew + number),
            frozenset(["cable"] if chance.random() < 0.5 else []),
            (Credential("caces", "", None, at(chance.randint(100, 500))),)
            if chance.random() < 0.6
            else (),
            at(chance.randint(-100, 60)) if chance.random() < 0.2 else None,
            at(chance.randint(200, 500)) if chance.random() < 0.2 else None,
        )
        for number in range(chance.randint(1, 3))
    )


def _links(chance: Random, tasks: int) -> tuple[Link, ...]:
    ids = [task_id(number) for number in range(tasks)]
    found: list[Link] = []
    if tasks >= 6:
        a, b, c, d, e, f = chance.sample(ids, 6)
        if chance.random() < 0.5:
            found.append(Together((a, b), within_s=chance.choice([0, 300])))
        if chance.random() < 0.5:
            most = chance.choice([None, 7200])
            found.append(Order(c, d, chance.choice([0, 600]), most))
        if chance.random() < 0.3:
            found.append(SameCrew((e, f)))
        if chance.random() < 0.3:
            found.append(KeepOrder((e, c)))
    return tuple(found)
