"""`fieldops bench latency`: from a fix to its commit, to the hub's queue, and to a viewer's frame.

Senders speak at a steady rate to a hub of the bench's own, all three roles of it; a person looks at
the whole map over a WebSocket. Clocks are one, so what is told is the age of fixes on arrival:

- to its commit: when a follower of the tenant's stream has the batch, about a millisecond after;
- from its receipt to the hub's queue: the api's own histogram, quantiles within its buckets;
- to the frame: when the viewer has read the first frame that shows it or a newer one of its device.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx

from bench.conditions import require_durable, require_fences
from bench.ground import add_user, require_hub, signed_in
from bench.own_hub import own_hub
from bench.own_stack import free_ports
from bench.report import Report
from bench.rig import Rig, register
from bench.scrape import Histogram, read_histogram
from bench.senders import Done, Order
from bench.sending import connected
from bench.watching import MapWatch, StreamWatch, ages_in_frames, both_ms, first_error, looking_on
from bench.worker import Worker, working
from fieldops.errors import Unavailable
from fieldops.model import Profile, now
from fieldops.observability import HOST
from fieldops.settings import Settings
from fieldops.stack.progress import Progress
from identity.commands import TenantStore
from identity.passwords import Passwords
from identity.users import NewUser
from simulators.office import Office

HUB_DELAY = "fieldops_live_fix_delay_seconds"
FRAME_SLACK_MS = 60
READY_S = 30.0
LAST_FRAME_S = 2.0
GOALS = {
    "fix_to_commit_ms_p50": "<= 15",
    "fix_to_commit_ms_p99": "<= 60",
    "receipt_to_hub_ms_p50": "<= 15",
    "receipt_to_hub_ms_p99": "<= 60",
    "fixes_not_shown": "== 0",
    "unsettled": "== 0",
}


@dataclass(frozen=True, slots=True)
class LatencyPlan:
    """How much is said; what is of the first `warm_s` does not count."""

    rate: float = 5000.0
    seconds: float = 20.0
    devices: int = 500
    warm_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Api:
    """A worker that runs the api, and where it listens."""

    worker: Worker
    port: int

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def live_url(self) -> str:
        return f"ws://{HOST}:{self.port}/api/v1/live"


@dataclass(slots=True)
class _Seen:
    """What a run showed."""

    stream: StreamWatch = field(default_factory=StreamWatch)
    map: MapWatch = field(default_factory=MapWatch)
    hub: Histogram = field(default_factory=lambda: Histogram({}))


async def run_latency(settings: Settings, plan: LatencyPlan, progress: Progress) -> Report:
    """Measure on services of its own."""
    async with (
        own_hub(settings, plan.devices, progress) as own,
        serving(own.bed) as api,
    ):
        return await measure_latency(own.bed, api, plan, progress)


@asynccontextmanager
async def serving(bed: Rig, roles: Sequence[str] = ("api",)) -> AsyncIterator[Api]:
    """Run the api of a rig on a free port, other roles with it where told."""
    port = free_ports(1)[0]
    env = {**bed.env, "FIELDOPS_API_HOST": HOST, "FIELDOPS_API_PORT": str(port)}
    async with working(roles, env, bed.folder) as worker:
        yield Api(worker, port)


async def measure_latency(bed: Rig, api: Api, plan: LatencyPlan, progress: Progress) -> Report:
    """Measure a hub at work.

    Raises:
        Prerequisite: the database forgets, or no fence is watched.
        Unavailable: the api does not come up, or shows no map.
    """
    pool = await bed.pool()
    await require_durable(pool)
    await require_fences(pool)
    names = [f"car-{n}" for n in range(plan.devices)]
    await register(bed, names, progress=progress)
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
    async with _manager(bed, api) as manager:
        try:
            seen, done = await _watched(bed, api, manager, order, plan)
        except BaseExceptionGroup as errors:
            raise first_error(errors) from errors
    return _report(plan, seen, done, bed.settings.live_tick_ms)


async def _watched(
    bed: Rig, api: Api, manager: Office, order: Order, plan: LatencyPlan
) -> tuple[_Seen, Done]:
    """Let the senders speak while a follower and a viewer look on."""
    seen, pool = _Seen(), await bed.pool()
    async with connected(order) as fleet, httpx.AsyncClient() as http, asyncio.TaskGroup() as group:
        lookers = [
            group.create_task(looking_on(looking))
            for looking in (
                seen.stream.run(pool, bed.process.valkey, bed.tenant.slug),
                seen.map.run(api.live_url, manager),
            )
        ]
        try:
            async with asyncio.timeout(READY_S):
                await seen.stream.ready.wait()
                await seen.map.ready.wait()
        except TimeoutError as error:
            raise Unavailable(f"the hub showed no map and no stream within {READY_S} s") from error
        speaking = group.create_task(fleet.speak(120.0 + 10 * plan.seconds))
        await asyncio.sleep(plan.warm_s)
        before = await read_histogram(http, api.worker.metrics_url, HUB_DELAY)
        seen.stream.since = seen.map.since = now()
        done = await speaking
        await asyncio.sleep(LAST_FRAME_S)
        seen.hub = (await read_histogram(http, api.worker.metrics_url, HUB_DELAY)).since(before)
        for each in lookers:
            each.cancel()
    return seen, done


@asynccontextmanager
async def _manager(bed: Rig, api: Api) -> AsyncIterator[Office]:
    """Sign a manager in, once the api is up."""
    async with asyncio.timeout(READY_S):
        while True:
            try:
                await require_hub(api.base_url)
                break
            except Unavailable:
                await asyncio.sleep(0.1)
    store, password = TenantStore(await bed.pool(), bed.process.valkey), secrets.token_urlsafe(16)
    hashed = await Passwords().hash(password)
    await add_user(store, bed.tenant, NewUser("viewer", "Viewer", Profile.MANAGER, hashed))
    async with AsyncExitStack() as stack:
        yield await signed_in(
            stack, lambda: Office(api.base_url, bed.tenant.slug, "viewer", password)
        )


def _report(plan: LatencyPlan, seen: _Seen, done: Done, tick_ms: int) -> Report:
    ages, uncovered = ages_in_frames(seen.stream.observed, seen.map.shown)
    figures = {
        "rate_per_s": plan.rate,
        "reached_per_s": done.sent / (done.last_at - done.first_at),
        "sequences_sent": float(done.sent),
        "unsettled": float(done.sent - done.settled),
        "fixes_timed": float(len(seen.stream.observed)),
        "fixes_not_shown": float(uncovered),
        "frames": float(seen.map.frames),
        **both_ms("fix_to_receipt_ms", seen.stream.receipt_s),
        **both_ms("fix_to_commit_ms", seen.stream.commit_s),
        **both_ms("receipt_to_hub_ms", seen.hub),
        **both_ms("fix_to_frame_ms", ages),
        "tick_ms": float(tick_ms),
    }
    goals = {**GOALS, "fix_to_frame_ms_p99": f"<= {tick_ms + FRAME_SLACK_MS}"}
    return Report("latency", figures, goals=goals)
