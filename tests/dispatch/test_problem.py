import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from dispatch.problem import (
    Break,
    Code,
    Credential,
    CrewStart,
    LockedVisit,
    Member,
    Order,
    Permit,
    Reason,
    Requirement,
    SameCrew,
    Together,
    Weights,
    Window,
    as_json,
    estimated_problem,
)
from fieldops.errors import BadInput
from tests.dispatch.cases import NOW, accepted, at, crew, crew_id, line, started, task, task_id

WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "window": (lambda: task(1, 0, (60, 30)), "window of task .* ends at .*08:30"),
    "duration": (lambda: task(1, 0, minutes=-1), "lasts -60 s"),
    "priority": (lambda: task(1, 0, priority=6), "priority 6, outside 1 to 5"),
    "position": (lambda: task(1, 18_100), "position 181.0, 0.0 off the globe"),
    "naive time": (lambda: CrewStart(0, 0, "depot", datetime(2026, 3, 2)), "not an instant in UTC"),  # noqa: DTZ001
    "shift": (lambda: crew(1, shift=(60, 0)), "shift of crew .* ends at"),
    "members": (lambda: crew(1, members=0), "0 members, at least 1"),
    "half an end": (lambda: replace(crew(1), end_lon=4.8), "half a position"),
    "two crews": (lambda: line([crew(1), crew(1)], []), "crew .* appears twice"),
    "two tasks": (lambda: line([], [task(1, 0), task(1, 0)]), "task .* appears twice"),
    "unknown lock": (lambda: line([crew(1, locked=(accepted(9),))], []), "unknown task"),
    "two locks": (
        lambda: line([crew(c, locked=(accepted(1),)) for c in (1, 2)], [task(1, 0)]),
        "locked task .* appears twice",
    ),
    "lock and pin": (
        lambda: line([crew(1, locked=(accepted(1),))], [task(1, 0, pinned_crew=crew_id(2))]),
        "locked to crew .* pinned to",
    ),
    "started without times": (lambda: LockedVisit(task_id(1), "started"), "no start or no end"),
    "free while at work": (lambda: crew(1, locked=(started(1, -30, 30),)), "at work until"),
    "accepted before started": (
        lambda: crew(1, source="current_task", free=9, locked=(accepted(2), started(1, -9, 9))),
        "accepted before work started",
    ),
    "matrix": (
        lambda: replace(line([crew(1)], []), travel=np.zeros((1, 1), np.int64)),
        "is not 2 x 2",
    ),
    "move tax": (lambda: line([], [], move_tax_s=-1), "move tax -1 s outside 0 to 50000"),
    "windows overlap": (
        lambda: task(1, 0, windows=(Window(at(0), at(30)), Window(at(30), at(60)))),
        "a window starts at .*08:30.*, not after",
    ),
    "window outside": (
        lambda: task(1, 0, (0, 60), windows=(Window(at(30), at(90)),)),
        "window .* lies outside",
    ),
    "soft outside": (lambda: Window(at(0), at(30), soft_end=at(31)), "soft window .* lies outside"),
    "permit without start": (lambda: Permit("DICT", None, at(9)), "permit DICT ends .* never"),
    "set-up": (lambda: task(1, 0, setup_s=-1), "is set up in -1 s"),
    "crew size": (lambda: task(1, 0, min_crew=0), "crew size .* 0 outside 1 to 100"),
    "demand": (lambda: task(1, 0, demand=-1), "demand .* -1 below 0"),
    "no such symbol": (lambda: Credential("electrical", "B0V"), "'B0V' is none of NF C 18-510"),
    "no members": (lambda: Requirement("aipr", "operator", 0), "0 outside 1 to 100"),
    "credential": (
        lambda: Credential("aipr", "", at(9), at(8)),
        "credential aipr ends at .*08:08.*, before",
    ),
    "member twice": (lambda: crew(1, people=(Member(task_id(1)),) * 2), "member .* appears twice"),
    "overtime": (lambda: crew(1, overtime_s=-1), "overtime in s of crew .* -1 outside"),
    "shift before": (lambda: crew(1, previous_end=at(1)), "shift before ends at .*after"),
    "shift after": (lambda: crew(1, next_start=at(479)), "next shift starts at .*before"),
    "break": (lambda: Break(at(5), at(4)), "window of a break ends at"),
    "break length": (lambda: Break(at(4), at(5), 0), "break length in s 0 outside 1 to 86400"),
    "break order": (
        lambda: crew(1, breaks=(Break(at(0), at(9)), Break(at(0), at(8)))),
        "breaks of crew .* not in order",
    ),
    "vehicle class": (lambda: line([crew(1, vehicle_class="van")], []), "'van', which has no"),
    "matrix of a class": (
        lambda: line([crew(1)], [], travel_by_class={"van": np.zeros((1, 1), np.int64)}),
        "of class van of shape .* is not 2 x 2",
    ),
    "link to itself": (lambda: Order(task_id(1), task_id(1)), "comes after itself"),
    "lag": (lambda: Order(task_id(1), task_id(2), 60, 59), "at most 59 s and at least 60 s"),
    "link to nothing": (
        lambda: line([], [task(1, 0)], links=(Order(task_id(1), task_id(2)),)),
        "Order link to unknown task",
    ),
    "a ring of orders": (
        lambda: line(
            [],
            [task(i, 0) for i in range(3)],
            links=tuple(Order(task_id(i), task_id((i + 1) % 3)) for i in range(3)),
        ),
        "comes after itself",
    ),
    "together alone": (lambda: Together((task_id(1),)), "together of 1 tasks, at least 2"),
    "same crew twice": (lambda: SameCrew((task_id(1),) * 2), "task in same crew .* twice"),
    "weight": (lambda: Weights(-1), "weight sooner_permille -1 outside"),
    "costs": (lambda: Weights(unassigned_s=(1, 2)), "2 costs of unassigned"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_with_its_limit(name: str) -> None:
    build, message = WRONG[name]

    with pytest.raises(BadInput, match=message):
        build()


def test_an_estimated_problem_has_a_place_for_each_task_start_and_end() -> None:
    problem = estimated_problem(NOW, [crew(1, x=0, end=10)], [task(1, 10)], speed_mps=10.0)

    # 0.1 degree: 11,119.5 m x 1.4 / 10 m/s
    assert problem.travel.tolist() == [[0, 1557, 0], [1557, 0, 1557], [0, 1557, 0]]
    assert (problem.start_place(0), problem.end_place(0)) == (1, 2)


def test_a_problem_without_anything_is_a_problem() -> None:
    assert estimated_problem(NOW, [], []).travel.shape == (0, 0)


def test_reasons_become_plain_json() -> None:
    reason = Reason(Code.SHIFT, crew_id(1), {"over_s": 60, "at": [str(at(1))]})

    text = json.dumps(as_json((reason, NOW, frozenset({"b", "a"}))))

    assert json.loads(text) == [
        {
            "code": "SHIFT",
            "crew_id": "00000000-0000-0000-0000-0000000003e9",
            "params": {"over_s": 60, "at": ["2026-03-02 08:01:00+00:00"]},
        },
        "2026-03-02T08:00:00+00:00",
        ["a", "b"],
    ]


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        as_json(object())
