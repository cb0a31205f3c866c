"""Schedules of tracking policies, without any service."""

from typing import Any

import pytest

from fieldops.errors import BadInput
from resources.policies import check_schedule

WORK = [["07:00", "12:00"], ["13:00", "17:00"]]


def week(monday: list[Any], tz: str = "Europe/Paris") -> dict[str, Any]:
    return {"tz": tz, "week": [monday, WORK, WORK, WORK, WORK, [], []]}


def test_a_week_of_two_halves_a_day_is_a_schedule() -> None:
    check_schedule(week([["00:00", "12:00"], ["12:00", "24:00"]]))


@pytest.mark.parametrize(
    "monday",
    [
        [["12:00", "07:00"]],
        [["07:00", "07:00"]],
        [["13:00", "17:00"], ["07:00", "12:00"]],
        [["07:00", "12:00"], ["11:00", "17:00"]],
    ],
)
def test_ranges_that_are_empty_or_out_of_order_are_refused(monday: list[Any]) -> None:
    with pytest.raises(BadInput) as refused:
        check_schedule(week(monday))

    assert refused.value.problems[0].pointer == f"/schedule/week/0/{len(monday) - 1}"


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        check_schedule(week(WORK, "Lyon"))

    assert refused.value.code == "unknown_tz"
