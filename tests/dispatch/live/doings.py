"""What a tenant's people and devices do beside a planning round, and what was told of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from fieldops.events import read_events
from fieldops.model import now
from fieldops.rows import compiled
from fieldops.schema import tables
from identity.commands import execute
from identity.rights import Actor
from tests.dispatch.live.rounds import Round
from tests.world import LYON, World


async def wish(world: World, **values: Any) -> None:
    text, parameters = compiled(update(tables.dispatch_settings).values(**values))
    await world.pool.execute(text, *parameters)


async def run(round_: Round, apply: Any) -> Any:
    world = round_.world
    return await execute(world.store, Actor(world.tenant.slug), apply, what="test")


async def last(world: World) -> int:
    events = await read_events(world.pool, 0, 100_000)
    return events[-1].position if events else 0


async def kinds_since(world: World, since: int) -> list[str]:
    return [event.kind for event in await read_events(world.pool, since, 10_000)]


async def phone_of(world: World, worker: UUID, *, age: timedelta = timedelta(0)) -> UUID:
    """Bind a phone to a worker, last heard so long ago."""
    name = f"phone-{worker.hex[-12:]}"
    phone = await world.insert(
        tables.device, name=name, label=name, kind="phone", purpose="dispatch"
    )
    await world.insert(
        tables.device_binding,
        device_id=phone,
        worker_id=worker,
        valid_from=now() - timedelta(hours=1),
    )
    await world.pool.execute(
        "insert into latest_fix (device_id, observed_at, received_at, lon, lat) "
        "values ($1, $2, $2, $3, $4)",
        phone,
        now() - age,
        *LYON,
    )
    return phone
