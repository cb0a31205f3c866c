"""`bench road`: from a device to the map and to a crew's socket, on the running stack and hub.

What is timed, from the stamp a device puts on a fix when it publishes it:

- to its receipt: `received_at`, which ingest takes at the socket, as the stream carries it;
- to its commit: when a follower of the tenant's stream has the batch; ingest appends it right after
  the commit, so this is the commit and about a millisecond more;
- to the frame: when a viewer of the whole map has read the frame that shows it first.

The hub's queue is timed by the hub: its histogram from receipt to queue, read before and after (it
counts every tenant's fixes; quantiles lie within its buckets). `lost` and `duplicated` are counted
in the tenant's table. `task_to_offer_s` is from the answer to the manager's POST to the offer on
the lead's socket; each task is cancelled again, so that the crew is always free.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.fleet import Fleet, open_fleet
from bench.ground import PLACE, Ground, bench_ground
from bench.report import Report, median
from bench.scrape import Histogram, read_histogram
from bench.watching import MapWatch, OfferWatch, StreamWatch, both_ms, first_error, looking_on
from fieldops.database import sql, translated
from fieldops.errors import Unavailable
from fieldops.model import new_id, now
from fieldops.process import Process

HUB_DELAY = "fieldops_live_fix_delay_seconds"
READY_S = 30.0
SETTLE_S = 30.0
OFFER_S = 20.0
TASK_EVERY_S = 6.0
FRAME_SLACK_MS = 60
OFFER_GOAL_S = 5
NOTES = (
    "Load, viewers and hub share this machine and its clock; generator_late_ms tells how late the "
    "load itself was, and every delay may be longer by as much.",
    "receipt_to_hub_ms is the hub's own histogram, of all tenants, interpolated in its buckets.",
)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class RoadPlan:
    """How much road, and where the hub is."""

    base_url: str
    metrics_url: str
    devices: int = 500
    seconds: int = 60

    @property
    def live_url(self) -> str:
        return self.base_url.replace("http", "ws", 1) + "/api/v1/live"


@dataclass(slots=True)
class _Watch:
    stream: StreamWatch = field(default_factory=StreamWatch)
    map: MapWatch = field(default_factory=MapWatch)
    offers: OfferWatch = field(default_factory=OfferWatch)
    offer_s: list[float] = field(default_factory=list)
    unoffered: int = 0

    async def ready(self) -> None:
        """Wait until all three look on.

        Raises:
            Unavailable: one of them does not get to.
        """
        try:
            async with asyncio.timeout(READY_S):
                for each in (self.stream, self.map, self.offers):
                    await each.ready.wait()
        except TimeoutError as error:
            raise Unavailable(f"the hub showed no map and no stream within {READY_S} s") from error


async def run_road(process: Process, plan: RoadPlan, progress: Progress) -> Report:
    """Measure; the tenant of it is dropped at the end, on Ctrl-C too.

    Raises:
        Unavailable: no hub is ready, or it does not serve the new tenant.
    """
    done = 0

    def registered(more: int) -> None:
        nonlocal done
        done += more
        progress("registered", done, plan.devices)

    async with bench_ground(process, plan.base_url, "road", plan.devices, registered) as ground:
        fleet = await open_fleet(ground.gateway, ground.tenant.slug, ground.devices, PLACE)
        try:
            return await _measure(process, plan, ground, fleet, progress)
        except BaseExceptionGroup as errors:
            raise first_error(errors) from errors
        finally:
            await fleet.close()


async def _measure(
    process: Process, plan: RoadPlan, ground: Ground, fleet: Fleet, progress: Progress
) -> Report:
    watch = _Watch()
    async with httpx.AsyncClient() as http, asyncio.TaskGroup() as group:
        lookers = [
            group.create_task(looking_on(looking))
            for looking in (
                watch.stream.run(ground.pool, process.valkey, ground.tenant.slug),
                watch.map.run(plan.live_url, ground.manager),
                watch.offers.run(plan.live_url, ground.lead),
            )
        ]
        await watch.ready()
        await _warm_up(fleet, ground)
        before = await read_histogram(http, plan.metrics_url, HUB_DELAY)
        watch.stream.since = watch.map.since = now()
        run = f"road-{new_id().hex[-8:]}"
        asking = group.create_task(_ask_for_work(ground, watch))
        await fleet.drive(
            run, plan.seconds, lambda second: progress("driving", second, plan.seconds)
        )
        asking.cancel()
        await fleet.until_settled(SETTLE_S)
        await asyncio.sleep(2.0)  # the last frame's tick, and the bell of the last batch
        hub = (await read_histogram(http, plan.metrics_url, HUB_DELAY)).since(before)
        for each in lookers:
            each.cancel()
    with translated("count"):
        counted = await ground.pool.fetchrow(sql("bench", "count_run"), run)
    tick_ms = process.settings.live_tick_ms
    return _report(fleet, watch, hub, dict(counted), tick_ms)


async def _warm_up(fleet: Fleet, ground: Ground) -> None:
    """Say two fixes a device, so that whoever serves a new tenant has begun to.

    Raises:
        Unavailable: nobody does.
    """
    await fleet.drive("warm-up", 2, lambda _: None)
    if not await fleet.until_settled(READY_S):
        raise Unavailable(
            f"{fleet.sent - fleet.settled} of {fleet.sent} fixes of tenant {ground.tenant.slug} "
            f"were not settled within {READY_S:.0f} s: does an ingest run?"
        )


async def _ask_for_work(ground: Ground, watch: _Watch) -> None:
    """Create a task, time its offer, cancel it, and again until cancelled."""
    number = 0
    while True:
        number += 1
        task = await ground.manager.post("/tasks", ground.task(f"Bench {number}"))
        created = time.perf_counter()
        offered = await watch.offers.offered(task["id"], OFFER_S)
        if offered is None:
            watch.unoffered += 1
        else:
            watch.offer_s.append(offered - created)
        await ground.manager.post(f"/tasks/{task['id']}/cancel")
        await asyncio.sleep(max(0.0, created + TASK_EVERY_S - time.perf_counter()))


def _report(
    fleet: Fleet, watch: _Watch, hub: Histogram, counted: dict[str, Any], tick_ms: int
) -> Report:
    figures = {
        "devices": len(fleet.members),
        "fixes_sent": fleet.sent,
        "fixes_settled": fleet.settled,
        "fixes_lost": fleet.sent - counted["messages"],
        "fixes_duplicated": counted["rows"] - counted["messages"],
        **both_ms("fix_to_receipt_ms", watch.stream.receipt_s),
        **both_ms("fix_to_commit_ms", watch.stream.commit_s),
        **both_ms("receipt_to_hub_ms", hub),
        **both_ms("fix_to_frame_ms", watch.map.frame_s),
        "fixes_in_frames": len(watch.map.frame_s),
        "tasks_offered": len(watch.offer_s),
        "tasks_not_offered": watch.unoffered,
        **both_ms("generator_late_ms", fleet.late_s),
    }
    if watch.offer_s:
        figures["task_to_offer_s_p50"] = round(median(watch.offer_s), 2)
        figures["task_to_offer_s_max"] = round(max(watch.offer_s), 2)
    goals = {
        "fixes_settled": f">= {fleet.sent}",
        "fixes_lost": "== 0",
        "fixes_duplicated": "== 0",
        "receipt_to_hub_ms_p50": "<= 15",
        "receipt_to_hub_ms_p99": "<= 60",
        "fix_to_frame_ms_p99": f"<= {tick_ms + FRAME_SLACK_MS}",
        "tasks_not_offered": "== 0",
        "task_to_offer_s_max": f"<= {OFFER_GOAL_S}",
    }
    return Report("road", figures, goals=goals, notes=NOTES)
