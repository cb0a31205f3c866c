"""Hours follow from declarations alone, and nothing that is missing is guessed."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fieldops.model import new_id
from proof.attendance.timeline import Declaration, Timeline, by_day, timeline
from proof.attendance.verdicts import Limits, day_flags, judge

LIMITS = Limits(300, 100, 50, 39_600, 36_000, 46_800, 21_600, 1_200)
SITE, OTHER = new_id(), new_id()


def said(kind: str, clock: str, *, day: int = 14, **more: Any) -> Declaration:
    """Return a declaration of July 2026 at a clock time of Paris (two hours ahead of UTC)."""
    hour, minute = map(int, clock.split(":"))
    at = datetime(2026, 7, day, tzinfo=UTC) + timedelta(hours=hour - 2, minutes=minute)
    fields: dict[str, Any] = {
        "source": "roll_call",
        "site": SITE,
        "tz": "Europe/Paris",
        "received_at": at,
    }
    return Declaration(new_id(), kind, at=at, **fields | {"received_at": at} | more)  # type: ignore[arg-type]


def made(*declarations: Declaration) -> Timeline:
    return timeline(declarations, LIMITS.span_most_s)


def codes(declarations: list[Declaration], of: Declaration, **limits: Any) -> list[str]:
    verdict = judge(declarations, LIMITS)[of.id]
    return [reason.code for reason in verdict.reasons]


def test_a_day_with_a_break_is_one_interval_less_the_break() -> None:
    day = made(
        said("in", "08:00"), said("break_start", "12:00"), said("break_end", "12:45"),
        said("out", "17:00"),
    )  # fmt: skip

    [interval] = day.intervals
    assert (interval.worked_s, interval.break_s) == (8.25 * 3600, 45 * 60)
    assert day.odd == {}


def test_the_order_of_arrival_does_not_matter() -> None:
    day = [
        said("in", "08:00"), said("break_start", "12:00"), said("break_end", "13:00"),
        said("out", "17:00"), said("in", "07:00", day=15), said("out", "11:00", day=15),
    ]  # fmt: skip
    expected = [i.worked_s for i in made(*day).intervals]

    for seed in range(20):
        mixed = random.Random(seed).sample(day, len(day))
        assert [i.worked_s for i in made(*mixed).intervals] == expected


def test_going_home_ends_the_break_one_forgot_to_end() -> None:
    [interval] = made(
        said("in", "08:00"), said("break_start", "16:00"), said("out", "17:00")
    ).intervals

    assert interval.worked_s == 8 * 3600


def test_a_missing_out_counts_no_hours_and_says_so() -> None:
    forgot = said("in", "08:00")
    next_day = said("in", "08:00", day=15)
    out = said("out", "12:00", day=15)

    day = made(forgot, next_day, out)

    assert [i.worked_s for i in day.intervals] == [0, 4 * 3600]
    assert [r.code for r in day.odd[forgot.id]] == ["missing_out"]
    assert [f.code for f in day_flags(day.intervals[:1], LIMITS)] == ["missing_out"]
    assert day_flags(day.intervals[:1], LIMITS, here=True) == []


def test_an_out_without_an_in_and_a_break_nobody_began_are_only_flagged() -> None:
    out, end, start = said("out", "12:00"), said("break_end", "12:10"), said("break_start", "9:00")

    day = made(out, end, start)

    assert day.intervals == []
    assert {k: [r.code for r in v] for k, v in day.odd.items()} == {
        out.id: ["out_without_in"],
        end.id: ["break_not_begun"],
        start.id: ["break_outside_work"],
    }


def test_in_twice_is_one_interval_and_in_elsewhere_is_incoherent() -> None:
    first, again = said("in", "08:00"), said("in", "08:02")
    elsewhere = said("in", "10:00", site=OTHER)
    every = [first, again, elsewhere, said("out", "12:00", site=OTHER)]

    assert codes(every, again) == ["in_twice"]
    assert codes(every, elsewhere) == ["already_in"]
    assert judge(every, LIMITS)[elsewhere.id].word == "incoherent"
    assert judge(every, LIMITS)[again.id].word == "to_check"


def test_a_night_is_the_work_of_the_date_it_began_on() -> None:
    night = made(said("in", "21:00"), said("out", "05:00", day=15))

    assert {day: len(its) for day, its in by_day(night.intervals).items()} == {date(2026, 7, 14): 1}
    assert night.intervals[0].worked_s == 8 * 3600


def test_the_date_is_the_sites_and_not_greenwichs() -> None:
    late = said("in", "00:30", day=15)  # 22:30 UTC of the day before

    assert late.day == date(2026, 7, 15)


def test_a_correction_replaces_and_one_that_takes_back_leaves_nothing() -> None:
    wrong, out = said("in", "08:00"), said("out", "12:00")
    right = said("in", "09:00", source="correction", corrects=wrong.id)
    gone = said("in", "09:00", source="correction", corrects=right.id, void=True)

    assert [i.worked_s for i in made(wrong, out, right).intervals] == [3 * 3600]
    assert made(wrong, out, right, gone).intervals == []


def test_of_two_corrections_the_last_received_counts() -> None:
    wrong, out = said("in", "08:00"), said("out", "12:00")

    def fixed(clock: str, received: int) -> Declaration:
        at = datetime(2026, 7, 14, received, tzinfo=UTC)
        return said("in", clock, source="correction", corrects=wrong.id, received_at=at)

    first, second = fixed("09:00", 15), fixed("10:00", 16)

    assert [i.worked_s for i in made(wrong, out, second, first).intervals] == [2 * 3600]


def test_rest_and_long_days_are_noted_beside_what_shows_them() -> None:
    late_out = said("out", "22:30")
    every = [said("in", "10:00"), late_out, said("in", "08:00", day=15)]

    verdicts = judge(every, LIMITS)

    [long_day] = verdicts[late_out.id].reasons
    assert (long_day.code, long_day.params) == ("day_long", {"worked_s": 45_000, "most_s": 36_000})
    [rest] = verdicts[every[2].id].reasons
    assert (rest.code, rest.params) == ("rest_short", {"rest_s": 34_200, "least_s": 39_600})


def test_two_spells_of_one_day_are_no_short_rest() -> None:
    again = said("in", "14:00")
    every = [said("in", "08:00"), said("out", "12:00"), again, said("out", "18:00")]

    assert codes(every, again) == []
    assert day_flags(made(*every).intervals, LIMITS) == []


def test_six_hours_without_a_break_are_flagged() -> None:
    straight = made(said("in", "08:00"), said("out", "14:30")).intervals

    assert [f.code for f in day_flags(straight, LIMITS)] == ["break_short"]


def placed(**more: Any) -> tuple[str, list[str]]:
    fields: dict[str, Any] = {
        "source": "self", "located": True, "accuracy_m": 10.0, "fenced": True, "distance_m": 0.0,
    }  # fmt: skip
    each = said("in", "08:00", **fields | more)
    verdict = judge([each], LIMITS)[each.id]
    return verdict.word, [reason.code for reason in verdict.reasons]


def test_the_place_is_judged_as_surely_as_the_position_is_known() -> None:
    assert placed() == ("conform", [])
    assert placed(distance_m=40.0) == ("conform", [])
    assert placed(distance_m=65.0) == ("to_check", ["near_fence"])
    assert placed(distance_m=400.0) == ("incoherent", ["outside_fence"])
    assert placed(distance_m=400.0, accuracy_m=300.0) == (
        "to_check",
        ["accuracy_poor", "near_fence"],
    )
    assert placed(accuracy_m=None) == ("to_check", ["accuracy_unknown"])
    assert placed(mock=True) == ("incoherent", ["mock"])
    assert placed(fenced=False, distance_m=None) == ("to_check", ["no_fence"])
    assert placed(site=None, fenced=False, distance_m=None) == ("to_check", ["no_site"])
    assert placed(located=False) == ("to_check", ["no_position"])


def test_who_calls_the_roll_vouches_for_the_place() -> None:
    assert placed(source="roll_call", located=False, fenced=False, distance_m=None) == (
        "conform",
        [],
    )


def test_a_clock_is_judged_by_its_own_error_and_not_by_the_delay() -> None:
    assert placed(clock_s=-301.0)[1] == ["clock_skew"]
    assert placed(clock_s=300.0)[1] == []
    assert placed(clock_s=None)[1] == []


def test_presence_settles_a_doubt_and_never_a_contradiction() -> None:
    assert placed(located=False, supported=True) == ("conform", ["presence_supports"])
    assert placed(distance_m=400.0, supported=True)[0] == "incoherent"


def test_a_worker_who_corrects_himself_is_looked_at() -> None:
    wrong = said("in", "08:00")
    own = said("in", "09:00", source="correction", corrects=wrong.id, by_worker=True)
    chef = said("in", "09:30", source="correction", corrects=own.id)

    assert codes([wrong, own], own) == ["corrected_by_worker"]
    assert codes([wrong, own, chef], chef) == []
    assert set(judge([wrong, own, chef], LIMITS)) == {chef.id}
