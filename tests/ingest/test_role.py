import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from structlog.testing import capture_logs

from devices.ack import Settlement
from devices.endpoint import endpoint
from devices.mqtt import Session, connect
from devices.topics import Lane, ingest_client_id
from fieldops.metrics import REGISTRY
from fieldops.model import now
from fieldops.process import Process
from fieldops.stream import follow_fixes, last_batch
from fieldops.tenancy import Tenants
from tests.ingest.proxy import proxied
from tests.ingest.scene import Scene, said
from tests.ingest.speaker import MakeSpeaker, counted, serving

pytestmark = pytest.mark.services


async def test_a_fix_is_stored_streamed_and_answered(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("van")
    follow = follow_fixes(scene.pool, process.valkey, scene.slug, await last_batch(scene.pool))

    async with serving(process):
        await van.say([said(0), said(1), said(2, lat=95), said(4)])
        await van.stores(3)
        async with asyncio.timeout(10):
            async for _, fixes in follow:
                if fixes:
                    break
            while not van.acks or van.acks[-1].ranges != ((4, 4),):
                await asyncio.sleep(0.05)
    await follow.aclose()  # type: ignore[attr-defined]

    assert fixes[0].device == van.id
    assert van.acks[-1] == Settlement("r1", 2, ((4, 4),))


async def test_a_device_is_told_at_most_once_a_second(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("chatty")
    started_at = time.monotonic()

    async with serving(process):
        for seq in range(30):
            await van.say([said(seq)])
            await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            while not van.acks or van.acks[-1].upto < 29:
                await asyncio.sleep(0.05)

    assert 2 <= len(van.acks) <= time.monotonic() - started_at + 1


async def test_an_answer_missed_is_given_again_by_the_next_worker(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("missed")
    async with serving(process):
        await van.say([said(0), said(1)])
        await van.stores(2)
    van.acks.clear()

    async with serving(process):
        await van.say([said(1)])
        async with asyncio.timeout(10):
            while not van.acks:
                await asyncio.sleep(0.05)

    assert van.acks[0] == Settlement("r1", 1)
    assert await van.stored() == 2


async def test_nothing_is_acknowledged_before_its_commit(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("early")
    async with serving(process):
        await van.say([said(0)])
        await van.stores(1)

    received = counted(scene, "messages_received_total")
    async with scene.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("lock table fix in exclusive mode")
        async with serving(process):
            await van.say([said(1)])
            while counted(scene, "messages_received_total") <= received:
                await asyncio.sleep(0.05)
            await asyncio.sleep(1.5)
        # The worker has the message, cannot commit it, and is stopped here.
    assert not any(ack.covers(1) for ack in van.acks)

    async with serving(process):
        await van.stores(2)


async def test_owntracks_is_stored(process: Process, scene: Scene, speaker: MakeSpeaker) -> None:
    phone = await speaker("owntracks")
    location = {"_type": "location", "lat": 45.7, "lon": 4.8, "tst": int(now().timestamp())}

    async with serving(process):
        await phone.say([location, {"_type": "lwt", "tst": 1}], Lane.OWNTRACKS)
        await phone.stores(1)

    rows = await scene.rows("select source, run from fix where device_id = $1", phone.id)
    assert [tuple(row) for row in rows] == [("owntracks", "")]
    assert phone.acks == []


async def test_a_broker_that_is_down_at_the_start_or_later_is_waited_for(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("outage")
    async with proxied(process.urls.mqtt_ingest) as proxy:
        proxy.down()
        away = replace(process, urls=replace(process.urls, mqtt_ingest=proxy.url))
        async with serving(away):
            await van.say([said(0)])
            while not proxy.refused:
                await asyncio.sleep(0.05)
            proxy.up()
            await van.stores(1)
            proxy.down()
            await van.say([said(1)])
            await asyncio.sleep(0.5)
            proxy.up()
            await van.stores(2)


async def test_a_session_of_more_bytes_than_may_be_held_is_read_as_it_is_stored(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("bulky")
    settings = process.settings.model_copy(update={"held_bytes_max": 1_000_000})
    async with serving(process):
        await van.say([said(0)])
        await van.stores(1)
    held: list[float] = []
    # Honest arrays without positions, of 38 kB: all to do with them is to settle them.
    silent = {"run": "r1", "at": now().isoformat(), "src": "gnss"}
    for start in range(1, 60_001, 500):
        await van.say([[{**silent, "seq": seq} for seq in range(start, start + 500)]])

    async with serving(replace(process, settings=settings)):
        async with scene.pool.acquire() as blocker, blocker.transaction():
            await blocker.execute("lock table settlement in exclusive mode")
            while len(held) < 10 or held[-1] > held[-10]:
                await asyncio.sleep(0.1)
                held.append(REGISTRY.get_sample_value("fieldops_ingest_held_bytes") or 0.0)
            assert counted(scene, "messages_waiting") < 60
        async with asyncio.timeout(60):
            while not van.acks or van.acks[-1].upto < 60_000:
                await asyncio.sleep(0.05)
        assert counted(scene, "paused_seconds_total") > 0

    assert 500_000 < held[-1] < 1_000_000


async def test_a_database_that_dies_under_load_loses_nothing(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("dead-db")
    async with proxied(process.urls.postgres) as proxy:
        tenants = Tenants(process.control, proxy.url, pool_max=4, name="tests")
        async with serving(replace(process, tenants=tenants)):
            await van.say([said(n) for n in range(100)])
            await van.stores(1)
            proxy.down()
            started = asyncio.get_running_loop().time()
            seq = 100
            while asyncio.get_running_loop().time() < started + 8:
                await van.say([said(n) for n in range(seq, seq + 50)])
                seq += 50
                await asyncio.sleep(0.1)
            proxy.up()
            await van.stores(seq, 40)
        await tenants.close()

    assert await van.stored() == seq
    rows = await scene.rows("select upto, ranges from settlement where device_id = $1", van.id)
    assert [tuple(row) for row in rows] == [(seq - 1, [])]


async def test_without_valkey_fixes_are_stored_and_answered(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("no-valkey")
    nowhere = Redis(port=1, retry=Retry(NoBackoff(), 0), socket_connect_timeout=0.5)
    failures = counted(scene, "stream_failures_total")

    async with serving(replace(process, valkey=nowhere)):
        await van.say([said(0)])
        async with asyncio.timeout(10):
            while not van.acks:
                await asyncio.sleep(0.05)
    await nowhere.aclose()

    assert van.acks == [Settlement("r1", 0)]
    assert counted(scene, "stream_failures_total") > failures


async def test_who_lost_the_lease_leaves_the_session_to_its_owner(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("robbed")
    async with serving(process):
        await van.say([said(0)])
        await van.stores(1)
        await scene.pool.execute(
            "update lease set epoch = epoch + 1, owner = 'thief', until = now() + interval '1 min'"
            " where role = 'ingest'"
        )
        taken = await connect(
            endpoint(process.urls.mqtt_ingest),
            Session(ingest_client_id(scene.slug), clean_start=False, expiry_s=3600),
            lambda _connection, _packets: None,
        )
        await asyncio.sleep(3.0)

        assert taken.alive
        await van.say([said(1)])
        assert await van.stored() == 1
        await taken.close()
        await scene.pool.execute("update lease set until = null where role = 'ingest'")
        await van.stores(2)


async def test_who_has_the_lease_takes_its_session_back(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("holder")
    async with serving(process):
        await van.say([said(0)])
        await van.stores(1)
        intruder = await connect(
            endpoint(process.urls.mqtt_ingest),
            Session(ingest_client_id(scene.slug), clean_start=False, expiry_s=3600),
            lambda _connection, _packets: None,
        )
        await van.say([said(1)])
        await van.stores(2)

        assert not intruder.alive


async def test_a_batch_is_one_line_of_numbers_without_positions(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("discreet")
    with capture_logs() as lines:
        async with serving(process):
            far = now() + timedelta(days=99)
            await van.say([said(0, lat=45.123456), said(1, far, lat=95.4321)])
            await van.stores(1)
            await asyncio.sleep(0.3)

    batches = [line for line in lines if line["event"] == "batch.stored"]
    assert sum(line["stored"] for line in batches) == 1
    assert sum(line["quarantined"] for line in batches) == 1
    assert not any(text in repr(lines) for text in ("45.123456", "4.8357", "95.4321"))
