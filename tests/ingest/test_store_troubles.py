"""What a store does when the lease, a value, the clock or the database fails it."""

import asyncio

import pytest

from fieldops.database import open_pool
from fieldops.errors import LeaseLost
from fieldops.leases import new_owner, release_lease, take_lease
from fieldops.tenancy import Tenant
from ingest.aside import draw_batch
from ingest.store import open_store
from tests.ingest.proxy import proxied
from tests.ingest.scene import ROWS_OF_DEVICE, Scene, said, start_private

pytestmark = pytest.mark.services


async def test_without_the_lease_nothing_is_written(scene: Scene) -> None:
    device = await scene.add_tracker("stolen")

    async with scene.leased(0.01) as (store, _):
        await asyncio.sleep(0.05)
        thief = await take_lease(scene.pool, "ingest", new_owner(), 30)
        assert thief is not None
        with pytest.raises(LeaseLost):
            await store.keep([scene.message("stolen", said(0)), scene.message("stolen", b"{")])
        await release_lease(scene.pool, thief)

    assert await scene.count(ROWS_OF_DEVICE, device) == 0
    assert await scene.count("select count(*) from settlement where device_id = $1", device) == 0
    assert await scene.count("select count(*) from quarantine where device = 'stolen'") == 0


async def test_a_message_the_database_refuses_does_not_stop_the_others(scene: Scene) -> None:
    device = await scene.add_tracker("poison")
    await scene.pool.execute(
        "alter table fix add constraint no_thirteen check (speed_mps <> 13) not valid"
    )
    batch = [scene.message("poison", said(n, spd=n)) for n in range(10, 17)]

    async with scene.leased() as (store, _):
        stored = await store.keep(batch)
    await scene.pool.execute("alter table fix drop constraint no_thirteen")

    assert sum(each.inserted for each in stored) == 6
    assert sum(each.quarantined for each in stored) == 1
    rows = await scene.rows("select code, payload from quarantine where device = 'poison'")
    assert [(row["code"], row["payload"]) for row in rows] == [("refused", batch[3].payload)]
    assert await scene.rows("select upto, ranges from settlement where device_id = $1", device) == [
        (-1, [[10, 16]])
    ]


SLOW_BEYOND_300_ROWS = """
create function crawl() returns trigger language plpgsql as $$
declare
  rows int := coalesce(nullif(current_setting('test.rows', true), ''), '0')::int + 1;
begin
  perform set_config('test.rows', rows::text, true);
  perform pg_sleep(case when rows > 300 then 60 else 0 end);
  return new;
end $$;
create trigger crawl before insert on fix for each row execute function crawl();
"""


async def test_a_batch_that_takes_too_long_twice_is_stored_in_halves(
    scene: Scene, tenant: Tenant
) -> None:
    device = await scene.add_tracker("returned")
    arrays = [
        scene.message("returned", [said(seq) for seq in range(start, start + 100)])
        for start in range(0, 400, 100)
    ]
    await scene.pool.execute(SLOW_BEYOND_300_ROWS)

    async with scene.leased() as (_, lease):
        pool = await open_pool(f"{tenant.database_url}?statement_timeout=1000", name="slow", most=2)
        store = await open_store(pool, lease)
        async with asyncio.timeout(60.0):
            stored = await store.keep(arrays)
        await pool.close()
    await scene.pool.execute("drop trigger crawl on fix; drop function crawl")

    assert len(stored) >= 2
    assert sum(each.inserted for each in stored) == 400
    assert await scene.count("select upto from settlement where device_id = $1", device) == 399
    assert await scene.count("select count(*) from quarantine where device = 'returned'") == 0


async def test_a_commit_whose_answer_was_lost_is_not_done_twice(
    scene: Scene, tenant: Tenant
) -> None:
    marie = await scene.add_worker("Marie 3")
    await scene.add_phone("doubt", marie)
    await start_private(scene, marie)
    counted = await scene.count("select coalesce(sum(fixes), 0) from privacy_drop")
    # A drop without sequence has no key: only the batch's number can tell that it was counted.
    batch = [scene.message("doubt", b"{")]

    async with proxied(tenant.database_url) as proxy, scene.leased() as (_, lease):
        pool = await open_pool(proxy.url, name="doubt", most=2)
        store = await open_store(pool, lease)
        proxy.lose_commit = True
        [stored] = await store.keep(batch)
        await pool.close()

    assert not proxy.lose_commit
    assert stored.private == 1
    assert await scene.count("select sum(fixes) from privacy_drop") == counted + 1
    assert await scene.count("select last_batch from lease where role = 'ingest'") == stored.batch


async def test_a_lost_batch_whose_number_a_side_batch_took_is_stored_all_the_same(
    scene: Scene, tenant: Tenant
) -> None:
    device = await scene.add_tracker("overtaken")

    async with proxied(tenant.database_url) as proxy, scene.leased() as (_, lease):
        pool = await open_pool(proxy.url, name="overtaken", most=2)
        store = await open_store(pool, lease)
        proxy.cut_commit = True
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(store.keep([scene.message("overtaken", said(0))]))
            while proxy.refused < 1:
                await asyncio.sleep(0.02)
            async with scene.pool.acquire() as connection:
                taken = await draw_batch(connection, "file")
            proxy.up()
        await pool.close()

    [stored] = keeping.result()
    assert stored.batch == taken + 1
    assert await scene.count(ROWS_OF_DEVICE, device) == 2


async def test_a_batch_waits_for_the_database_and_is_stored_when_it_is_back(
    scene: Scene, tenant: Tenant
) -> None:
    await scene.add_tracker("patient")

    async with proxied(tenant.database_url) as proxy, scene.leased() as (_, lease):
        pool = await open_pool(proxy.url, name="patient", most=2)
        store = await open_store(pool, lease)
        proxy.down()
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(store.keep([scene.message("patient", said(0))]))
            while proxy.refused < 2:
                await asyncio.sleep(0.02)
            proxy.up()
        await pool.close()

    assert [stored.inserted for stored in keeping.result()] == [1]
