"""Time that turns out to be private takes what lies in quarantine of it away, too."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from devices.topics import Lane
from fieldops.model import new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.erasure import Erased, erase_private
from ingest.message import Message
from ingest.store import store_quarantine
from tests.ingest.scene import LONG_AGO, Scene, said

pytestmark = pytest.mark.services

NOON = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
MINUTE = timedelta(minutes=1)
BROKEN = b'{"run": "r1", "lat": 45.7'


@pytest_asyncio.fixture
async def scene(process: Process, tenant: Tenant) -> AsyncIterator[Scene]:
    made = Scene(tenant.slug, await process.tenants.database(tenant.slug))
    yield made
    await made.rows("delete from quarantine")


def declared(seq: int, kind: str, minute: int, worker: object, **more: Any) -> dict[str, Any]:
    at = (NOON + minute * MINUTE).isoformat()
    return {"run": "a", "seq": seq, "at": at, "kind": kind, "worker": str(worker), **more}


async def _set_aside(scene: Scene, *messages: Message, refused: str | None = None) -> None:
    async with scene.leased() as (store, _):
        batch = store.reader.read(messages, refused=refused)
        assert len(batch.quarantined) == len(messages)
        async with scene.pool.acquire() as connection:
            assert await store_quarantine(connection, 1, batch.quarantined) == len(messages)


async def _erase(scene: Scene, worker: UUID, first: int, last: int | None) -> Erased:
    async with scene.pool.acquire() as connection, connection.transaction():
        until = None if last is None else NOON + last * MINUTE
        return await erase_private(
            connection, worker, NOON + first * MINUTE, until, "private", now()
        )


async def _minutes(scene: Scene, name: str) -> list[int]:
    rows = await scene.rows(
        "select received_at from quarantine where device = $1 order by received_at", name
    )
    return [round((row["received_at"] - NOON) / MINUTE) for row in rows]


async def _drops(scene: Scene, reason: str) -> int:
    return await scene.count(
        "select coalesce(sum(fixes), 0)::bigint from privacy_drop where reason = $1", reason
    )


async def test_a_break_one_hears_of_late_takes_its_unreadable_bytes_away_with_a_receipt(
    scene: Scene,
) -> None:
    marie, paul = await scene.add_worker(), await scene.add_worker("Paul")
    await scene.add_phone("marie", marie)
    await scene.add_phone("paul", paul)
    tracker = await scene.add_tracker("van")
    off_the_globe = said(7, NOON) | {"lat": 95.0}
    async with scene.leased() as (store, _):
        for minute in (10, 15, 20, 45):
            payload = BROKEN + b" " * minute  # other bytes: else it is the same message again
            at = NOON + minute * MINUTE
            await store.keep([scene.message(n, payload, at=at) for n in ("marie", "paul", "van")])
        await store.keep([scene.message("marie", [off_the_globe], at=NOON + 30 * MINUTE)])
        await _fix_to_a_vehicle(scene, tracker)
        before = await _drops(scene, "break")

        for told in (declared(2, "break_end", 45, marie), declared(1, "break_start", 15, marie)):
            await store.keep([scene.message("marie", told, Lane.ATTENDANCE)])

    assert await _minutes(scene, "marie") == [10, 45]
    assert await _minutes(scene, "paul") == await _minutes(scene, "van") == [10, 15, 20, 45]
    assert await _drops(scene, "break") == before + 3
    [receipt] = await scene.rows(
        "select body from audit where action = 'purged' and subject = $1", marie
    )
    assert (receipt["body"]["rows"], receipt["body"]["quarantined"]) == (0, 3)


async def _fix_to_a_vehicle(scene: Scene, tracker: UUID) -> None:
    await scene.rows(
        "insert into vehicle (id, label, plate) values ($1, 'Fourgon', 'AA-1')", van := new_id()
    )
    await scene.rows(
        "insert into device_binding (id, device_id, vehicle_id, valid_from)"
        " values ($1, $2, $3, $4)",
        new_id(), tracker, van, LONG_AGO,
    )  # fmt: skip


async def test_a_device_is_the_workers_only_while_he_bears_it(scene: Scene) -> None:
    marie = await scene.add_worker()
    phone = await scene.add_phone("handed-on", marie)
    await scene.rows(
        "update device_binding set valid_until = $2 where device_id = $1",
        phone,
        NOON + 20 * MINUTE,
    )
    await _set_aside(
        scene,
        *(scene.message("handed-on", BROKEN + b" " * m, at=NOON + m * MINUTE) for m in (5, 15, 25)),
    )

    erased = await _erase(scene, marie, 10, None)

    assert await _minutes(scene, "handed-on") == [5, 25]
    assert erased.quarantined == 1


async def test_what_can_be_read_is_judged_by_the_times_it_says(scene: Scene) -> None:
    marie = await scene.add_worker()
    await scene.add_phone("refused", marie)
    later = NOON + 90 * MINUTE
    ahead = said(9, NOON + timedelta(days=1))  # its clock is wrong: only its receipt says when
    await _set_aside(
        scene,
        scene.message("refused", [said(m, NOON + m * MINUTE) for m in (10, 20, 50)], at=later),
        scene.message("refused", said(60, NOON + 60 * MINUTE), at=later + MINUTE),
        scene.message("refused", said(5, NOON + 5 * MINUTE), at=NOON + 20 * MINUTE),
        scene.message("refused", ahead, at=NOON + 21 * MINUTE),
        refused="the database refuses a value",
    )
    before = await _drops(scene, "private")

    erased = await _erase(scene, marie, 15, 45)

    # The first holds a private fix, the last came in private time; three fixes and one are counted.
    assert await _minutes(scene, "refused") == [20, 91]
    assert erased.quarantined == 2
    assert await _drops(scene, "private") == before + 4


async def test_a_declaration_that_names_nobody_we_know_loses_its_position_only(
    scene: Scene,
) -> None:
    marie = await scene.add_worker()
    await scene.add_phone("kiosk", marie)
    place = {"lon": 4.8357, "lat": 45.764, "acc": 5.0}
    async with scene.leased() as (store, _):
        for seq, minute in ((1, 10), (2, 20)):
            told = declared(seq, "in", minute, "nobody", **place)
            await store.keep([scene.message("kiosk", told, Lane.ATTENDANCE)])

    erased = await _erase(scene, marie, 15, 45)
    again = await _erase(scene, marie, 15, 45)

    rows = await scene.rows("select payload from quarantine where device = 'kiosk'")
    kept = sorted((json.loads(row["payload"]) for row in rows), key=lambda each: each["seq"])
    assert [("lon" in each, "lat" in each, "acc" in each) for each in kept] == [
        (True,) * 3,
        (False,) * 3,
    ]
    assert (kept[1]["worker"], kept[1]["kind"], kept[1]["seq"]) == ("nobody", "in", 2)
    assert (erased.quarantined, again.quarantined) == (1, 0)
    assert (len(erased.receipts()), len(again.receipts())) == (1, 0)


async def test_a_declaration_set_aside_in_one_batch_with_its_break_has_no_position(
    scene: Scene,
) -> None:
    marie = await scene.add_worker()
    await scene.add_phone("together", marie)
    place = {"lon": 4.8357, "lat": 45.764, "acc": 5.0}
    messages = [
        declared(1, "break_start", 15, marie),
        declared(2, "in", 20, "nobody", **place),
        declared(3, "break_end", 45, marie),
    ]

    async with scene.leased() as (store, _):
        await store.keep([scene.message("together", m, Lane.ATTENDANCE) for m in messages])

    [row] = await scene.rows("select payload from quarantine where device = 'together'")
    assert not {"lon", "lat", "acc"} & json.loads(row["payload"]).keys()
