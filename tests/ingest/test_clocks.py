from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fieldops.model import Fix
from ingest.clocks import Clocks, Estimate
from tests.ingest.scene import Scene, said

DEVICE = UUID(int=1)
START = datetime(2026, 11, 22, 8, tzinfo=UTC)


def heard(clocks: Clocks, lags_s: list[float], *, every_s: float = 10.0) -> None:
    """Let the device be heard with these lags, one after the other."""
    for n, lag_s in enumerate(lags_s):
        at = START + timedelta(seconds=n * every_s)
        clocks.note([Fix(DEVICE, at - timedelta(seconds=lag_s), at, 4.8, 45.7)])


def test_the_way_of_a_message_is_not_taken_for_the_clock() -> None:
    clocks = Clocks({})

    heard(clocks, [0.7, 30.0, 0.6, 0.8, 113.0, 0.7, 0.9, 0.7])

    assert clocks.moved() == {DEVICE: Estimate(0.7, off=False)}


def test_one_wild_stamp_does_not_move_the_estimate() -> None:
    clocks = Clocks({})

    heard(clocks, [0.7, 0.7, 0.7, 0.7, 0.7, 0.7, -86_400.0, 0.7, 0.7])

    assert clocks.moved() == {DEVICE: Estimate(0.7, off=False)}


def test_an_unset_clock_says_nothing() -> None:
    clocks = Clocks({})

    heard(clocks, [20 * 365 * 86_400.0] * 20)

    assert clocks.moved() == {}


def test_what_moved_little_is_not_written_again() -> None:
    clocks = Clocks({DEVICE: Estimate(100.0, off=True)})

    heard(clocks, [105.0] * 20)

    assert clocks.moved() == {}


def test_a_clock_past_the_limit_is_told_once_and_when_it_is_back() -> None:
    clocks = Clocks({})
    told = []
    for lag_s in (-70.0, -70.0, -40.0, -1.0):
        heard(clocks, [lag_s] * 20)
        moved = clocks.moved()
        told += [event.body["off"] for event in clocks.turned(moved)]
        clocks.wrote(moved)

    assert told == [True, False]


@pytest.mark.services
async def test_a_clock_gone_wrong_is_written_and_told(scene: Scene) -> None:
    device = await scene.add_tracker("behind")

    async with scene.leased() as (store, _):
        for n in range(7):
            at = START + timedelta(seconds=10 * n)
            stamp = at - timedelta(seconds=90)
            await store.keep([scene.message("behind", said(n, stamp), at=at)])

    rows = await scene.rows("select offset_s, off from device_clock where device_id = $1", device)
    assert [tuple(row) for row in rows] == [(90.0, True)]
    events = await scene.rows("select body from event where kind = 'device.clock_off'")
    assert [row["body"] for row in events] == [
        {"id": str(device), "clock_offset_s": 90.0, "off": True}
    ]
