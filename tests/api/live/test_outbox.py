"""What waits for a viewer, and what happens when it is slow."""

import asyncio
import json
from collections.abc import Callable

import pytest

from api.live.frames import Viewport
from api.live.outbox import Outbox
from fieldops.model import Profile, TenantSlug, new_id
from identity.rights import Actor

MOST = 5


def nothing(_outbox: Outbox) -> str | None:
    return None


def ticks(_outbox: Outbox) -> str | None:
    return "fixes"


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(Actor(TenantSlug("demo"), new_id(), Profile.MANAGER), MOST)


async def frame(outbox: Outbox, positions: Callable[[Outbox], str | None] = nothing) -> str:
    async with asyncio.timeout(1):
        return await outbox.next(positions)


def event(position: int) -> bytes:
    return json.dumps({"at": position}).encode()


def positions_of(text: str) -> list[int]:
    return [e["at"] for e in json.loads(text)["events"]]


async def test_events_wait_for_the_opening_and_what_it_holds_is_not_said_again(
    outbox: Outbox,
) -> None:
    for position in (1, 2, 3):
        outbox.offer(position, event(position))

    outbox.open(["opening"], at=2)

    assert await frame(outbox) == "opening"
    assert positions_of(await frame(outbox)) == [3]


async def test_a_feed_behind_the_opening_does_not_repeat_it(outbox: Outbox) -> None:
    outbox.open(["opening"], at=7)
    for position in (6, 7, 8):
        outbox.offer(position, event(position))

    assert await frame(outbox) == "opening"
    assert positions_of(await frame(outbox)) == [8]


async def test_one_event_too_many_ends_the_connection_with_1013(outbox: Outbox) -> None:
    outbox.open([], at=0)
    for position in range(1, MOST + 1):
        outbox.offer(position, event(position))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await outbox.ended()

    outbox.offer(MOST + 1, event(MOST + 1))

    assert (await outbox.ended()).code == 1013


async def test_replies_to_who_does_not_read_end_it_too(outbox: Outbox) -> None:
    for _ in range(101):
        outbox.say("no")

    assert (await outbox.ended()).code == 1013


async def test_events_go_before_positions_and_ticks_melt_into_one(outbox: Outbox) -> None:
    outbox.look(Viewport(0, 0, 1, 1))
    outbox.open([], at=0)
    for _ in range(3):
        outbox.mark_tick()
    outbox.offer(1, event(1))

    assert positions_of(await frame(outbox, ticks)) == [1]
    assert await frame(outbox, ticks) == "fixes"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await outbox.next(ticks)


async def test_without_a_viewport_a_tick_says_nothing(outbox: Outbox) -> None:
    outbox.open([], at=0)
    outbox.mark_tick()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await outbox.next(ticks)


async def test_a_reopening_holds_events_back_until_the_new_opening(outbox: Outbox) -> None:
    outbox.open([], at=0)
    outbox.ask_reopening()
    outbox.offer(1, event(1))
    outbox.offer(2, event(2))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await outbox.next(nothing)

    await outbox.reopening()
    outbox.open(["again"], at=1)

    assert await frame(outbox) == "again"
    assert positions_of(await frame(outbox)) == [2]
