from datetime import timedelta
from pathlib import Path

import pytest

from bench.dispatch.days import MORNING, made_day
from bench.dispatch.files.hhcrsp import read_hhcrsp
from bench.dispatch.live_day import opened_day
from dispatch.checker import violations
from dispatch.engine.instant.solving import repair, solve
from fieldops.errors import BadInput


def test_a_day_that_goes_wrong_can_always_be_planned_on() -> None:
    first = made_day(6, 50, 3)
    day = opened_day(first, solve(first, seconds=5, rounds=300), 3)

    for event in range(1, 31):
        now = MORNING + event * timedelta(minutes=13)
        day.happen(now)
        problem = day.problem(now)
        plan = repair(problem, seconds=5, previous=day.plan, rounds=30)

        assert violations(problem, plan) == (), event
        frozen = {v.task_id: c.id for c in problem.crews for v in c.locked if v.state == "frozen"}
        after = {v.task_id: route.crew_id for route in plan.routes for v in route.visits}
        assert frozen.items() <= after.items()
        day.plan = plan
    assert day.done


def test_a_broken_home_care_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"patients": [{}], "caregivers": [], "central_offices": [], "distances": []}')
    with pytest.raises(BadInput, match=r"a.json: KeyError 'time_window'"):
        read_hhcrsp(path)
    path.write_text("[]")
    with pytest.raises(BadInput, match="has no patients, caregivers"):
        read_hhcrsp(path)
