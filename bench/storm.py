"""`fieldops bench storm`: everybody drops, keeps speaking, and returns at once.

Devices are the reference client: what they said without a connection comes as arrays, all at the
same moment. Services and hub are the bench's own.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.own_stack import own_stack, pid_of
from bench.report import Report
from bench.rig import CENTRE, Rig, allow_sockets, await_lease, register, rig
from bench.worker import Worker, resident_mb, working
from devices.client import DeviceClient
from devices.topics import DeviceName
from fieldops.errors import Unavailable
from fieldops.model import now
from fieldops.settings import Settings
from fieldops.stack.progress import Progress

SETTLE_S = 120.0
CALM_S = 20.0
MEMORY_GOAL = "<= 1.1"


@dataclass(frozen=True, slots=True)
class StormPlan:
    """How many devices, and how much each has kept when it returns."""

    devices: int = 5000
    backlog: int = 20


async def run_storm(settings: Settings, plan: StormPlan, progress: Progress) -> Report:
    """Measure on services of its own."""
    allow_sockets(2 * plan.devices + 1000)
    with tempfile.TemporaryDirectory(prefix="fieldops-bench-") as folder:
        async with (
            own_stack(settings, progress) as (own, urls, _),
            rig(own, urls, Path(folder)) as bed,
        ):
            names = [f"van-{n}" for n in range(plan.devices)]
            ids = await register(bed, names, progress=progress)
            clients = [_client(bed, name) for name in ids]
            async with working(["ingest"], bed.env, bed.folder) as ingest:
                await await_lease(await bed.pool(), "ingest")
                return await _storm(bed, ingest, clients, plan, progress)


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


async def _storm(
    bed: Rig, ingest: Worker, clients: Sequence[DeviceClient], plan: StormPlan, progress: Progress
) -> Report:
    broker = pid_of(bed.settings.home, "mqtt")
    # A first storm of the same size sets the level: a second may add nothing.
    await _say(clients, plan.backlog)
    await _online(clients, progress, "settled after the first storm")
    await asyncio.sleep(CALM_S)
    before = resident_mb(ingest.pid)
    await _say(clients, plan.backlog)
    settled_s = await _online(clients, progress, "settled after the second storm")
    peak = resident_mb(ingest.pid)
    await asyncio.sleep(CALM_S)
    after = resident_mb(ingest.pid)
    rows = await (await bed.pool()).fetchval("select count(*) from fix")
    said = sum(client.said for client in clients)
    restarts = (
        ingest.starts - 1 + (not ingest.alive) + (pid_of(bed.settings.home, "mqtt") != broker)
    )
    figures = {
        "devices": float(plan.devices),
        "backlog_messages": float(plan.devices * plan.backlog),
        "settled_s": settled_s,
        "sequences": float(said),
        "rows_missing": float(said - rows),
        "restarts": float(restarts),
        "ingest_memory_before_mb": before,
        "ingest_memory_peak_mb": peak,
        "ingest_memory_after_mb": after,
        "memory_ratio": after / before,
    }
    goals = {
        "settled_s": "<= 15",
        "rows_missing": "== 0",
        "restarts": "== 0",
        "memory_ratio": MEMORY_GOAL,
    }
    return Report("storm", figures, goals=goals)


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
