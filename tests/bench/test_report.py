"""Reports: goals are judged by their figures, and a figure nobody measured meets none."""

import pytest

from bench.report import Report, median, percentile


def test_a_goal_is_met_by_its_figure() -> None:
    report = Report("x", {"ratio": 0.93, "lost": 0}, goals={"ratio": ">= 0.9", "lost": "== 0"})

    told = report.as_json({"cores": 2})

    assert told["goals"]["ratio"] == {"goal": ">= 0.9", "value": 0.93, "met": True}
    assert told["ok"] is True


@pytest.mark.parametrize("figures", [{"ratio": 0.89}, {}])
def test_a_figure_too_low_or_missing_misses_its_goal(figures: dict[str, float]) -> None:
    report = Report("x", figures, goals={"ratio": ">= 0.9"})

    assert report.as_json({})["ok"] is False


def test_percentiles_weigh_their_values() -> None:
    assert percentile([(1.0, 98.0), (50.0, 1.0), (90.0, 1.0)], 0.5) == 1.0
    assert percentile([(1.0, 98.0), (50.0, 1.0), (90.0, 1.0)], 0.99) == 50.0
    assert median([3.0, 1.0, 2.0]) == 2.0
