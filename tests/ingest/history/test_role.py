import asyncio
from datetime import timedelta

import pytest

from fieldops.model import now
from fieldops.process import Process
from fieldops.roles import chosen, run_jobs
from tests.ingest.scene import Scene, said

pytestmark = pytest.mark.services


async def test_the_role_rolls_up_purges_and_closes_the_holes_it_finds(
    process: Process, scene: Scene
) -> None:
    device = await scene.add_tracker("van")
    async with scene.leased() as (store, _):
        for seq, age in enumerate((400, 1)):
            at = now() - timedelta(days=age)
            await store.keep([scene.message("van", said(seq, at), at=at)])

    await scene.rows("insert into hole (device_id, at) values ($1, now())", device)
    running = asyncio.create_task(run_jobs(process))
    try:
        async with asyncio.timeout(60):
            while await scene.count("select count(*) from audit where action = 'purged'") < 1:
                await asyncio.sleep(0.1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert await scene.count("select count(*) from hole") == 0
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 1
    assert await scene.count("select batch from follower where name = 'rollup'") >= 2


def test_all_roles_are_run_together() -> None:
    assert chosen(["all"])["jobs"] is run_jobs
