"""What an operator sees of ingest while it stores, stands still and ends."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import repeat

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from structlog.testing import capture_logs

from fieldops.metrics import REGISTRY
from fieldops.model import now
from fieldops.process import Process
from ingest.broker import watch_broker
from ingest.metrics import BROKER_BYTES
from tests.ingest.proxy import Proxy, proxied
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


@asynccontextmanager
async def hung_valkey() -> AsyncIterator[tuple[Redis, asyncio.Future[datetime]]]:
    """Listen as Valkey and never answer; tells when it was first spoken to."""
    asked: asyncio.Future[datetime] = asyncio.get_running_loop().create_future()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            if not asked.done():
                asked.set_result(now())
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    valkey = Redis(port=port, retry=Retry(NoBackoff(), 0), socket_timeout=5.0)
    try:
        yield valkey, asked
    finally:
        await valkey.aclose()
        server.close()


async def test_a_hung_valkey_is_no_part_of_the_time_to_commit(
    process: Process, scene: Scene, speaker: MakeSpeaker
) -> None:
    van = await speaker("patient")
    batches, seconds = (counted(scene, f"commit_seconds_{each}") for each in ("count", "sum"))

    async with hung_valkey() as (valkey, asked), serving(replace(process, valkey=valkey)):
        said_at = now()
        await van.say([said(0)])
        committed_before = await asyncio.wait_for(asked, 20)
        await counts(scene, "commit_seconds_count", batches + 1)

    # Received after it was said, committed before the stream was spoken to.
    longest_s = (committed_before - said_at).total_seconds()
    assert counted(scene, "commit_seconds_count") == batches + 1
    assert 0 < counted(scene, "commit_seconds_sum") - seconds <= longest_s


async def broker_held(known: bool) -> None:
    """Wait until it is known how much the broker holds, or known no more."""

    async def as_said() -> bool:
        held = REGISTRY.get_sample_value("fieldops_broker_held_bytes")
        return held is not None and math.isnan(held) != known

    await until(as_said, 25)  # Mosquitto tells every 10 s


async def test_what_the_broker_holds_is_known(process: Process) -> None:
    BROKER_BYTES.set(math.nan)

    async with serving(process):
        await broker_held(known=True)


@pytest.mark.parametrize(("steady_s", "outages"), [(0.0, 2), (3600.0, 1)])
async def test_a_watch_that_is_lost_says_so_and_begins_anew_if_it_was_steady(
    process: Process, steady_s: float, outages: int
) -> None:
    began: list[int] = []

    def pauses() -> Iterator[float]:
        began.append(0)
        return repeat(0.05)

    BROKER_BYTES.set(1)
    async with proxied(process.urls.mqtt_admin) as proxy, asyncio.TaskGroup() as group:
        proxy.down()
        away = replace(process, urls=replace(process.urls, mqtt_admin=proxy.url))
        watch = group.create_task(watch_broker(away, pauses=pauses, steady_s=steady_s))
        with capture_logs() as lines:
            await refusals(proxy, 3)
            await broker_held(known=False)
            proxy.up()
            await broker_held(known=True)
            proxy.down()
            await broker_held(known=False)
            await refusals(proxy, proxy.refused + 3)
        watch.cancel()

    assert len(began) == outages
    assert [line["event"] for line in lines] == ["broker.unwatched"] * outages


async def refusals(proxy: Proxy, number: int) -> None:
    async def reached() -> bool:
        return proxy.refused >= number

    await until(reached)
