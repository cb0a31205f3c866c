from hypothesis import given, settings

from dispatch.engine.timeline import Numbers, insertions, lay_out, numbers, repaired, schedule
from dispatch.problem import Problem, Together, Window
from tests.dispatch.cases import accepted, at, crew, crew_id, line, planned, problems, task, task_id


def test_a_visit_knows_its_earliest_and_its_latest_start() -> None:
    problem = line([crew(0, shift=(0, 120))], [task(0, 10), task(1, 20, (0, 60))])

    timeline = lay_out(numbers(problem), 0, (0, 1))

    assert timeline.start_s == (10 * 60, 50 * 60)
    # Visit 1 by 08:60, so visit 0 by 60 - 10 - 30 = 20; free at 120 at the latest.
    assert timeline.latest_s == (20 * 60, 60 * 60, 120 * 60)


@settings(max_examples=50, deadline=None)
@given(problems())
def test_a_place_is_offered_exactly_when_the_whole_route_still_holds(problem: Problem) -> None:
    view = numbers(problem)
    for timeline in repaired(problem, view, None):
        for task_ in view.movable:
            offered = {place.position: place for place in insertions(view, timeline, task_)}
            for position in range(len(timeline.tasks) + 1):
                tasks = timeline.tasks
                longer = lay_out(view, timeline.crew, (*tasks[:position], task_, *tasks[position:]))
                assert (position in offered) == longer.feasible()
                if position in offered:
                    place = offered[position]
                    assert place.added_travel_s == longer.travel_s - timeline.travel_s
                    assert place.start_s == longer.start_s[position]


def test_an_older_plan_keeps_what_the_problem_still_allows() -> None:
    before = line([crew(0), crew(1)], [task(i, i) for i in range(4)])
    old = planned(
        before, {crew_id(0): [task_id(2), task_id(0), task_id(1)], crew_id(1): [task_id(3)]}
    )
    after = line(
        [crew(0, locked=(accepted(1),)), crew(1)],
        [task(0, 0, forbidden_crews=[crew_id(0)]), task(1, 1), task(2, 2)],
    )
    view: Numbers = numbers(after)

    timelines = repaired(after, view, old)

    assert [timeline.tasks for timeline in timelines] == [(2, 1), ()]


def test_a_wish_gives_way_where_it_would_make_a_partner_late() -> None:
    wished = Window(at(0), at(480), at(160), at(320), early_permille=300)
    tasks = [task(0, 0, minutes=10, windows=(wished,)), task(1, 0, (0, 90), minutes=10)]
    pair = Together((task_id(0), task_id(1)))
    problem = line([crew(0), crew(1)], tasks, links=(pair,))

    lines = schedule(numbers(problem), [(0,), (1,)])

    assert lines is not None
    assert [one.start_s for one in lines] == [(0,), (0,)]
