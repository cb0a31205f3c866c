"""Who looks on while a bench runs: a follower of the stream, a map, a crew's lead.

All clocks are this machine's: a delay is from the stamp a device put on a fix, when it said it, to
the moment its news is read here, in the process that sends the load as well. So every figure errs
upwards, by what this process's own loop is late.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from bench.report import percentile
from bench.scrape import Histogram
from fieldops.database import Pool
from fieldops.errors import FieldopsError, Unavailable
from fieldops.model import TenantSlug, now
from fieldops.stream import follow_fixes, last_batch
from simulators.office import Office

WORLD = {"bbox": [-180, -90, 180, 90], "zoom": 3}
OPEN_S = 10.0
# A row's age is told in whole ms.
_ROUNDED = timedelta(milliseconds=1)


@dataclass(slots=True)
class StreamWatch:
    """Reads committed batches as the hub does: a batch is streamed right after its commit.

    `observed` is (device, when) of each fix that counts.
    """

    receipt_s: list[float] = field(default_factory=list)
    commit_s: list[float] = field(default_factory=list)
    observed: list[tuple[str, datetime]] = field(default_factory=list)
    since: datetime | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, pool: Pool, valkey: Redis, tenant: TenantSlug) -> None:
        """Follow until cancelled; only fixes observed from `since` on count."""
        after = await last_batch(pool)
        self.ready.set()
        async for _, fixes in follow_fixes(pool, valkey, tenant, after):
            at = now()
            for fix in fixes:
                if self.since is not None and fix.observed_at >= self.since:
                    self.commit_s.append((at - fix.observed_at).total_seconds())
                    self.receipt_s.append((fix.received_at - fix.observed_at).total_seconds())
                    self.observed.append((str(fix.device), fix.observed_at))


@dataclass(slots=True)
class MapWatch:
    """A person who looks at the whole map; `shown` is (device, of when its fix is, seen when)."""

    frame_s: list[float] = field(default_factory=list)
    shown: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    frames: int = 0
    since: datetime | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: dict[str, datetime] = field(default_factory=dict)

    async def run(self, live_url: str, office: Office) -> None:
        """Look on until cancelled."""
        async with connect(live_url, open_timeout=OPEN_S, proxy=None, max_size=None) as socket:
            await _greet(socket, office, {"map": WORLD, "assignments": False})
            async for text in socket:
                frame = msgspec.json.decode(text)
                self.ready.set()
                if "fixes" in frame:
                    self._take(frame)

    def _take(self, frame: dict[str, Any]) -> None:
        """Note the delay of each fix that is shown for the first time."""
        at = now()
        told_at = datetime.fromisoformat(frame["now"])
        self.frames += self.since is not None
        for device, _, _, _, _, age_s, *_ in frame["fixes"]:
            observed_at = told_at - timedelta(seconds=age_s)
            if self._seen.get(device) == observed_at:
                continue
            self._seen[device] = observed_at
            if self.since is not None and observed_at >= self.since:
                self.frame_s.append((at - observed_at).total_seconds())
                self.shown.append((device, observed_at, at))


def ages_in_frames(
    observed: Iterable[tuple[str, datetime]], shown: Iterable[tuple[str, datetime, datetime]]
) -> tuple[list[float], int]:
    """Return how old each fix was, seconds, in the first frame that showed it or a newer one of
    its device, and how many no frame covered. A map shows the newest only: where a device speaks
    more often than it ticks, the others would not count, and they are the older ones."""
    frames: dict[str, list[tuple[datetime, datetime]]] = {}
    for device, observed_at, at in shown:
        frames.setdefault(device, []).append((observed_at + _ROUNDED, at))
    ages, uncovered = [], 0
    for device, observed_at in observed:
        of_device = frames.get(device, [])
        place = bisect_left(of_device, observed_at, key=lambda frame: frame[0])
        if place < len(of_device):
            ages.append((of_device[place][1] - observed_at).total_seconds())
        else:
            uncovered += 1
    return ages, uncovered


async def looking_on(looking: Awaitable[None]) -> None:
    """Look on until cancelled.

    Raises:
        Unavailable: it came to an end by itself.
    """
    await looking
    raise Unavailable("the hub closed a connection while it was measured")


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of ours in a group, else its first."""
    leaves: list[BaseException] = []
    groups: list[BaseException] = [errors]
    for each in groups:
        if isinstance(each, BaseExceptionGroup):
            groups.extend(each.exceptions)
        else:
            leaves.append(each)
    return next((leaf for leaf in leaves if isinstance(leaf, FieldopsError)), leaves[0])


def both_ms(name: str, delays: Histogram | Sequence[float]) -> dict[str, float]:
    """Return p50 and p99 of delays in seconds as milliseconds; those not measured are missing."""
    figures = {}
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        if isinstance(delays, Histogram):
            value = delays.quantile(share)
        else:
            value = percentile([(d, 1.0) for d in delays], share) if delays else None
        if value is not None:
            figures[f"{name}_{label}"] = round(value * 1000, 1)
    return figures


@dataclass(slots=True)
class OfferWatch:
    """A crew's lead, who waits for offers; times are of `time.perf_counter`."""

    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: dict[str, float] = field(default_factory=dict)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, live_url: str, office: Office) -> None:
        """Listen until cancelled."""
        async with connect(live_url, open_timeout=OPEN_S, proxy=None) as socket:
            await _greet(socket, office, {"map": None, "assignments": True})
            async for text in socket:
                at = time.perf_counter()
                frame = msgspec.json.decode(text)
                self.ready.set()
                for event in frame.get("events", ()):
                    body = event["body"]
                    if event["kind"] == "assignment.changed" and body["state"] == "offered":
                        self._heard.setdefault(body["task_id"], at)
                        self._stirred.set()

    async def offered(self, task: str, timeout_s: float) -> float | None:
        """Return when the task was offered; None when it was not, in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while task not in self._heard:
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            return None
        return self._heard[task]


async def _greet(socket: ClientConnection, office: Office, wanted: dict[str, Any]) -> None:
    for message in ({"token": await office.token()}, {"subscribe": wanted}):
        await socket.send(msgspec.json.encode(message).decode())
