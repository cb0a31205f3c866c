import asyncio
import json

import mqtt5
import pytest

from fieldops.errors import Unavailable
from ingest.budget import Budget
from ingest.desk import PART, Desk, Ready, read_on
from ingest.inbox import Inbox
from tests.ingest.test_reader import message, reader, said

MOST = 2 * PART


def inbox() -> Inbox:
    most = 10 * MOST
    return Inbox(Budget(1 << 30), wait_s=0.0, batch_max=most, most=most, receive_max=most)


def arrive(box: Inbox, count: int) -> None:
    packet = mqtt5.PublishPacket("t/elec/d/van/pos", json.dumps(said(1)).encode())
    box.put([packet] * count, 100 * count)


async def taken(desk: Desk) -> Ready:
    async with asyncio.timeout(5):
        return await desk.take()


async def test_what_came_together_is_one_batch_and_the_next_is_read_meanwhile() -> None:
    desk, box = Desk(reader, MOST), inbox()
    arrive(box, PART + 3)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read_on(box, desk))
        first = await taken(desk)
        arrive(box, 2)
        second = await taken(desk)
        reading.cancel()

    assert (len(first.messages), len(second.messages)) == (PART + 3, 2)


async def test_a_full_desk_lets_the_inbox_hold_what_comes() -> None:
    desk, box = Desk(reader, MOST), inbox()
    arrive(box, MOST + 1)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read_on(box, desk))
        await asyncio.sleep(0.05)
        assert not reading.done()
        sizes = [len((await taken(desk)).messages), len((await taken(desk)).messages)]
        reading.cancel()

    assert sizes == [MOST, 1]


async def test_arrays_end_a_batch_by_their_elements_and_the_rest_waits() -> None:
    desk, box = Desk(reader, MOST), inbox()
    array = json.dumps([said(seq) for seq in range(100)]).encode()
    box.put([mqtt5.PublishPacket("t/elec/d/van/pos", array)] * 25, 25 * len(array))
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read_on(box, desk))
        await asyncio.sleep(0.05)
        batches = [await taken(desk) for _ in range(3)]
        reading.cancel()

    assert [len(ready.messages) for ready in batches] == [10, 10, 5]
    assert [ready.batch(reader(), None).decoded for ready in batches] == [1000, 1000, 500]


async def test_an_array_of_what_cannot_be_used_is_as_large_as_one_that_can() -> None:
    ready = Ready(reader())
    broken = json.dumps([{"run": "r1", "seq": n} for n in range(300)]).encode()
    packets = [message(broken), message(said(1)), message(broken)]

    assert (ready.take(packets, 200), ready.size) == (1, 300)
    assert (ready.take(packets[1:], 301), ready.size) == (2, 601)


async def test_the_end_of_the_connection_reaches_who_waits_for_a_batch() -> None:
    desk, box = Desk(reader, MOST), inbox()
    async with asyncio.TaskGroup() as group:
        group.create_task(read_on(box, desk))
        box.end(Unavailable("gone"))
        with pytest.raises(Unavailable, match="gone"):
            await taken(desk)


def test_a_batch_read_by_rules_that_changed_is_read_again() -> None:
    old, new = reader(), reader()
    ready = Ready(old, [message(said(1))])

    assert ready.batch(old, None) is ready.batch(old, None)
    assert ready.batch(new, None) is not ready.batch(old, None)
    assert [row.code for row in ready.batch(old, "too odd").quarantined] == ["refused"]
