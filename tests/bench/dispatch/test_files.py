from dataclasses import replace
from pathlib import Path

import pytest

from bench.dispatch.files.field_day import field_day_case, read_field_day
from bench.dispatch.files.site_dependent import read_site_dependent, read_solution
from bench.dispatch.files.solomon import parsed, solomon_case
from bench.dispatch.judge import judge
from bench.dispatch.samples import made_field_day, made_solomon
from fieldops.errors import BadInput


def test_best_known_routes_cost_what_their_file_says(shared_data: Path) -> None:
    folder = shared_data / "vrp" / "site_dependent"
    for name in ("PR01", "PR11B"):
        case = read_site_dependent(folder / f"{name}.vrp")
        routes, cost = read_solution(folder / f"{name}.sol", case.size[1])

        verdict = judge(case, routes)

        assert verdict.faults == ()
        assert verdict.cost == pytest.approx(cost)


def test_the_judge_sees_late_starts_double_visits_and_what_is_left_out() -> None:
    case = solomon_case(parsed(made_solomon(1), "made"), None)
    n, k = case.size
    alone = [[task] if task < n else [] for task in range(k)]
    assert judge(case, alone).faults == ()

    late = replace(case, closes=case.opens * 0)
    assert "after" in judge(late, alone).faults[0]
    assert judge(case, [[0], [0], *alone[2:]]).faults == ("task 0 visited 2 times",)
    assert judge(case, [[], *alone[1:]]).faults == ("task 0 left out",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.txt: empty"),
        ("R1\n25 200\n", "0 nodes"),
        ("R1\n25 200\n0 1 1 0 0 9 0\n1 1 1 0 0 9\n", "line 4: 6 numbers"),
        ("R1\n25 200\n0 1 1 0 0 9 0\n1 1 1 0 9 0 0\n", "line 4: a window"),
    ],
)
def test_a_broken_solomon_file_is_named(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parsed(text, "x.txt")


def test_a_broken_field_day_is_named(tmp_path: Path) -> None:
    path = tmp_path / "day.json"
    path.write_text('{"crews": []}')
    with pytest.raises(BadInput, match=r"day.json has no travel_s, tasks"):
        read_field_day(path)
    path.write_text("nothing")
    with pytest.raises(BadInput, match=r"day.json is not JSON"):
        read_field_day(path)

    told = made_field_day(2, 3, 1)
    told["tasks"][0]["place"] = 99
    with pytest.raises(ValueError, match="a place outside 0 to 5"):
        field_day_case(told, "made")


def test_a_broken_site_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.vrp"
    path.write_text("DIMENSION: 3\nVEHICLES: 1\nDEMAND_SECTION\n1 0\n2 x\n")
    with pytest.raises(BadInput, match=r"a.vrp line 5"):
        read_site_dependent(path)
    path.write_text("DIMENSION: 3\nVEHICLES: 1\n")
    with pytest.raises(BadInput, match=r"a.vrp has no NODE_COORD_SECTION"):
        read_site_dependent(path)
