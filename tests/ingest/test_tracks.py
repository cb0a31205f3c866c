from collections.abc import Sequence
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


def implausible(fixes: Sequence[Fix]) -> list[bool]:
    return [bool(f.flags & Flag.IMPLAUSIBLE_SPEED) for f in fixes]


def test_a_line_that_needs_more_than_70_metres_a_second_is_flagged() -> None:
    assert implausible(Tracks({}).judge([fix(0, 0), fix(10, 0.69), fix(20, 1.41)]).fixes) == [
        False,
        False,
        True,
    ]


def test_the_previous_fix_may_be_one_committed_before() -> None:
    tracks = Tracks({})

    tracks.advance([fix(0, 0)])

    assert implausible(tracks.judge([fix(10, 1)]).fixes) == [True]


def test_judging_alone_moves_nothing_so_a_batch_may_be_judged_again() -> None:
    tracks = Tracks({})

    once = tracks.judge([fix(0, 0), fix(10, 1)])

    assert tracks.judge([fix(0, 0), fix(10, 1)]) == once


def test_a_fix_newer_than_its_device_is_judged_for_good() -> None:
    tracks = Tracks({})
    tracks.advance([fix(100, 50)])

    judged = tracks.judge([fix(110, 50.1), fix(120, 51)])

    assert implausible(judged.fixes) == [False, True]
    assert judged.unsure(judged.fixes, replaced=[]) == []


def test_who_sent_an_older_fix_is_judged_again_among_what_is_stored() -> None:
    tracks = Tracks({})
    tracks.advance([fix(100, 50)])

    judged = tracks.judge([fix(10, 0), fix(20, 1), fix(110, 50.1)])

    assert implausible(judged.fixes) == [False, True, False]
    assert judged.unsure(judged.fixes, replaced=[]) == list(judged.fixes)


def test_so_is_who_sent_what_was_not_taken_or_took_the_place_of_another() -> None:
    judged = Tracks({}).judge([fix(10, 0), fix(20, 0.1)])

    assert judged.unsure(judged.fixes[1:], replaced=[]) == [judged.fixes[1]]
    assert judged.unsure(judged.fixes, replaced=[(DEVICE, judged.fixes[0].observed_at)]) == list(
        judged.fixes
    )


def test_a_fix_of_untrusted_time_is_neither_judged_nor_a_neighbour() -> None:
    tracks = Tracks({})
    tracks.advance([fix(0, 0), fix(9_999, 300, Flag.FUTURE)])

    assert implausible(tracks.judge([fix(10, 0.1), fix(10_000, 400, Flag.FUTURE)]).fixes) == [
        False,
        False,
    ]
