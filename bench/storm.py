"""`fieldops bench storm`: everybody drops, keeps speaking, and returns at once.

Devices are the reference client: what they said without a connection comes as arrays, all at the
same moment. Services and hub are the bench's own: ingest, and geo with fences to look at.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.conditions import Hub, require_durable, require_fences
from bench.own_hub import own_hub
from bench.own_stack import pid_of
from bench.report import Report
from bench.rig import CENTRE, Rig, register
from bench.worker import resident_mb
from devices.client import DeviceClient
from devices.topics import DeviceName
from fieldops.errors import Unavailable
from fieldops.model import now
from fieldops.settings import Settings
from fieldops.stack.progress import Progress

SETTLE_S = 120.0
CALM_S = 20.0
MEMORY_GOAL = "<= 1.1"
_COUNT = "select count(*) from fix"
_CHECKPOINTER = "select pid from pg_stat_activity where backend_type = 'checkpointer'"


@dataclass(frozen=True, slots=True)
class StormPlan:
    """How many devices, how much each has kept when it returns, how long calm is after a storm."""

    devices: int = 5000
    backlog: int = 20
    calm_s: float = CALM_S


async def run_storm(settings: Settings, plan: StormPlan, progress: Progress) -> Report:
    """Measure on services of its own."""
    async with own_hub(settings, plan.devices, progress) as own:
        return await measure_storm(own.bed, own.hub, plan, progress)


def _client(bed: Rig, name: DeviceName) -> DeviceClient:
    where = bed.gateway
    return DeviceClient(
        where.host,
        where.port,
        bed.tenant.slug,
        name,
        where.password or "",
        username=where.username,
        timeout_s=30.0,
    )


@dataclass(frozen=True, slots=True)
class _Level:
    """Memory of those who hold what comes, MB."""

    ingest: float
    geo: float
    broker: float


class _Weather:
    """What must not change in a storm: who runs, and how much memory they have."""

    def __init__(self, bed: Rig, hub: Hub) -> None:
        self._bed = bed
        self._hub = hub

    async def running(self) -> dict[str, int | None]:
        """Return who runs; a database server that lost a child has another checkpointer."""
        pool = await self._bed.pool()
        home = self._bed.settings.home
        return {
            **{name: pid_of(home, name) for name in ("mqtt", "postgres", "valkey")},
            "checkpointer": await pool.fetchval(_CHECKPOINTER),
            "ingest": self._hub.ingest.pid if self._hub.ingest.alive else None,
            "geo": self._hub.geo.pid if self._hub.geo.alive else None,
        }

    def level(self) -> _Level:
        broker = pid_of(self._bed.settings.home, "mqtt") or 0
        return _Level(
            resident_mb(self._hub.ingest.pid), resident_mb(self._hub.geo.pid), resident_mb(broker)
        )


async def measure_storm(bed: Rig, hub: Hub, plan: StormPlan, progress: Progress) -> Report:
    """Measure a hub at work; of its tenant nothing but the storm's may be stored meanwhile.

    Raises:
        Prerequisite: the database forgets, no fence is watched, or a part of the hub was off.
        Unavailable: a storm was not settled in two minutes.
    """
    pool, weather = await bed.pool(), _Weather(bed, hub)
    await require_durable(pool)
    await require_fences(pool)
    ids = await register(bed, [f"storm-{n}" for n in range(plan.devices)], progress=progress)
    clients = [_client(bed, name) for name in ids]
    rows, served = await pool.fetchval(_COUNT), await hub.served()
    running, start = await weather.running(), weather.level()
    # A first storm of the same size sets the level: a second may add nothing.
    await _say(clients, plan.backlog)
    first_s = await _online(clients, progress, "settled after the first storm")
    await asyncio.sleep(plan.calm_s)
    before = weather.level()
    await _say(clients, plan.backlog)
    settled_s = await _online(clients, progress, "settled after the second storm")
    peak = weather.level()
    said = sum(client.said for client in clients)
    await hub.until_followed(served, said)
    await asyncio.sleep(plan.calm_s)
    after, still = weather.level(), await weather.running()
    figures = {
        "devices": float(plan.devices),
        "backlog_messages": float(plan.devices * plan.backlog),
        "first_settled_s": first_s,
        "settled_s": settled_s,
        "sequences": float(said),
        "forgotten": float(sum(client.forgotten for client in clients)),
        "rows_missing": float(said - (await pool.fetchval(_COUNT) - rows)),
        "restarts": float(sum(still[name] != pid for name, pid in running.items())),
        **_memory(start, before, peak, after),
    }
    goals = {
        "settled_s": "<= 15",
        "rows_missing": "== 0",
        "forgotten": "== 0",
        "restarts": "== 0",
        "memory_ratio": MEMORY_GOAL,
    }
    return Report("storm", figures, goals=goals)


def _memory(start: _Level, before: _Level, peak: _Level, after: _Level) -> dict[str, float]:
    """Return the four levels of each, MB; `memory_ratio` is ingest's after the second storm to
    after the first, `of_start` to before both."""
    levels = {"start": start, "before": before, "peak": peak, "after": after}
    return {
        **{
            f"{name}_memory_{when}_mb": getattr(level, name)
            for name in ("ingest", "geo", "broker")
            for when, level in levels.items()
        },
        "memory_ratio": after.ingest / before.ingest,
        "memory_of_start": after.ingest / start.ingest,
        "geo_memory_ratio": after.geo / before.geo,
        "broker_memory_ratio": after.broker / before.broker,
    }


async def _say(clients: Sequence[DeviceClient], count: int) -> None:
    """Let everybody, without a connection, make so many fixes."""
    for _ in range(count):
        at = now()
        for client in clients:
            await client.send_fix(at=at, lon=CENTRE[0], lat=CENTRE[1], accuracy_m=6.0)
        await asyncio.sleep(0)


async def _online(clients: Sequence[DeviceClient], progress: Progress, text: str) -> float:
    """Let everybody return at once; return the seconds until all is settled, then all drop.

    Raises:
        Unavailable: it was not, in two minutes.
    """
    started_at = time.monotonic()
    total = sum(client.unsettled for client in clients)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(client.run()) for client in clients]
        try:
            while left := sum(client.unsettled for client in clients):
                progress.advance(text, total - left, total)
                if time.monotonic() - started_at > SETTLE_S:
                    raise Unavailable(f"{left} messages not settled within {SETTLE_S:.0f} s")
                await asyncio.sleep(0.1)
            progress.advance(text, total, total)
            return time.monotonic() - started_at
        finally:
            for each in running:
                each.cancel()
