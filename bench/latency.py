"""`fieldops bench latency`: from a fix to its commit, to the hub's queue, and to a viewer's frame.

Senders speak at a steady rate; a viewer's feed, as the api runs it, follows in this process. A fix
carries the moment it was made, the clocks are one: what is told is the age of fixes on arrival.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.conditions import require_durable
from bench.own_stack import own_stack
from bench.report import Report, percentile
from bench.rig import Rig, allow_sockets, await_lease, register, rig
from bench.senders import Order
from bench.sending import connected
from bench.worker import Worker, working
from fieldops.model import Fix
from fieldops.settings import Settings
from fieldops.stack.progress import Progress
from fieldops.stream import follow_fixes

HUB_GOALS = {"to_hub_p50_ms": "<= 15", "to_hub_p99_ms": "<= 60"}
FRAME_SLACK_MS = 60
_WARM_S = 2.0


@dataclass(frozen=True, slots=True)
class LatencyPlan:
    rate: float = 5000.0
    seconds: float = 20.0
    devices: int = 500


@dataclass(slots=True)
class _Ages:
    """Ages of fixes, seconds: on the hub's queue, and when the next tick takes them."""

    hub: list[tuple[float, float]] = field(default_factory=list)
    frame: list[tuple[float, float]] = field(default_factory=list)
    waiting: list[Fix] = field(default_factory=list)
    from_s: float = 0.0

    def take(self, fixes: list[Fix]) -> None:
        present = time.time()
        if present >= self.from_s:
            self.hub += [(present - fix.observed_at.timestamp(), 1.0) for fix in fixes]
            self.waiting += fixes

    def tick(self) -> None:
        present = time.time()
        self.frame += [(present - fix.observed_at.timestamp(), 1.0) for fix in self.waiting]
        self.waiting.clear()


async def run_latency(settings: Settings, plan: LatencyPlan, progress: Progress) -> Report:
    """Measure on services of its own."""
    allow_sockets(2 * plan.devices + 1000)
    with tempfile.TemporaryDirectory(prefix="fieldops-bench-") as folder:
        async with (
            own_stack(settings, progress) as (own, urls, _),
            rig(own, urls, Path(folder)) as bed,
        ):
            await require_durable(await bed.pool())
            names = [f"van-{n}" for n in range(plan.devices)]
            await register(bed, names, progress=progress)
            async with (
                working(["ingest"], bed.env, bed.folder) as ingest,
                working(["geo"], bed.env, bed.folder),
            ):
                await await_lease(await bed.pool(), "ingest")
                await await_lease(await bed.pool(), "geo")
                return await _measure(bed, ingest, names, plan)


async def _measure(bed: Rig, ingest: Worker, names: list[str], plan: LatencyPlan) -> Report:
    where = bed.gateway
    order = Order(
        where.host,
        where.port,
        where.username or "",
        where.password or "",
        bed.tenant.slug,
        names,
        max(1, round(plan.rate * plan.seconds / plan.devices)),
        in_flight=64,
        rate=plan.rate,
        unsettled=100_000,
    )
    ages = _Ages()
    async with connected(order) as fleet, _following(bed, ages):
        ages.from_s = time.time() + _WARM_S
        done = await fleet.speak(120.0 + 10 * plan.seconds)
    tick_ms = bed.settings.live_tick_ms
    committed = _commits(ingest, ages.from_s)
    figures = {
        "rate_per_s": plan.rate,
        "reached_per_s": done.sent / (done.last_at - done.first_at),
        "sequences_sent": float(done.sent),
        "unsettled": float(done.sent - done.settled),
        **_percentiles("to_commit", committed),
        **_percentiles("to_hub", ages.hub),
        **_percentiles("to_frame", ages.frame),
        "tick_ms": float(tick_ms),
    }
    goals = {**HUB_GOALS, "to_frame_p99_ms": f"<= {tick_ms + FRAME_SLACK_MS}", "unsettled": "== 0"}
    return Report("latency", figures, goals=goals)


@asynccontextmanager
async def _following(bed: Rig, ages: _Ages) -> AsyncIterator[None]:
    """Follow the fixes as the hub does, and tick as its viewers' sessions do."""
    pool = await bed.pool()

    async def follow() -> None:
        async for _, fixes in follow_fixes(pool, bed.process.valkey, bed.tenant.slug, after=0):
            ages.take(fixes)

    async def tick() -> None:
        while True:
            await asyncio.sleep(bed.settings.live_tick_ms / 1000)
            ages.tick()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(follow()), group.create_task(tick())]
        try:
            yield
        finally:
            for each in tasks:
                each.cancel()


def _commits(ingest: Worker, from_s: float) -> list[tuple[float, float]]:
    """Return each batch's seconds from its oldest receipt to its commit, weighted by messages."""
    return [
        (batch["ms"] / 1000, float(batch["messages"]))
        for batch in ingest.said("batch.stored")
        if datetime.fromisoformat(batch["timestamp"]).astimezone(UTC).timestamp() >= from_s
    ]


def _percentiles(name: str, ages: list[tuple[float, float]]) -> dict[str, float]:
    return {
        f"{name}_p50_ms": 1000 * percentile(ages, 0.5),
        f"{name}_p99_ms": 1000 * percentile(ages, 0.99),
    }
