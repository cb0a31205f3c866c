"""The loop's paces under what goes wrong or quiet: bad data, a busy process, a crew not heard."""

import ast
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import dispatch
from dispatch.engine.pool import BUSY, SolverPool
from dispatch.live.bench import HEARING, SHIFTING, WAKING
from dispatch.live.facts import read_facts
from dispatch.live.loop import Dispatcher
from dispatch.live.telling import TRIES, Telling
from dispatch.problem import Plan, Unassigned
from fieldops.errors import Unavailable
from fieldops.events import NewEvent, append_events
from fieldops.metrics import REGISTRY
from fieldops.model import new_id, now
from fieldops.schema import tables
from fieldops.tenancy import transaction
from resources.devices import bind_device
from tests.dispatch.cases import crew as plain_crew
from tests.dispatch.cases import line
from tests.dispatch.cases import task as plain_task
from tests.dispatch.live.doings import kinds_since, last, phone_of, run, wish
from tests.dispatch.live.rounds import Round
from tests.world import LYON, World

services = pytest.mark.services
PACKAGES = ("dispatch", "geo", "identity", "ingest", "projects", "proof", "resources")


@asynccontextmanager
async def looping(dispatcher: Dispatcher) -> AsyncIterator[None]:
    loop = asyncio.create_task(dispatcher.run())
    try:
        yield
        assert not loop.done()
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[Any]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.05)


async def tell(world: World, kind: str) -> None:
    async with transaction(world.pool, "test") as connection:
        await append_events(connection, [NewEvent(kind, {})])


@services
async def test_data_that_nobody_can_plan_stops_neither_the_loop_nor_the_others(
    round_: Round,
) -> None:
    world = round_.world
    await world.crew("a")
    await world.task(await world.site())
    labels = {"tenant": world.tenant.slug, "outcome": "impossible"}
    await wish(world, overtime_s=100_000)  # more than a day

    async def impossible() -> bool:
        return bool(REGISTRY.get_sample_value("fieldops_plans_total", labels))

    async def planned() -> list[dict[str, Any]]:
        return await round_.live()

    async with looping(await round_.dispatcher()):
        await until(impossible)
        await tell(world, "presence.entered")  # the fast path meets the same data
        await asyncio.sleep(0.3)
        assert await round_.live() == []
        await wish(world, overtime_s=0)
        await tell(world, "dispatch.changed")
        await until(planned)


@services
async def test_reasons_wait_for_a_busy_process_and_not_for_the_next_plan(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    task = await world.task(await world.site(), skills=("H2V",))
    long = line([plain_crew(i, x=i) for i in range(5)], [plain_task(i, i) for i in range(60)])
    await round_.dispatcher()
    assert round_.lease is not None

    async def told() -> Any:
        return await world.pool.fetchval("select reasons from unassigned where task_id = $1", task)

    async with SolverPool(wait_s=0.1) as improvers:
        dispatcher = Dispatcher(
            world.process, round_.solvers, world.tenant, world.pool, round_.lease,
            improvers=improvers,
        )  # fmt: skip
        search = asyncio.create_task(improvers.solve(long, 3.0, way="kernel"))
        explaining = asyncio.create_task(dispatcher._explain_for_ever())
        try:
            await dispatcher._plan(["test"])
            await asyncio.sleep(0.3)
            while_busy = (search.done(), await told())
            await search
            await until(told)
        finally:
            explaining.cancel()
            await asyncio.gather(explaining, search, return_exceptions=True)

    assert while_busy == (False, [])
    assert [(r["code"], r["crew_id"]) for r in await told()] == [("SKILL", str(crew))]


@services
async def test_a_plan_is_explained_again_unless_it_is_old_or_fails_too_often(world: World) -> None:
    async with world.pool.acquire() as connection:
        facts = await read_facts(connection, now())
    old, new = (Plan((), (Unassigned(new_id(), ()),), 0, "t", 0.0) for _ in range(2))
    busy, broken = Unavailable("busy", code=BUSY), Unavailable("died")
    telling = Telling()
    telling.put(facts, old, 1)
    stale = await telling.next()
    telling.put(facts, new, 2)

    assert not telling.put_back(stale, busy)
    again = [telling.put_back(await telling.next(), error) for error in (busy,) * 9 + (broken,) * 3]
    assert again == [True] * (9 + TRIES - 1) + [False]
    assert telling.take() is None


@services
async def test_silence_and_return_are_seen_when_they_come(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("muette")
    phone = await phone_of(world, worker, age=timedelta(seconds=56))
    await world.task(await world.site())
    await wish(world, silent_s=60, silent_policy="withdraw")
    since = await last(world)
    (offer,) = await round_.plan()
    other, _ = await world.crew("b", depot=(LYON[0] + 0.2, LYON[1]))

    async def holders() -> list[UUID]:
        return [row["crew_id"] for row in await round_.live() if row["state"] == "offered"]

    async def moved() -> bool:
        return await holders() == [other]

    async def heard() -> bool:
        return "crew.heard" in await kinds_since(world, since)

    async with looping(await round_.dispatcher()):
        assert "crew.silent" not in await kinds_since(world, since)
        await until(moved)
        await world.pool.execute(
            "update latest_fix set received_at = now() where device_id = $1", phone
        )
        await until(heard)

    assert offer["crew_id"] == crew
    kinds = await kinds_since(world, since)
    assert (kinds.count("crew.silent"), kinds.count("crew.heard")) == (1, 1)


@services
async def test_a_tracker_fixed_to_a_crews_vehicle_wakes_the_loop(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("a")
    await world.task(await world.site())
    vehicle = await world.insert(tables.vehicle, plate=str(crew)[-9:], label="Fourgon")
    await world.pool.execute("update crew set vehicle_id = $2 where id = $1", crew, vehicle)
    tracker = await world.insert(
        tables.device, name=f"t{crew.hex[-9:]}", label="t", kind="tracker", purpose="dispatch"
    )
    await world.pool.execute(
        "insert into latest_fix (device_id, observed_at, received_at, lon, lat) "
        "values ($1, now(), now(), $2, $3)",
        tracker,
        LYON[0] + 0.1,
        LYON[1],
    )

    async def far() -> bool:
        return any(row["travel_s"] > 60 for row in await round_.live())

    async def planned() -> list[dict[str, Any]]:
        return await round_.live()

    async with looping(await round_.dispatcher()):
        await until(planned)
        near = not await far()
        await run(round_, lambda c: bind_device(c, tracker, {"vehicle_id": vehicle}))
        await until(far)

    assert near


def test_every_kind_that_wakes_is_told_by_somebody() -> None:
    root = Path(dispatch.__file__).parents[1]
    listens = root / "dispatch/live/bench.py"
    sources = [path for name in PACKAGES for path in (root / name).rglob("*.py")]
    trees = [ast.parse(path.read_text()) for path in sources if path != listens]
    told = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # The ledger writes its kinds from its entries' own, f"presence.{entry.kind}".
    told |= {f"presence.{kind}" for kind in ("entered", "left") if {"presence.", kind} <= told}

    assert (WAKING | SHIFTING | HEARING) - told == set()
