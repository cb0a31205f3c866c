from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.problem import statutory_breaks
from tests.dispatch.cases import at


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
