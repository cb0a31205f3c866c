"""Each rule of a day seen when a plan breaks it, and not when it is just kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.checker import Rule, counted_cost, violations
from dispatch.engine.arranging import arranged
from dispatch.problem import (
    Break,
    Credential,
    KeepOrder,
    LockedVisit,
    Member,
    Order,
    Permit,
    Plan,
    PlannedBreak,
    Problem,
    Requirement,
    SameCrew,
    Together,
    Weights,
    Window,
)
from tests.dispatch.cases import at, crew, crew_id, line, task, task_id

A, B = crew_id(0), crew_id(1)
HOUR = 3600
B1 = Requirement("electrical", "B1V")


def member(number: int, *titles: Credential, **there: Any) -> Member:
    return Member(UUID(int=70 + number), credentials=titles, **there)


def entitled(until: float) -> Credential:
    return Credential("electrical", "B1V", at(-600), at(until))


def rules(problem: Problem, plan: Plan) -> set[Rule]:
    return {violation.rule for violation in violations(problem, plan)}


def of(problem: Problem, *orders: list[int]) -> set[Rule]:
    """Return what is wrong with these orders, the first crew's first, each as early as can be."""
    ids = {crew_id(c): [task_id(i) for i in tasks] for c, tasks in enumerate(orders)}
    return rules(problem, arranged(problem, ids))


Case = tuple[Rule, Callable[[], set[Rule]], Callable[[], set[Rule]]]

# What breaks the rule, and what just keeps it: a minute, a person, a title apart.
CASES: dict[str, Case] = {
    "between windows": (
        Rule.WINDOW,
        lambda: moved(line([crew(0)], [task(0, 0, (0, 90), windows=split())]), 31),
        lambda: moved(line([crew(0)], [task(0, 0, (0, 90), windows=split())]), 30),
    ),
    "set-up": (
        Rule.DURATION,
        lambda: lasting(line([crew(0)], [task(0, 0, setup_s=600)]), 30),
        lambda: lasting(line([crew(0)], [task(0, 0, setup_s=600)]), 40),
    ),
    "overtime": (
        Rule.SHIFT,
        lambda: of(line([crew(0, shift=(0, 60), overtime_s=1740)], [task(0, 0, minutes=90)]), [0]),
        lambda: of(line([crew(0, shift=(0, 60), overtime_s=1800)], [task(0, 0, minutes=90)]), [0]),
    ),
    "span": (
        Rule.SHIFT,
        lambda: of(line([crew(0, max_span_s=89 * 60)], [task(0, 0, minutes=90)]), [0]),
        lambda: of(line([crew(0, max_span_s=90 * 60)], [task(0, 0, minutes=90)]), [0]),
    ),
    "rest before": (
        Rule.REST,
        lambda: moved(line([crew(0, previous_end=at(-600))], [task(0, 0)]), 59),
        lambda: moved(line([crew(0, previous_end=at(-600))], [task(0, 0)]), 60),
    ),
    "rest after": (
        Rule.REST,
        lambda: of(line([crew(0, next_start=at(480 + 659))], [task(0, 0, minutes=480)]), [0]),
        lambda: of(line([crew(0, next_start=at(480 + 660))], [task(0, 0, minutes=480)]), [0]),
    ),
    "title expires during the visit": (
        Rule.CREDENTIAL,
        lambda: of(titled(member(0, entitled(29))), [0]),
        lambda: of(titled(member(0, entitled(30))), [0]),
    ),
    "two titles in a row are not one": (
        Rule.CREDENTIAL,
        lambda: of(
            titled(
                member(0, entitled(15), Credential("electrical", "B1V", at(15))),
            ),
            [0],
        ),
        lambda: of(titled(member(0, entitled(15), Credential("electrical", "B1V", at(0)))), [0]),
    ),
    "so many members": (
        Rule.CREDENTIAL,
        lambda: of(titled(member(0, entitled(99)), member(1), needed=2), [0]),
        lambda: of(titled(member(0, entitled(99)), member(1, entitled(99)), needed=2), [0]),
    ),
    "everybody": (
        Rule.CREDENTIAL,
        lambda: of(titled(member(0, entitled(99)), member(1), needed=None), [0]),
        lambda: of(titled(member(0, entitled(99)), needed=None), [0]),
    ),
    "who comes late counts among everybody": (
        Rule.CREDENTIAL,
        lambda: of(
            titled(member(0, entitled(99)), member(1, present_from=at(29)), needed=None), [0]
        ),
        lambda: of(
            titled(member(0, entitled(99)), member(1, present_from=at(30)), needed=None), [0]
        ),
    ),
    "everybody is there at a visit without length": (
        Rule.CREDENTIAL,
        lambda: of(titled(member(0, entitled(99)), member(1), needed=None, minutes=0), [0]),
        lambda: of(titled(member(0, entitled(99)), needed=None, minutes=0), [0]),
    ),
    "crew size": (
        Rule.CREW_SIZE,
        lambda: of(line([crew(0, members=1)], [task(0, 0, min_crew=2)]), [0]),
        lambda: of(line([crew(0, members=2)], [task(0, 0, min_crew=2)]), [0]),
    ),
    "who leaves does not count": (
        Rule.CREW_SIZE,
        lambda: of(sized(member(0), member(1, present_until=at(29))), [0]),
        lambda: of(sized(member(0), member(1, present_until=at(30))), [0]),
    ),
    "equipment": (
        Rule.EQUIPMENT,
        lambda: of(line([crew(0)], [task(0, 0, equipment=frozenset({"lift"}))]), [0]),
        lambda: of(
            line(
                [crew(0, equipment=frozenset({"lift"}))],
                [task(0, 0, equipment=frozenset({"lift"}))],
            ),
            [0],
        ),
    ),
    "permit": (
        Rule.PERMIT,
        lambda: of(line([crew(0)], [task(0, 0, permits=(Permit("DICT", at(0), at(29)),))]), [0]),
        lambda: of(line([crew(0)], [task(0, 0, permits=(Permit("DICT", at(0), at(30)),))]), [0]),
    ),
    "permit not granted": (
        Rule.PERMIT,
        lambda: of(line([crew(0)], [task(0, 0, permits=(Permit("DICT", None),))]), [0]),
        lambda: of(line([crew(0)], [task(0, 0, permits=(Permit("DICT", at(0)),))]), [0]),
    ),
    "capacity": (
        Rule.CAPACITY,
        lambda: of(line([crew(0, capacity=3)], [task(i, 0, demand=2) for i in (0, 1)]), [0, 1]),
        lambda: of(line([crew(0, capacity=4)], [task(i, 0, demand=2) for i in (0, 1)]), [0, 1]),
    ),
    "longest route": (
        Rule.ROUTE_LENGTH,
        lambda: hurried(max_route_s=2 * HOUR - 60),
        lambda: hurried(max_route_s=2 * HOUR),
    ),
    "own matrix": (
        Rule.TRAVEL,
        lambda: by_lorry(wrong=True),
        lambda: by_lorry(wrong=False),
    ),
    "frozen first": (
        Rule.LOCKED,
        lambda: of(frozen(), [1, 0]),
        lambda: of(frozen(), [0, 1]),
    ),
    "order": (
        Rule.ORDER,
        lambda: judged(Order(task_id(0), task_id(1), 31 * 60, after="start")),
        lambda: judged(Order(task_id(0), task_id(1), 30 * 60, after="start")),
    ),
    "order by the end": (
        Rule.ORDER,
        lambda: judged(Order(task_id(0), task_id(1), 60)),
        lambda: judged(Order(task_id(0), task_id(1), 0)),
    ),
    "latest order": (
        Rule.ORDER,
        lambda: judged(Order(task_id(0), task_id(1), 0, 29 * 60, after="start")),
        lambda: judged(Order(task_id(0), task_id(1), 0, 30 * 60, after="start")),
    ),
    "order without the first": (
        Rule.ORDER,
        lambda: of(linked(Order(task_id(0), task_id(1))), [], [1]),
        lambda: of(linked(Order(task_id(0), task_id(1))), [0], []),
    ),
    "together in part": (
        Rule.TOGETHER,
        lambda: of(linked(Together((task_id(0), task_id(1)))), [0], []),
        lambda: of(linked(Together((task_id(0), task_id(1)))), [], []),
    ),
    "same crew": (
        Rule.SAME_CREW,
        lambda: of(linked(SameCrew((task_id(0), task_id(1)))), [0], [1]),
        lambda: of(linked(SameCrew((task_id(0), task_id(1)))), [0, 1], []),
    ),
    "keep order": (
        Rule.KEEP_ORDER,
        lambda: of(linked(KeepOrder((task_id(0), task_id(1)))), [1, 0], []),
        lambda: of(linked(KeepOrder((task_id(0), task_id(1)))), [1], [0]),
    ),
}


def split() -> tuple[Window, ...]:
    return (Window(at(0), at(30)), Window(at(60), at(90)))


def titled(*people: Member, needed: int | None = 1, minutes: int = 30) -> Problem:
    wanted = (replace(B1, members=needed),)
    return line([crew(0, people=people)], [task(0, 0, (0, 0), minutes, credentials=wanted)])


def sized(*people: Member) -> Problem:
    return line([crew(0, people=people)], [task(0, 0, (0, 0), min_crew=2)])


def hurried(max_route_s: int) -> set[Rule]:
    """Judge by a longest route a plan made without it: from 0 to 120, with an hour's wait."""
    work = [task(0, 0, (0, 0), minutes=30), task(1, 0, (90, 90), minutes=30)]
    free = line([crew(0)], work)
    plan = arranged(free, {A: [task_id(0), task_id(1)]})
    return rules(replace(free, crews=(crew(0, max_route_s=max_route_s),)), plan)


def frozen() -> Problem:
    locked = (LockedVisit(task_id(0), "frozen"),)
    return line([crew(0, locked=locked)], [task(0, 0), task(1, 0)])


def linked(link: Any) -> Problem:
    return line([crew(0), crew(1)], [task(0, 0), task(1, 30)], links=(link,))


def judged(link: Any) -> set[Rule]:
    """Judge by a link a plan made without it: visits at 0 and, by the other crew, at 30."""
    problem = linked(link)
    plan = arranged(replace(problem, links=()), {A: [task_id(0)], B: [task_id(1)]})
    return rules(problem, plan)


def moved(problem: Problem, minute: float) -> set[Rule]:
    """Return what is wrong when the only visit starts at that minute."""
    plan = arranged(problem, {A: [task_id(0)]})
    visit = plan.routes[0].visits[0]
    start = at(minute)
    visit = replace(visit, arrival_at=start, start_at=start, end_at=start + timedelta(minutes=30))
    moved_ = replace(plan, routes=(replace(plan.routes[0], visits=(visit,)),))
    return rules(problem, replace(moved_, cost=counted_cost(problem, moved_)))


def lasting(problem: Problem, minutes: float) -> set[Rule]:
    plan = arranged(problem, {A: [task_id(0)]})
    visit = plan.routes[0].visits[0]
    visit = replace(visit, end_at=visit.start_at + timedelta(minutes=minutes))
    return rules(problem, replace(plan, routes=(replace(plan.routes[0], visits=(visit,)),)))


def by_lorry(*, wrong: bool) -> set[Rule]:
    plain = line([crew(0)], [task(0, 10)])
    slow = replace(plain.crews[0], vehicle_class="lorry")
    own = replace(plain, crews=(slow,), travel_by_class={"lorry": plain.travel * 2})
    return rules(own, arranged(plain if wrong else own, {A: [task_id(0)]}))


@pytest.mark.parametrize("name", CASES)
def test_a_rule_is_seen_when_it_is_broken_and_only_then(name: str) -> None:
    rule, broken, kept = CASES[name]

    assert rule in broken()
    assert kept() == set()


def rested(*breaks: PlannedBreak) -> tuple[Problem, Plan]:
    """Two visits of an hour with a quarter between them, and a break due by 09:15."""
    rule = Break(at(30), at(75), 900)
    work = [task(0, 0, minutes=60), task(1, 0, (75, 75), minutes=60)]
    problem = line([crew(0, breaks=(rule,))], work)
    plan = arranged(problem, {A: [task_id(0), task_id(1)]})
    return problem, replace(plan, routes=(replace(plan.routes[0], breaks=breaks),))


@pytest.mark.parametrize(
    ("begin", "end", "is_kept"),
    [(60, 75, True), (59, 74, False), (61, 76, False), (60, 74, False), (10, 25, False)],
)
def test_a_break_lies_between_visits_inside_its_window(
    begin: float, end: float, is_kept: bool
) -> None:
    problem, plan = rested(PlannedBreak(0, at(begin), at(end)))

    found = rules(problem, plan)
    assert found == set() if is_kept else Rule.BREAK in found


def test_a_break_is_missing_only_where_the_crew_is_still_out() -> None:
    problem, plan = rested()
    assert rules(problem, plan) == {Rule.BREAK}

    early = arranged(problem, {A: [task_id(0)]})
    assert rules(problem, replace(early, routes=(replace(early.routes[0], breaks=()),))) == set()


def test_a_visit_that_covers_the_breaks_window_takes_it_on_the_spot() -> None:
    def day(length: int) -> Problem:
        return line([crew(0, breaks=(Break(at(0), at(60)),))], [task(0, 0, minutes=length)])

    def without_break(problem: Problem) -> set[Rule]:
        plan = arranged(problem, {A: [task_id(0)]})
        return rules(problem, replace(plan, routes=(replace(plan.routes[0], breaks=()),)))

    assert without_break(day(80)) == set()
    assert without_break(day(79)) == {Rule.BREAK}


def test_together_is_two_crews_within_the_seconds_given() -> None:
    both = Together((task_id(0), task_id(1)), within_s=60)
    problem = line([crew(0), crew(1)], [task(0, 0), task(1, 30)], links=(both,))

    plan = arranged(problem, {A: [task_id(0)], B: [task_id(1)]})
    assert rules(problem, plan) == set()
    assert plan.routes[0].visits[0].start_at == at(29)  # it waits for the other, who is far

    tighter = replace(problem, links=(replace(both, within_s=59),))
    assert rules(tighter, plan) == {Rule.TOGETHER}
    assert of(problem, [0, 1], []) == {Rule.TOGETHER}


def test_every_second_has_its_price() -> None:
    window = (Window(at(0), at(480), at(30), at(40), 100, 3000),)
    problem = line(
        [crew(0, shift=(0, 60), overtime_s=HOUR)],
        [task(0, 50, windows=window, minutes=20), task(1, 0, priority=5)],
        weights=Weights(50, 2000, (5, 4, 3, 2, 1)),
        move_tax_s=0,
    )

    plan = arranged(problem, {A: [task_id(0)]})

    # 50 min of road and of delay, 10 min after the wish, 10 min after the shift, one left out.
    assert plan.cost == 3000 + 150 + 1800 + 1200 + 1
    assert rules(problem, plan) == set()
    assert rules(problem, replace(plan, cost=plan.cost + 1)) == {Rule.COST}
