from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.checker import violations
from dispatch.engine.greedy import solve
from dispatch.engine.timeline import numbers, plan_of, schedule
from dispatch.problem import (
    Break,
    CrewStart,
    Order,
    Problem,
    Together,
    statutory_breaks,
    with_room,
)
from tests.dispatch.cases import accepted, at, crew, line, started, task, task_id


def test_a_day_of_nine_hours_has_one_break_with_at_most_six_hours_on_either_side() -> None:
    (only,) = statutory_breaks(at(0), at(9 * 60))

    assert (only.earliest_at, only.latest_at) == (at(9 * 60 - 6 * 60 - 20), at(6 * 60))
    assert only.length_s == 20 * 60


def test_a_day_of_six_hours_has_none() -> None:
    assert statutory_breaks(at(0), at(6 * 60)) == ()


@given(st.integers(0, 2000), st.integers(60, 400), st.integers(5, 60), st.data())
def test_wherever_the_breaks_are_put_no_stretch_of_work_is_too_long(
    minutes: int, after: int, length: int, data: st.DataObject
) -> None:
    breaks = statutory_breaks(at(0), at(minutes), after_s=after * 60, length_s=length * 60)

    free_at = at(0)
    for rule in breaks:
        room_s = int((rule.latest_at - rule.earliest_at).total_seconds())
        start = rule.earliest_at + timedelta(seconds=data.draw(st.integers(0, room_s)))
        assert start - free_at <= timedelta(minutes=after)
        free_at = start + timedelta(seconds=rule.length_s)
    assert at(minutes) - free_at <= timedelta(minutes=after)
    # Not one too many: without the last, the day would be too long.
    assert not breaks or minutes > after + (len(breaks) - 1) * (after + length)


def promised(
    *windows: tuple[float, float, int],
    breaks: list[tuple[float, float]],
    shift: tuple[float, float] = (0, 480),
) -> Problem:
    """A crew that promised work (from, to, minutes), with breaks of 20 min (earliest, latest)."""
    rules = tuple(Break(at(a), at(b)) for a, b in breaks)
    locked = tuple(accepted(n) for n in range(len(windows)))
    tasks = [task(n, 0, (a, b), minutes=m) for n, (a, b, m) in enumerate(windows)]
    return line([crew(0, locked=locked, breaks=rules, shift=shift)], tasks)


@pytest.mark.parametrize(
    ("windows", "breaks", "latest"),
    [
        ([(60, 60, 60)], [(0, 240)], [240]),  # before it
        ([(60, 60, 60)], [(70, 130)], [130]),  # after it
        ([(60, 60, 60)], [(70, 110)], [120]),  # neither: right after it
        ([(60, 60, 60)], [(50, 110)], [110]),  # before it, which makes it late by less than a break
        ([(60, 60, 60)], [(60, 80)], [80]),  # on the spot
        ([(60, 60, 60), (120, 120, 60)], [(70, 110)], [120]),  # between them, the second is late
        # The first pushes the work into the second.
        ([(60, 60, 60), (125, 400, 60)], [(50, 110), (120, 122)], [110, 130]),
    ],
)
def test_a_break_comes_later_only_where_promised_work_leaves_no_room(
    windows: list[tuple[float, float, int]],
    breaks: list[tuple[float, float]],
    latest: list[float],
) -> None:
    problem = with_room(promised(*windows, breaks=breaks))

    assert [rule.latest_at for rule in problem.crews[0].breaks] == [at(m) for m in latest]
    plan = solve(problem, seconds=1.0)
    assert len(plan.routes[0].visits) == len(windows)
    assert violations(problem, plan) == ()


def test_a_break_comes_later_rather_than_the_day_gets_too_long() -> None:
    tight = promised((330, 700, 35), (0, 700, 355), breaks=[(340, 360)], shift=(0, 720))

    problem = with_room(tight)

    assert problem.crews[0].breaks[0].latest_at == at(365)
    assert violations(problem, solve(problem, seconds=1.0)) == ()


def test_a_break_taken_in_the_work_at_hand_stays_taken() -> None:
    tight = promised((0, 480, 30), breaks=[(0, 30)])
    free = CrewStart(0.0, 0.0, "current_task", at(60))
    at_work = replace(tight.crews[0], start=free, locked=(started(1, -30, 60), accepted(0)))
    problem = line([at_work], [*tight.tasks, task(1, 0)])

    assert with_room(problem).crews == problem.crews


def test_a_visit_that_begins_a_moment_after_a_break_may_does_not_cover_it() -> None:
    a_moment = timedelta(milliseconds=400)
    tight = promised((60, 60, 60), breaks=[(60, 80)])
    rule = Break(at(60) - a_moment, at(80))
    problem = with_room(replace(tight, crews=(replace(tight.crews[0], breaks=(rule,)),)))

    plan = solve(problem, seconds=1.0)

    assert violations(problem, plan) == ()
    assert len(plan.routes[0].breaks) == 1


def test_a_visit_does_not_wait_to_cover_a_break_where_that_makes_a_partner_late() -> None:
    early = crew(0, breaks=(Break(at(30), at(30)),))
    late = crew(1, shift=(0, 120), breaks=(Break(at(80), at(80)),))
    work = [task(0, 0, minutes=10), task(1, 40, minutes=40), task(2, 40, minutes=10)]
    links = (
        Together((task_id(0), task_id(2)), within_s=0),
        Order(task_id(1), task_id(0), least_s=15 * 60),
    )
    problem = line([early, late], work, links=links)
    view = numbers(problem)

    lines = schedule(view, [(0,), (1, 2)])

    assert lines is not None
    assert violations(problem, plan_of(problem, view, lines, "by hand", 0.0)) == ()
