"""What an operator sees of ingest while it stores, stands still and ends."""

import asyncio

import pytest

from fieldops.metrics import REGISTRY
from fieldops.process import Process
from ingest.metrics import BROKER_BYTES
from tests.ingest.scene import Scene, said
from tests.ingest.speaker import MakeSpeaker, counted, serving, shown, until

pytestmark = pytest.mark.services

COUNTED = ("messages_received", "decoded", "fixes_stored", "quarantined", "messages_acknowledged")
RECEIVED, ACKNOWLEDGED = "messages_received_total", "messages_acknowledged_total"
OLDEST_S, WAITING = "oldest_unstored_seconds", "messages_waiting"


async def counts(scene: Scene, name: str, number: float) -> None:
    """Wait until a metric of the tenant has reached a number."""

    async def reached() -> bool:
        return counted(scene, name) >= number

    await until(reached)


async def test_each_stage_is_counted(process: Process, scene: Scene, speaker: MakeSpeaker) -> None:
    van = await speaker("counted")
    names = [f"{name}_total" for name in COUNTED]
    before = [counted(scene, name) for name in names]

    async with serving(process):
        await van.say([said(0), [said(1), said(2, lat=95)]])
        await van.stores(2)
        await counts(scene, ACKNOWLEDGED, before[-1] + 2)
        await counts(scene, RECEIVED, before[0] + 2)

    after = [counted(scene, name) for name in names]
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 2, 2, 1, 2]
    assert counted(scene, "commit_seconds_count") >= 1


async def test_a_database_that_stalls_is_seen_while_it_stalls(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("stalled")
    async with serving(process):
        await van.say([said(0)])
        await van.stores(1)
        await counts(scene, RECEIVED, counted(scene, ACKNOWLEDGED))
        received, acknowledged = counted(scene, RECEIVED), counted(scene, ACKNOWLEDGED)
        async with scene.pool.acquire() as blocker, blocker.transaction():
            await blocker.execute("lock table fix in exclusive mode")
            await van.say([said(1), said(2)])
            await counts(scene, OLDEST_S, 1.5)
            await counts(scene, OLDEST_S, counted(scene, OLDEST_S) + 0.5)
            assert counted(scene, RECEIVED) == received + 2
            assert counted(scene, ACKNOWLEDGED) == acknowledged
            assert counted(scene, WAITING) == 2
        await van.stores(3)

        async def calm() -> bool:
            return (shown(scene, OLDEST_S), shown(scene, WAITING)) == (0.0, 0.0)

        await until(calm)
    assert counted(scene, RECEIVED) == counted(scene, ACKNOWLEDGED)


async def test_who_serves_a_tenant_no_more_shows_nothing_of_its_present(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("moved")
    gauges = (OLDEST_S, WAITING, "lag_seconds")
    async with serving(process):
        await van.say([said(0)])
        await van.stores(1)
        async with asyncio.timeout(20):
            while None in [shown(scene, gauge) for gauge in gauges]:
                await asyncio.sleep(0.05)

    assert [shown(scene, gauge) for gauge in gauges] == [None, None, None]
    assert shown(scene, RECEIVED) is not None


async def test_what_the_broker_holds_is_known(process: Process) -> None:
    BROKER_BYTES.set(-1)

    async with serving(process):
        async with asyncio.timeout(25):  # Mosquitto tells every 10 s
            while (REGISTRY.get_sample_value("fieldops_broker_held_bytes") or 0) < 0:
                await asyncio.sleep(0.1)
