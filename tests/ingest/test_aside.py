import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from fieldops.model import Fix, now
from fieldops.process import Process
from fieldops.stream import CATCH_UP_BATCHES, follow_fixes
from ingest.aside import draw_batch, store_aside
from tests.ingest.scene import Scene

pytestmark = pytest.mark.services

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


async def test_more_side_batches_than_are_read_at_once_are_followed_in_order(
    process: Process, scene: Scene
) -> None:
    device = await scene.add_tracker("van")
    before = await scene.count("select last_batch from lease where role = 'ingest'")
    most = 2 * CATCH_UP_BATCHES + 3

    for number in range(most):
        fix = Fix(device, MORNING + timedelta(minutes=number), now(), 4.8, 45.7, "r", number)
        async with scene.pool.acquire() as connection, connection.transaction():
            await store_aside(connection, await draw_batch(connection, "file"), [fix])
    followed: list[tuple[int, int]] = []
    async with asyncio.timeout(20):
        async for batch, fixes in follow_fixes(scene.pool, process.valkey, scene.slug, before):
            followed.append((batch, fixes[0].seq))
            if len(followed) == most:
                break

    assert followed == [(before + 1 + n, n) for n in range(most)]


async def test_the_owner_and_a_side_batch_never_share_a_number(scene: Scene) -> None:
    await scene.add_tracker("owner")
    numbers: list[int] = []
    async with scene.leased() as (store, _):
        for seq in range(3):
            content = {"run": "r", "seq": seq, "at": now().isoformat(), "lon": 4.8, "lat": 45.7}
            [stored] = await store.keep([scene.message("owner", content)])
            async with scene.pool.acquire() as connection, connection.transaction():
                numbers += [stored.batch, await draw_batch(connection, "file")]

    assert numbers == list(range(numbers[0], numbers[0] + 6))


async def test_a_side_batch_that_stands_still_does_not_keep_the_owner_out(scene: Scene) -> None:
    async with scene.pool.acquire() as connection, connection.transaction():
        await draw_batch(connection, "file")
        assert await connection.fetchval("show idle_in_transaction_session_timeout") == "5s"
