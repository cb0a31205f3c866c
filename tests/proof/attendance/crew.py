"""A site with a fence, a chef, workers, and days of theirs, declared through the real commands."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from fieldops.model import Profile
from identity.commands import execute
from identity.reach import EVERYTHING
from identity.rights import Actor
from proof.attendance.days import Asked, view_days
from proof.attendance.recording import correct, declare
from proof.attendance.steps import Step, take_step
from tests.world import World

TZ = "Europe/Paris"
DAY = date(2026, 7, 14)


def at(clock: str, day: date = DAY) -> datetime:
    """Return a clock time of Paris in July."""
    hour, minute = map(int, clock.split(":"))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start + timedelta(hours=hour - 2, minutes=minute)


@dataclass(frozen=True, slots=True)
class Gang:
    """Who works where, and who leads them."""

    world: World
    site: UUID
    chef: Actor
    boss: Actor

    async def member(self) -> Actor:
        worker = await self.world.worker("Sam")
        user = await self.world.user(worker)
        return self.world.actor(Profile.CREW_MEMBER, user_id=user, worker_id=worker)

    async def say(self, actor: Actor, kind: str, clock: str, **more: Any) -> dict[str, Any]:
        values = {"kind": kind, "device_at": at(clock, more.pop("day", DAY))}
        values = {"site_id": self.site} | values | more
        return await execute(self.world.store, actor, lambda c: declare(c, values, TZ), what="test")

    async def fix(self, actor: Actor, event: UUID, **values: Any) -> dict[str, Any]:
        values = {"why": "oubli"} | values
        return await execute(
            self.world.store, actor, lambda c: correct(c, event, values, TZ), what="test"
        )

    async def step(
        self, actor: Actor, step: Step, worker: UUID | None, day: date = DAY, why: str | None = None
    ) -> dict[str, Any]:
        assert worker is not None
        return await execute(
            self.world.store,
            actor,
            lambda c: take_step(c, step, worker, day, TZ, why),
            what="test",
        )

    async def day(self, worker: UUID | None, day: date = DAY) -> dict[str, Any]:
        async with self.world.pool.acquire() as connection:
            [one] = await view_days(
                connection,
                Asked(day, day, worker=worker),
                TZ,
                EVERYTHING,
                now=datetime(2026, 7, 14, 23, tzinfo=UTC),
            )
        return one


async def gang_of(world: World) -> Gang:
    """Furnish a gang; its site's fence is as old as the hills."""
    site = await world.site()
    await world.pool.execute("update fence_version set valid_from = '2020-01-01'")
    chef_worker = await world.worker("Claire")
    chef = world.actor(
        Profile.SITE_MANAGER,
        user_id=await world.user(chef_worker, Profile.SITE_MANAGER),
        worker_id=chef_worker,
        site_ids=frozenset({site}),
    )
    return Gang(world, site, chef, world.actor(Profile.MANAGER))
