"""Dispatch is killed in the middle of publishing, again and again; its books close all the same.

Half of the kills hold up the last statement of a publication and kill its process there, the other
half strike at any time. `make dispatch-kills` does 200.
"""

import asyncio
import os
import random
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dispatch.live.offers import answer_offer
from dispatch.live.plans import view_assignments
from fieldops.database import Pool
from fieldops.errors import Conflict, NotFound, Stale
from fieldops.events import NewEvent, append_events, ring
from fieldops.model import Profile
from fieldops.process import Process
from fieldops.tenancy import Tenant, transaction
from identity.commands import execute
from tests.dispatch.live.books import closed
from tests.e2e.hub import FIELDOPS, environment
from tests.world import World

KILLS = int(os.environ.get("DISPATCH_KILLS", "2"))
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(max(600, 30 * KILLS))]
CREWS = 4
# The kernel may have to be compiled first, on a machine with other things to do.
ACT_S = 240.0
# A transaction of dispatch stands before the log's lock: its rows are written, its events are not.
WAITS = """
select exists (
  select from pg_locks
  where locktype = 'advisory' and objid = 360 and not granted
  and database = (select oid from pg_database where datname = current_database())
)
"""


WAITING = """
select exists (
  select from task
  where state = 'ready' and $1 > (
    select count(distinct crew_id) from assignment
    where assignment.task_id = task.id and assignment.state = 'declined'
  )
)
"""


class Dispatch:
    """The dispatch role as a process of its own, started again whenever it was killed."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.log = folder / "dispatch.log"
        self.env = environment(
            control_database=process.settings.control_database,
            metrics_port=0,
            lease_s=1.5,
            dispatch_debounce_ms=20,
            dispatch_seconds=0.1,
            log_format="json",
        )
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [*FIELDOPS, "run", "dispatch"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    async def kill(self) -> None:
        assert self.running is not None
        assert self.running.poll() is None, self.log.read_text("utf-8")[-3000:]
        self.running.kill()
        await asyncio.to_thread(self.running.wait)


@pytest.fixture
async def dispatch(process: Process, tmp_path: Path) -> AsyncIterator[Dispatch]:
    made = Dispatch(process, tmp_path)
    made.start()
    yield made
    with suppress(ProcessLookupError):
        assert made.running is not None
        made.running.kill()
        await asyncio.to_thread(made.running.wait)


class Scene:
    """Crews that answer as they please, and work that keeps coming."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.crews: dict[UUID, UUID] = {}
        self.site: UUID | None = None

    async def furnish(self) -> None:
        for number in range(CREWS):
            crew, worker = await self.world.crew(f"équipe {number}")
            self.crews[crew] = await self.world.user(worker)
        self.site = await self.world.site()

    async def task(self) -> None:
        assert self.site is not None
        await self.world.task(self.site, duration_s=300, hours=7)

    async def act(self) -> None:
        """Bring a task, and let crews answer what they were offered."""
        world = self.world
        await self.task()
        async with world.pool.acquire() as connection:
            offers = await view_assignments(connection, live=True)
        for offer in offers:
            if offer["state"] == "offered" and self.chance.random() < 0.5:
                await self._answer(offer, self.chance.random() < 0.6)
        async with transaction(world.pool, "test") as connection:
            await append_events(connection, [NewEvent("task.created", {})])
        await ring(world.process.valkey, world.tenant.slug)

    async def _answer(self, offer: dict[str, Any], accept: bool) -> None:
        crew = offer["crew_id"]
        actor = self.world.actor(
            Profile.CREW_MEMBER,
            user_id=self.crews[crew],
            crew_ids=frozenset({crew}),
        )
        with suppress(Conflict, Stale, NotFound):
            await execute(
                self.world.store,
                actor,
                lambda c: answer_offer(c, offer["id"], offer["version"], accept, None),
                what="answer",
            )

    async def settled(self) -> None:
        """Wait until nothing is left that some crew has not declined."""
        async with asyncio.timeout(ACT_S):
            while await self.world.pool.fetchval(WAITING, CREWS):
                await asyncio.sleep(0.1)


async def struck_while_publishing(scene: Scene, dispatch: Dispatch) -> bool:
    """Hold the log's lock, wait for a publication to stand before it, kill its process there."""
    pool = scene.world.pool
    async with pool.acquire() as holder:
        await scene.task()
        async with holder.transaction():
            await append_events(holder, [NewEvent("task.created", {})])
            # Of the session, beside the transaction's own: none comes between the two.
            await holder.execute("select pg_advisory_lock(360)")
        try:
            await ring(scene.world.process.valkey, scene.world.tenant.slug)
            before = await pool.fetchval("select count(*) from assignment")
            waits = await _wait_for_publication(pool)
            await dispatch.kill()
            assert await pool.fetchval("select count(*) from assignment") == before
        finally:
            await holder.execute("select pg_advisory_unlock(360)")
    return waits


async def _wait_for_publication(pool: Pool) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while not await pool.fetchval(WAITS):
                await asyncio.sleep(0.01)
            return True
    return False


async def struck_at_any_time(scene: Scene, dispatch: Dispatch) -> bool:
    await scene.act()
    await asyncio.sleep(scene.chance.random() * 0.6)
    await dispatch.kill()
    return False


async def test_nothing_is_offered_twice_or_lost_however_often_dispatch_is_killed(
    process: Process, tenant: Tenant, dispatch: Dispatch
) -> None:
    pool = await process.tenants.database(tenant.slug)
    scene = Scene(World(process, tenant, pool), seed=KILLS)
    await scene.furnish()
    await scene.act()
    await scene.settled()
    inside = 0

    for number in range(KILLS):
        strike = struck_at_any_time if number % 2 else struck_while_publishing
        inside += await strike(scene, dispatch)
        dispatch.start()
        await scene.act()
        await scene.settled()
        assert await closed(pool) == []
        if number % 20 == 19:
            await pool.execute("update task set state = 'cancelled' where state = 'accepted'")
            print(f"{number + 1} kills, {inside} of them while publishing", flush=True)

    versions = await pool.fetchval("select count(*) from plan")
    print(f"{KILLS} kills, {inside} while publishing, {versions} versions", flush=True)
    assert inside == (KILLS + 1) // 2
