"""Who looks on while a bench runs: a follower of the stream, a map, a crew's lead.

All clocks are this machine's: a delay is from the stamp a device put on a fix, when it said it, to
the moment its news is read here, in the process that sends the load as well. So every figure errs
upwards, by what this process's own loop is late.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from fieldops.database import Pool
from fieldops.model import TenantSlug, now
from fieldops.stream import follow_fixes, last_batch
from simulators.office import Office

WORLD = {"bbox": [-180, -90, 180, 90], "zoom": 3}
OPEN_S = 10.0


@dataclass(slots=True)
class StreamWatch:
    """Reads committed batches as the hub does: a batch is streamed right after its commit."""

    receipt_s: list[float] = field(default_factory=list)
    commit_s: list[float] = field(default_factory=list)
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


@dataclass(slots=True)
class MapWatch:
    """A person who looks at the whole map."""

    frame_s: list[float] = field(default_factory=list)
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
