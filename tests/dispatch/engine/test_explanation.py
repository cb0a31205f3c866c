import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings

from dispatch.checker import violations
from dispatch.engine.explanation import candidates, why_assigned, why_unassigned
from dispatch.engine.routing import solve
from dispatch.problem import (
    Code,
    Credential,
    Crew,
    Json,
    KeepOrder,
    Member,
    Order,
    Permit,
    Plan,
    Problem,
    Reason,
    Requirement,
    SameCrew,
    Task,
    Visit,
    as_json,
)
from tests.dispatch.cases import (
    accepted,
    at,
    crew,
    crew_id,
    line,
    orders_of,
    planned,
    problems,
    started,
    task,
    task_id,
)

A, B, C = crew_id(0), crew_id(1), crew_id(2)
FIRST = task_id(0)


def reasons(problem: Problem, orders: dict[UUID, list[UUID]] | None = None) -> tuple[Reason, ...]:
    first = problem.tasks[0]
    return why_unassigned(problem, planned(problem, orders or {}), [first])[first.id].reasons


def test_each_obstacle_has_its_code_and_its_measure() -> None:
    minute = 60
    cases: list[tuple[Crew, Task, Code, dict[str, Json]]] = [
        (crew(0), task(0, 0, skills=["fibre"]), Code.SKILL, {"missing": ["fibre"]}),
        (crew(0), task(0, 0, forbidden_crews=[A]), Code.DECLINED, {}),
        (crew(0), task(0, 0, pinned_crew=B), Code.LOCKED, {"pinned_crew": str(B)}),
        (
            crew(0),
            task(0, 5, (-60, -10)),
            Code.WINDOW,
            {"late_s": 15 * minute, "travel_s": 5 * minute},
        ),
        (
            crew(0),
            task(0, 30, (0, 20)),
            Code.DISTANCE,
            {"late_s": 10 * minute, "travel_s": 30 * minute},
        ),
        (
            crew(0, shift=(60, 120)),
            task(0, 5, (0, 20)),
            Code.SHIFT,
            {"late_s": 45 * minute, "travel_s": 5 * minute},
        ),
        (
            crew(0, shift=(0, 60), end=0),
            task(0, 20),
            Code.SHIFT,
            {"over_s": 10 * minute, "way_back_s": 20 * minute},
        ),
        (
            crew(0, shift=(0, 120), end=30, max_route_s=30 * minute),
            task(0, 0, (80, 480), minutes=10),
            Code.SHIFT,
            {"over_s": 10 * minute, "way_back_s": 30 * minute},
        ),
    ]
    for crew_, task_, code, params in cases:
        assert reasons(line([crew_], [task_])) == (Reason(code, A, params),)


def test_what_holds_all_through_the_windows_is_not_named() -> None:
    valid, over = Permit("DICT", at(-60)), Permit("lockout", at(-60), at(-10))
    held, asked = Credential("caces", "B1"), (Requirement("caces", "B1"), Requirement("aipr"))
    members = tuple(Member(UUID(int=n), frozenset(["cable"]), (held,)) for n in (1, 2))
    needs = task(0, 0, skills=["cable", "fibre"], permits=(valid, over), credentials=asked)

    found = reasons(line([crew(0, people=members)], [needs]))

    assert [reason.code for reason in found] == [Code.SKILL, Code.CREDENTIAL, Code.PERMIT]
    assert found[0].params == {"missing": ["fibre"]}
    assert found[1].params["type"] == "aipr"
    assert found[2].params["kind"] == "lockout"


def test_people_are_counted_from_when_the_crew_can_be_there() -> None:
    """Two are there for the work if it began at once, and it begins after the drive."""
    until_one = tuple(Member(UUID(int=n), present_until=at(60)) for n in (1, 2))

    found = reasons(line([crew(0, people=until_one)], [task(0, 20, minutes=60, min_crew=1)]))

    assert found == (Reason(Code.CREW_SIZE, A, {"needed": 1, "present": 0}),)


def test_people_are_counted_with_every_other_rule_kept() -> None:
    """Were the crew rested its one member would be there; it is not, and then he is gone."""
    until_one = (Member(UUID(int=1), present_until=at(60)),)
    rested = crew(0, people=until_one, previous_end=at(-60), rest_s=180 * 60)

    found = reasons(line([rested], [task(0, 0, minutes=60, min_crew=1)]))

    assert {reason.code for reason in found} == {Code.CREW_SIZE, Code.REST}
    assert found[0].params == {"needed": 1, "present": 0}


def test_a_day_without_promises_is_no_longer_than_the_crew_may_drive() -> None:
    held = crew(0, locked=(accepted(1),), max_route_s=1800)

    hour = [task(0, 0, (0, 10), minutes=60), task(1, 0, (0, 0))]

    found = reasons(line([held], hour), {A: [task_id(1)]})

    assert found
    assert Code.LOCKED not in {reason.code for reason in found}


def test_of_two_links_only_the_one_that_stands_in_the_way_is_named() -> None:
    first, then, other = task_id(1), task_id(0), task_id(2)
    # 0 must be done within a minute of 1, which B does far away; with 2 it only has to keep order.
    links = (Order(first, then, most_s=0), KeepOrder((other, then)))
    work = [task(0, 0, (60, 90)), task(1, 100, (0, 20)), task(2, 0, (0, 20))]
    problem = line([crew(0), crew(1, x=100)], work, links=links)

    found = reasons(problem, {A: [other], B: [first]})

    assert [(r.code, r.params) for r in found if r.crew_id == A] == [
        (Code.ORDER, {"with": [str(first)]})
    ]


def test_a_kind_of_link_that_would_let_nothing_in_is_not_named() -> None:
    first, then, other = task_id(1), task_id(0), task_id(2)
    links = (Order(first, then, most_s=0), SameCrew((other, then)))
    work = [task(0, 0, (60, 90)), task(1, 100, (0, 20)), task(2, 0, (0, 20))]
    problem = line([crew(0), crew(1, x=100)], work, links=links)

    found = reasons(problem, {A: [other], B: [first]})

    assert [r.code for r in found if r.crew_id == A] == [Code.ORDER]


def test_work_in_hand_and_promises_are_told_apart_from_what_is_only_planned() -> None:
    busy = crew(0, source="current_task", free=60, locked=(started(1, -10, 60),))
    promised = crew(0, locked=(accepted(1),))
    work = [task(0, 0, (0, 20)), task(1, 0, (0, 20))]

    locked = (Reason(Code.LOCKED, A, {"busy_with": [str(task_id(1))]}),)
    assert reasons(line([busy], work)) == locked
    assert reasons(line([promised], work)) == locked
    assert reasons(line([crew(0)], work), {A: [task_id(1)]}) == (
        Reason(Code.PRIORITY, A, {"displaced_by": [{"task_id": str(task_id(1)), "priority": 3}]}),
    )


def test_only_the_visits_that_really_stand_in_the_way_are_named() -> None:
    problem = line([crew(0)], [task(0, 5, (0, 20)), task(1, 5, (0, 20)), task(2, 5, (300, 400))])

    (reason,) = reasons(problem, {A: [task_id(1), task_id(2)]})

    assert reason.params == {"displaced_by": [{"task_id": str(task_id(1)), "priority": 3}]}


def test_no_crew_at_all_is_a_reason_too() -> None:
    assert reasons(line([], [task(0, 0)])) == (Reason(Code.NO_CREW, None, {}),)


def test_candidates_come_cheapest_first_and_the_refused_say_why() -> None:
    problem = line(
        [crew(0, x=50), crew(1), crew(2, x=10)],
        [task(0, 15, skills=[]), task(1, 20, (0, 20)), task(2, 5, minutes=20)],
    )
    problem = replace(
        problem,
        tasks=(replace(problem.tasks[0], forbidden_crews=frozenset({A})), *problem.tasks[1:]),
    )
    plan = planned(problem, {B: [task_id(2)], C: [task_id(1)]})

    first, second, refused = candidates(problem, plan, problem.tasks[0])

    # C passes by after its visit at 20: 10 + 30 + 5 min; B goes on from 5: 5 + 20 + 10 min.
    assert (first.crew_id, first.eta_at, first.position, first.added_travel_s) == (
        C,
        at(45),
        1,
        300,
    )
    assert (second.crew_id, second.eta_at, second.start_at) == (B, at(35), at(35))
    assert (second.end_at, second.travel_s, second.added_travel_s) == (at(65), 600, 600)
    assert (refused.crew_id, refused.feasible, refused.eta_at) == (A, False, None)
    assert refused.reasons == (Reason(Code.DECLINED, A, {}),)
    assert json.loads(json.dumps(as_json(first)))["eta_at"] == "2026-03-02T08:45:00+00:00"


def test_a_planned_task_is_judged_as_if_it_were_free() -> None:
    problem = line([crew(0), crew(1, x=30)], [task(0, 10), task(1, 12)], move_tax_s=0)
    plan = planned(problem, {A: [task_id(0), task_id(1)]})

    own, other = candidates(problem, plan, problem.tasks[0])

    # 0 lies on A's way to 1: it adds nothing, whichever place in the route it has before.
    assert (own.crew_id, own.added_travel_s, own.position) == (A, 0, 0)
    assert (other.crew_id, other.added_travel_s) == (B, 20 * 60)
    assert why_assigned(problem, plan, {FIRST: A})[FIRST] == {
        "crew_id": str(A),
        "start_source": "depot",
        "travel_s": 600,
        "added_travel_s": 0,
        "rank": 1,
        "able": 2,
        "alternatives": [
            {
                "crew_id": str(B),
                "eta_at": "2026-03-02T08:20:00+00:00",
                "added_travel_s": 1200,
            }
        ],
        "refused": {},
    }


def test_promised_work_has_no_candidates() -> None:
    problem = line([crew(0, locked=(accepted(0),)), crew(1)], [task(0, 10)])

    assert candidates(problem, planned(problem, {A: [FIRST]}), problem.tasks[0]) == ()


@settings(max_examples=30, deadline=None)
@given(problems())
def test_a_candidate_can_do_what_it_says_and_the_checker_agrees(problem: Problem) -> None:
    plan = solve(problem, seconds=0.5)
    orders = orders_of(plan)

    for task_ in problem.tasks:
        for candidate in candidates(problem, plan, task_):
            assert candidate.feasible == (not candidate.reasons)
            if candidate.position is None:
                continue
            moved = {c: [i for i in ids if i != task_.id] for c, ids in orders.items()}
            moved[candidate.crew_id].insert(candidate.position, task_.id)
            other = planned(problem, moved)
            assert violations(problem, other) == ()
            visit = _route(other, candidate.crew_id)[candidate.position]
            assert (visit.arrival_at, visit.start_at) == (candidate.eta_at, candidate.start_at)


@settings(max_examples=30, deadline=None)
@given(problems())
def test_a_reason_that_is_lifted_no_longer_holds(problem: Problem) -> None:
    plan = solve(problem, seconds=0.5)

    for item in plan.unassigned:
        task_ = next(task for task in problem.tasks if task.id == item.task_id)
        for reason, alone in _with_company(item.reasons):
            eased_problem, eased_plan, eased_task = _lifted(problem, plan, task_, reason)
            after = [
                r
                for r in why_unassigned(eased_problem, eased_plan, [eased_task])[
                    eased_task.id
                ].reasons
                if r.crew_id == reason.crew_id
            ]
            assert reason not in after
            if alone and reason.code in (Code.SKILL, Code.DECLINED, Code.PRIORITY):
                assert after == []


def _with_company(reasons: tuple[Reason, ...]) -> Iterator[tuple[Reason, bool]]:
    for reason in reasons:
        yield reason, sum(other.crew_id == reason.crew_id for other in reasons) == 1


def _lifted(
    problem: Problem, plan: Plan, task_: Task, reason: Reason
) -> tuple[Problem, Plan, Task]:
    """Undo exactly what the reason names."""
    number = next(i for i, crew in enumerate(problem.crews) if crew.id == reason.crew_id)
    crew_, eased, orders = problem.crews[number], task_, orders_of(plan)
    match reason.code, dict(reason.params):
        case Code.SKILL, {"missing": list(missing)}:
            crew_ = replace(crew_, skills=crew_.skills | {str(skill) for skill in missing})
        case Code.DECLINED, _:
            eased = replace(task_, forbidden_crews=task_.forbidden_crews - {crew_.id})
        case Code.LOCKED, {"pinned_crew": _}:
            eased = replace(task_, pinned_crew=None)
        case Code.LOCKED, {"busy_with": list()}:
            free = replace(crew_.start, free_at=problem.now)
            crew_, orders[crew_.id] = replace(crew_, locked=(), start=free), []
        case Code.PRIORITY, {"displaced_by": list(visits)}:
            others = {visit["task_id"] for visit in visits if isinstance(visit, dict)}
            orders[crew_.id] = [i for i in orders[crew_.id] if str(i) not in others]
        case _, {"late_s": int(late)}:
            eased = replace(task_, window_end=task_.window_end + timedelta(seconds=late))
        case _, {"over_s": int(over)}:
            crew_ = replace(crew_, shift_end=crew_.shift_end + timedelta(seconds=over))
    crews = tuple(crew_ if i == number else other for i, other in enumerate(problem.crews))
    tasks = tuple(eased if other is task_ else other for other in problem.tasks)
    changed = replace(problem, crews=crews, tasks=tasks)
    return changed, planned(changed, orders), eased


def _route(plan: Plan, id_: UUID) -> tuple[Visit, ...]:
    return next(route.visits for route in plan.routes if route.crew_id == id_)
