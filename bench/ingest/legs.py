"""The legs of a round: ours, a plain C subscriber's, raw COPY's; each begins on quiet services."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.conditions import Hub, quieten
from bench.own_stack import pid_of
from bench.report import percentile
from bench.rig import Rig
from bench.senders import Done, Order
from bench.sending import connected
from bench.worker import cpu_of_family_s, cpu_s
from devices.broker import broker_admin, gateway_user
from devices.endpoint import endpoint
from devices.topics import DeviceName, Lane, device_topic
from fieldops.database import sql
from fieldops.errors import Prerequisite
from fieldops.model import TenantSlug

IN_FLIGHT, UNSETTLED = 8, 60
PEER_MOST = 1_000_000
COPY_BATCH = 20_000
PATIENCE = 10.0
_LOOK_S = 0.1
_COLUMNS = (
    "device_id", "observed_at", "received_at", "lon", "lat", "accuracy_m", "speed_mps",
    "heading_deg", "battery_pct", "source", "flags", "run", "seq", "batch",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: messages a second, and the processor seconds of each process in it."""

    messages: int
    seconds: float
    cpu_s: Mapping[str, float]

    @property
    def rate(self) -> float:
        return self.messages / self.seconds

    def cpu_us(self) -> dict[str, float]:
        """Return processor µs a message of each process and, but for the senders, of all."""
        each = {name: 1e6 * used / self.messages for name, used in self.cpu_s.items()}
        return each | {"total": sum(used for name, used in each.items() if name != "senders")}


@dataclass(frozen=True, slots=True)
class Ours:
    """Our leg.

    Attributes:
        leg: to the last commit; its processor seconds to when geo had followed.
        rows: in the table.
        waits: (seconds from a message's receipt to its commit, how many waited so long).
        geo_behind: fixes geo had not taken when the last was settled.
        geo_lag_s: how long it took for these.
    """

    leg: Leg
    done: Done
    rows: int
    waits: Sequence[tuple[float, float]]
    geo_behind: float
    geo_lag_s: float

    def wait_ms(self, share: float) -> float:
        return 1000 * percentile(list(self.waits), share)


class Legs:
    """The three legs of a round."""

    def __init__(
        self,
        bed: Rig,
        hub: Hub,
        peer: TenantSlug,
        subscriber: Path,
        names: Sequence[DeviceName],
        ids: Sequence[Any],
    ) -> None:
        self._bed = bed
        self._hub = hub
        self._peer = peer
        self._subscriber = subscriber
        self._names = [str(name) for name in names]
        self._ids = ids
        self._services = {
            name: pid
            for name in ("mqtt", "postgres", "valkey")
            if (pid := pid_of(bed.settings.home, name)) is not None
        }

    async def ours(self, each: int, number: int) -> Ours:
        """Send until all is settled and geo has followed; the end is the last commit.

        Raises:
            Prerequisite: a part of the hub was off meanwhile.
        """
        run, (ingest, geo) = f"round-{number}", (self._hub.ingest, self._hub.geo)
        order = self._order(self._bed.tenant.slug, each, run, unsettled=UNSETTLED)
        pool = await self._bed.pool()
        await quieten(pool)
        told = sum(1 for _ in ingest.said("batch.stored"))
        async with connected(order) as fleet:
            served = await self._hub.served()
            before = self._cpu({"ingest": ingest.pid, "geo": geo.pid})
            done = await fleet.speak(self._patience(order))
            batches = list(ingest.said("batch.stored"))[told:]
            fixes = sum(batch["stored"] for batch in batches)
            behind = fixes - (await self._hub.served()).since(served).followed
            settled_at = time.time()
            await self._hub.until_followed(served, fixes)
            lag_s = time.time() - settled_at if behind > 0 else 0.0
            await quieten(pool)
            used = before() | {"senders": done.cpu_s}
        waits, last_at = committed(batches, await pool.fetch(sql("bench", "count_receipts"), run))
        rows = int(sum(count for _, count in waits))
        leg = Leg(rows, last_at - done.first_at, used)
        return Ours(leg, done, rows, waits, max(0.0, behind), lag_s)

    async def theirs(self, each: int) -> Leg:
        """Send the same, a million messages at most, to a C subscriber that throws it away; the end
        is its last message.

        Nothing holds the senders back here: the broker acknowledges faster than it delivers, and
        drops what it would hold beyond 256 MiB, so a longer leg would wait for ever.
        """
        each = min(each, PEER_MOST // len(self._names))
        order = self._order(self._peer, each, "peer", unsettled=0)
        total = each * len(self._names)
        await quieten(await self._bed.pool())
        async with connected(order) as fleet:
            child = await self._subscribe(total)
            try:
                # It tells nobody when it is subscribed; what it misses would not come to an end.
                await asyncio.sleep(1.0)
                before = self._cpu({})
                speaking = asyncio.create_task(fleet.speak(self._patience(order)))
                async with asyncio.timeout(self._patience(order)):
                    subscriber_s = await _ended(child)
                    ended_at = time.time()
                    used = before() | {"mosquitto_sub": subscriber_s}
                    done = await speaking
            finally:
                if child.returncode is None:
                    child.kill()
                await child.wait()
        used["senders"] = done.cpu_s
        seconds = ended_at - done.first_at
        return Leg(total, seconds, used)

    async def copy(self, number: int, count_rows: int) -> float:
        """Return the rows a second of binary COPY into the table, in batches of 20,000."""
        start = datetime.fromisoformat("2020-01-01T00:00:00+00:00") + timedelta(days=number)
        count = len(self._ids)
        rows = [
            (self._ids[n % count], start + timedelta(milliseconds=n), start, 4.8, 45.7, 6.5, 12.4,
             271.0, 84, "gnss", 0, "copy", n, 0)
            for n in range(count_rows)
        ]  # fmt: skip
        pool = await self._bed.pool()
        await quieten(pool)
        async with pool.acquire() as connection:
            began = time.perf_counter()
            for at in range(0, count_rows, COPY_BATCH):
                await connection.copy_records_to_table(
                    "fix", records=rows[at : at + COPY_BATCH], columns=_COLUMNS
                )
            return count_rows / (time.perf_counter() - began)

    async def _subscribe(self, count: int) -> asyncio.subprocess.Process:
        where = endpoint(self._bed.urls.mqtt_ingest)
        folder = self._bed.folder / "config"
        folder.mkdir(exist_ok=True)
        # Its own settings file, for a password on a command line is everybody's to read.
        settings = folder / "mosquitto_sub"
        settings.touch(mode=0o600)
        settings.write_text(f"-u {where.username}\n-P {where.password}\n")
        topic = device_topic(self._peer, DeviceName("+"), Lane.POSITION)
        limit = ("-D", "connect", "receive-maximum", "65535")
        return await asyncio.create_subprocess_exec(
            str(self._subscriber),
            *("-V", "5", "-q", "1", "-h", where.host, "-p", str(where.port), "-t", topic),
            *(*limit, "-C", str(count)),
            stdout=asyncio.subprocess.DEVNULL,
            env={"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)},
        )

    def _order(self, tenant: TenantSlug, each: int, run: str, *, unsettled: int) -> Order:
        where = self._bed.gateway
        return Order(
            where.host,
            where.port,
            gateway_user(tenant),
            where.password or "",
            tenant,
            self._names,
            each,
            IN_FLIGHT,
            unsettled,
            run=run,
        )

    def _patience(self, order: Order) -> float:
        return 120.0 + PATIENCE * order.each * len(order.devices) / 10_000

    def _cpu(self, workers: Mapping[str, int]) -> Callable[[], dict[str, float]]:
        """Start counting processor seconds; call the answer to have those used since."""

        def read() -> dict[str, float]:
            used = {name: cpu_s(pid) for name, pid in workers.items()}
            for name, pid in self._services.items():
                used[name] = cpu_of_family_s(pid) if name == "postgres" else cpu_s(pid)
            return used

        start = read()
        return lambda: {name: value - start[name] for name, value in read().items()}


def committed(
    batches: Iterable[Mapping[str, Any]], receipts: Iterable[Mapping[str, Any]]
) -> tuple[list[tuple[float, float]], float]:
    """Tell how long each message waited, of what ingest says of batches (`ms` is from a batch's
    oldest receipt to its commit) and of the receipts that stand in its rows.

    Returns:
        (seconds from receipt to commit, messages that waited so long), and the last commit in
        seconds since 1970.
    """
    taken = {batch["batch"]: batch["ms"] / 1000 for batch in batches}
    received = [(row["batch"], row["received_at"].timestamp(), row["messages"]) for row in receipts]
    oldest: dict[int, float] = {}
    for batch, at, _ in received:
        oldest[batch] = min(at, oldest.get(batch, at))
    commits = {batch: at + taken[batch] for batch, at in oldest.items()}
    waits = [(commits[batch] - at, float(count)) for batch, at, count in received]
    return waits, max(commits.values())


async def _ended(child: asyncio.subprocess.Process) -> float:
    """Wait for the end of the subscriber; return the processor seconds last seen of it."""
    used = 0.0
    while child.returncode is None:
        used = max(used, cpu_s(child.pid))
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await child.wait()
    if child.returncode != 0:
        raise Prerequisite(f"mosquitto_sub ended with {child.returncode}")
    return used


@asynccontextmanager
async def peer_tenant(bed: Rig) -> AsyncIterator[TenantSlug]:
    """Let senders speak where our ingest has no session: it would queue all they say."""
    peer = TenantSlug(f"{bed.tenant.slug}-peer")
    where = endpoint(bed.urls.mqtt_admin)
    async with broker_admin(where) as broker:
        await broker.ensure_gateway(peer, bed.gateway.password or "")
    try:
        yield peer
    finally:
        async with broker_admin(where) as broker:
            await broker.drop_tenant(peer)
