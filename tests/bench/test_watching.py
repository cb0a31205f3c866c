"""How old a fix was when a map showed it."""

from datetime import UTC, datetime, timedelta

import pytest

from bench.watching import ages_in_frames

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def ms(count: float) -> datetime:
    return AT + timedelta(milliseconds=count)


def test_a_fix_waits_for_the_frame_that_shows_it_or_a_newer_one() -> None:
    observed = [("a", ms(0)), ("a", ms(100)), ("a", ms(600)), ("b", ms(50))]
    shown = [("a", ms(100), ms(500)), ("b", ms(50), ms(500)), ("a", ms(600), ms(1000))]

    ages, uncovered = ages_in_frames(observed, shown)

    assert ages == pytest.approx([0.5, 0.4, 0.4, 0.45])
    assert uncovered == 0


def test_what_no_frame_covers_is_counted_and_has_no_age() -> None:
    assert ages_in_frames([("a", ms(0)), ("a", ms(9))], [("a", ms(0), ms(500))]) == ([0.5], 1)
    assert ages_in_frames([("a", ms(0))], [("b", ms(5), ms(500))]) == ([], 1)


def test_a_row_s_age_is_told_in_whole_milliseconds() -> None:
    assert ages_in_frames([("a", ms(0.7))], [("a", ms(0), ms(500))])[1] == 0
