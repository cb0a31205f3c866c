import asyncio
import time

import mqtt5
import pytest

from fieldops.errors import Unavailable
from ingest.budget import Budget
from ingest.inbox import MESSAGE_BYTES, Inbox


def packet(number: int | None) -> mqtt5.PublishPacket:
    qos = mqtt5.QoS.AT_MOST_ONCE if number is None else mqtt5.QoS.AT_LEAST_ONCE
    return mqtt5.PublishPacket("t/a/d/b/pos", b"{}", qos=qos, packet_id=number)


def inbox(
    wait_s: float = 0.02,
    batch_max: int = 100,
    most: int = 1000,
    receive_max: int = 1000,
    budget: Budget | None = None,
) -> Inbox:
    return Inbox(
        budget or Budget(1 << 30),
        wait_s=wait_s,
        batch_max=batch_max,
        most=most,
        receive_max=receive_max,
    )


async def test_a_batch_waits_for_company_until_its_first_message_is_old_enough() -> None:
    box = inbox(wait_s=0.1)
    box.put([packet(1)], 100)

    async with asyncio.TaskGroup() as group:
        batch = group.create_task(box.gather())
        await asyncio.sleep(0.03)
        box.put([packet(2)], 100)

    assert [m.packet_id for m in batch.result()] == [1, 2]


async def test_a_full_batch_does_not_wait() -> None:
    box = inbox(wait_s=30.0, batch_max=3)
    started_at = time.monotonic()

    async with asyncio.TaskGroup() as group:
        batch = group.create_task(box.gather())
        await asyncio.sleep(0)
        box.put([packet(n) for n in (1, 2, 3, 4)], 100)

    assert [m.packet_id for m in batch.result()] == [1, 2, 3]
    assert time.monotonic() - started_at < 5


async def test_what_aged_while_a_batch_was_stored_is_not_waited_for_again() -> None:
    box = inbox(wait_s=0.05)
    box.put([packet(1)], 100)
    await asyncio.sleep(0.06)
    started_at = time.monotonic()

    await box.gather()

    assert time.monotonic() - started_at < 0.03


async def test_beyond_the_bound_only_messages_without_a_promise_are_dropped() -> None:
    box = inbox(most=2)

    box.put([packet(None), packet(None), packet(None), packet(7)], 100)

    assert [m.packet_id for m in await box.gather()] == [0, 0, 7]
    assert (box.take_dropped(), box.take_dropped()) == (1, 0)


async def test_an_ended_connection_ends_the_gathering() -> None:
    box = inbox()
    box.put([packet(1)], 100)

    box.end(Unavailable("connection to the broker lost"))

    with pytest.raises(Unavailable):
        await box.gather()


async def test_the_time_the_broker_must_wait_for_acknowledgements_is_counted() -> None:
    box = inbox(receive_max=2)

    box.put([packet(1)], 100)
    await asyncio.sleep(0.02)
    assert box.take_paused() == 0.0

    box.put([packet(2)], 100)
    await asyncio.sleep(0.05)
    box.acknowledged(2)
    assert 0.04 < box.take_paused() < 1.0

    await asyncio.sleep(0.02)
    assert box.take_paused() == 0.0


async def test_what_is_received_and_not_stored_is_accounted_for_by_age() -> None:
    box = inbox(most=2)
    assert (box.waiting(), box.oldest_age_s()) == (0, 0.0)

    box.put([packet(None), packet(7), packet(None)], 100)
    assert (box.take_received(), box.take_received(), box.waiting()) == (2, 0, 2)
    await asyncio.sleep(0.05)
    box.put([packet(8), packet(9)], 100)
    await box.gather()
    assert box.waiting() == 4
    assert box.oldest_age_s() >= 0.04

    box.stored(1)
    assert box.oldest_age_s() >= 0.04
    box.stored(2)
    young = box.oldest_age_s()
    box.put([packet(10)], 100)
    assert box.waiting() == 2
    assert box.oldest_age_s() >= young
    box.stored(2)
    assert (box.waiting(), box.oldest_age_s()) == (0, 0.0)


async def test_bytes_are_held_from_the_read_until_they_are_stored() -> None:
    budget = Budget(1 << 30)
    box = inbox(budget=budget)

    box.put([packet(1), packet(2)], 100)
    box.put([packet(3)], 60)
    assert budget.held == 160 + 3 * MESSAGE_BYTES

    await box.gather()
    box.stored(1)
    assert budget.held == 160 + 3 * MESSAGE_BYTES  # a read is given back as a whole
    box.stored(1)
    assert budget.held == 60 + MESSAGE_BYTES
    box.close()
    assert budget.held == 0


async def test_the_connection_is_not_read_while_too_many_bytes_are_held() -> None:
    told: list[bool] = []
    box = inbox(budget=Budget(10_000))

    box.put([packet(1)], 4000, told.append)
    assert told == []
    box.put([packet(2)], 4000, told.append)
    assert told == [False]
    await asyncio.sleep(0.05)
    assert 0.04 < box.take_paused() < 1.0

    box.stored(1)
    box.acknowledged(1)
    assert told == [False, True]
    await asyncio.sleep(0.02)
    assert box.take_paused() < 0.01
