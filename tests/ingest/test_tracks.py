from datetime import UTC, datetime, timedelta
from uuid import UUID

from fieldops.model import Fix, Flag
from ingest.tracks import Tracks

DEVICE = UUID(int=1)
START = datetime(2026, 11, 22, 8, tzinfo=UTC)
KM_NORTH = 0.008_993  # degrees of latitude in a kilometre


def fix(second: float, km: float, flags: Flag = Flag.NONE) -> Fix:
    at = START + timedelta(seconds=second)
    return Fix(DEVICE, at, at, 4.8357, 45.764 + km * KM_NORTH, flags=flags)


def implausible(fixes: list[Fix]) -> list[bool]:
    return [bool(f.flags & Flag.IMPLAUSIBLE_SPEED) for f in fixes]


def test_a_line_that_needs_more_than_70_metres_a_second_is_flagged() -> None:
    assert implausible(Tracks({}).judge([fix(0, 0), fix(10, 0.69), fix(20, 1.41)])) == [
        False,
        False,
        True,
    ]


def test_the_previous_fix_may_be_one_committed_before() -> None:
    tracks = Tracks({})

    tracks.advance([fix(0, 0)])

    assert implausible(tracks.judge([fix(10, 1)])) == [True]


def test_judging_alone_moves_nothing_so_a_batch_may_be_judged_again() -> None:
    tracks = Tracks({})

    once = tracks.judge([fix(0, 0), fix(10, 1)])

    assert tracks.judge([fix(0, 0), fix(10, 1)]) == once


def test_a_fix_older_than_the_newest_is_compared_with_its_batch_only() -> None:
    tracks = Tracks({})
    tracks.advance([fix(100, 50)])

    assert implausible(tracks.judge([fix(10, 0), fix(20, 1), fix(110, 50.1)])) == [
        False,
        True,
        False,
    ]


def test_a_fix_of_untrusted_time_is_neither_judged_nor_a_neighbour() -> None:
    tracks = Tracks({})
    tracks.advance([fix(0, 0), fix(9_999, 300, Flag.FUTURE)])

    assert implausible(tracks.judge([fix(10, 0.1), fix(10_000, 400, Flag.FUTURE)])) == [
        False,
        False,
    ]
