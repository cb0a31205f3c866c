"""One planning round of a tenant, step by step, without the loop around it."""

from typing import Any
from uuid import UUID

from dispatch.engine.pool import SolverPool
from dispatch.live.loop import Dispatcher
from dispatch.live.offers import answer_offer
from dispatch.live.plans import view_assignments
from fieldops.leases import Lease, take_lease
from fieldops.model import Profile
from geo.roads.network import Roads
from identity.commands import execute
from tests.world import World


class Round:
    """Plans under a lease of its own, and answers as a crew's members would."""

    def __init__(self, world: World, solvers: SolverPool, roads: Roads | None = None) -> None:
        self.world, self.solvers, self.roads = world, solvers, roads
        self.lease: Lease | None = None

    async def dispatcher(self) -> Dispatcher:
        if self.lease is None:
            self.lease = await take_lease(self.world.pool, "dispatch", "test", 60)
        assert self.lease is not None
        world = self.world
        return Dispatcher(
            world.process, self.solvers, world.tenant, world.pool, self.lease, roads=self.roads
        )

    async def plan(self) -> list[dict[str, Any]]:
        dispatcher = await self.dispatcher()
        await dispatcher._plan(["test"])
        if (untold := dispatcher._telling.take()) is not None:
            await dispatcher._explain(untold)
        return await self.live()

    async def live(self) -> list[dict[str, Any]]:
        async with self.world.pool.acquire() as connection:
            return await view_assignments(connection, live=True)

    async def answer(
        self, user: UUID, crew: UUID, row: dict[str, Any], accept: bool, why: str | None = None
    ) -> dict[str, Any]:
        answered: dict[str, Any] = await self.do(
            user, crew, lambda c: answer_offer(c, row["id"], row["version"], accept, why)
        )
        return answered

    async def do(self, user: UUID, crew: UUID, apply: Any) -> Any:
        actor = self.world.actor(Profile.CREW_MEMBER, user_id=user, crew_ids=frozenset({crew}))
        return await execute(self.world.store, actor, apply, what="test")

    async def state(self, task: UUID) -> str:
        return str(await self.world.pool.fetchval("select state from task where id = $1", task))
