"""`fieldops bench ingest`: durable messages a second, beside a plain C subscriber and raw COPY.

One round is: our ingest (leases, gate, fences, stream, acks, everything committed), then
mosquitto_sub on the same broker under the same senders, then binary COPY into the same table;
never two at a time. Three rounds; the figures are of the median round. The services are the
bench's own, so that their processor seconds are for this alone.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.own_stack import own_stack, pid_of
from bench.report import Report, median, percentile
from bench.rig import Rig, allow_sockets, await_lease, register, rig
from bench.senders import Done, Order
from bench.sending import connected
from bench.worker import Worker, cpu_of_family_s, cpu_s, working
from devices.broker import broker_admin, gateway_user
from devices.endpoint import endpoint
from devices.topics import DeviceName, Lane, device_topic
from fieldops import stack
from fieldops.errors import Prerequisite
from fieldops.model import TenantSlug
from fieldops.settings import Settings
from fieldops.stack.progress import Progress

ROUNDS = 3
IN_FLIGHT, UNSETTLED = 8, 100
CALIBRATE_EACH = 20
COPY_ROWS, COPY_BATCH = 200_000, 20_000
PATIENCE = 10.0
_LOOK_S = 0.1
GOAL = ">= 0.9"
_SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
_COLUMNS = (
    "device_id", "observed_at", "received_at", "lon", "lat", "accuracy_m", "speed_mps",
    "heading_deg", "battery_pct", "source", "flags", "run", "seq", "batch",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """How many devices, and how long one leg of a round is to last, about."""

    devices: int = 2000
    seconds: float = 60.0
    rounds: int = ROUNDS


@dataclass(frozen=True, slots=True)
class _Leg:
    """One leg: messages a second, and the processor seconds of each process in it."""

    rate: float
    seconds: float
    cpu_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Ours:
    leg: _Leg
    done: Done
    rows: int
    p50_s: float
    p99_s: float


async def run_ingest_bench(settings: Settings, plan: IngestPlan, progress: Progress) -> Report:
    """Measure.

    Raises:
        Prerequisite: the database would not keep what it confirms, so there is nothing to tell.
    """
    allow_sockets(2 * plan.devices + 1000)
    subscriber = stack.subscriber(settings.home, progress=progress)
    with tempfile.TemporaryDirectory(prefix="fieldops-bench-") as folder:
        async with (
            own_stack(settings, progress) as (own, urls, _),
            rig(own, urls, Path(folder)) as bed,
        ):
            await require_durable(bed)
            ids = await register(bed, [f"van-{n}" for n in range(plan.devices)], progress=progress)
            async with _peer_tenant(bed) as peer:
                bench = _Bench(bed, peer, subscriber, list(ids), list(ids.values()))
                async with (
                    working(["ingest"], bed.env, bed.folder) as ingest,
                    working(["geo"], bed.env, bed.folder) as geo,
                ):
                    await await_lease(await bed.pool(), "ingest")
                    await await_lease(await bed.pool(), "geo")
                    return await _rounds(bench, ingest, geo, plan, progress)


async def require_durable(bed: Rig) -> None:
    """Refuse to measure a database that forgets what it confirmed.

    Raises:
        Prerequisite: a setting is off, or `fix` is not logged.
    """
    pool = await bed.pool()
    for name, wanted in _SAFE.items():
        found = await pool.fetchval("select current_setting($1)", name)
        if found != wanted:
            raise Prerequisite(f"PostgreSQL runs with {name} = {found}: set it {wanted}")
    kind = await pool.fetchval(
        "select relpersistence::text from pg_class where oid = 'fix'::regclass"
    )
    if kind != "p":
        raise Prerequisite("table fix is not logged: what it confirms may be lost")


async def _rounds(
    bench: "_Bench", ingest: Worker, geo: Worker, plan: IngestPlan, progress: Progress
) -> Report:
    calibrated = await bench.theirs(CALIBRATE_EACH)
    each = max(1, round(calibrated.rate * plan.seconds / plan.devices))
    ours, theirs, copied = [], [], []
    for number in range(plan.rounds):
        progress.advance("measured", 3 * number, 3 * plan.rounds)
        ours.append(await bench.ours(each, number, ingest, geo))
        progress.advance("measured", 3 * number + 1, 3 * plan.rounds)
        theirs.append(await bench.theirs(each))
        progress.advance("measured", 3 * number + 2, 3 * plan.rounds)
        copied.append(await bench.copy(number))
    progress.advance("measured", 3 * plan.rounds, 3 * plan.rounds)
    return _report(plan, ours, theirs, copied, each)


class _Bench:
    """The three legs of a round."""

    def __init__(
        self,
        bed: Rig,
        peer: TenantSlug,
        subscriber: Path,
        names: Sequence[DeviceName],
        ids: Sequence[Any],
    ) -> None:
        self._bed = bed
        self._peer = peer
        self._subscriber = subscriber
        self._names = [str(name) for name in names]
        self._ids = ids
        self._services = {
            name: pid
            for name in ("mqtt", "postgres", "valkey")
            if (pid := pid_of(bed.settings.home, name)) is not None
        }

    async def ours(self, each: int, number: int, ingest: Worker, geo: Worker) -> _Ours:
        """Send until all is settled; the end is the last commit."""
        run = f"round-{number}"
        order = self._order(self._bed.tenant.slug, each, run, unsettled=UNSETTLED)
        told = sum(1 for _ in ingest.said("batch.stored"))
        async with connected(order) as fleet:
            before = self._cpu({"ingest": ingest.pid, "geo": geo.pid})
            done = await fleet.speak(self._patience(order))
            used = before() | {"senders": done.cpu_s}
        batches = list(ingest.said("batch.stored"))[told:]
        batches = [batch for batch in batches if batch["stored"]]
        last_at = datetime.fromisoformat(batches[-1]["timestamp"]).timestamp()
        seconds = last_at - done.first_at
        waits = [(batch["ms"] / 1000, float(batch["messages"])) for batch in batches]
        pool = await self._bed.pool()
        rows = await pool.fetchval("select count(*) from fix where run = $1", run)
        return _Ours(
            _Leg(rows / seconds, seconds, used),
            done,
            rows,
            percentile(waits, 0.5),
            percentile(waits, 0.99),
        )

    async def theirs(self, each: int) -> _Leg:
        """Send the same to a C subscriber that throws it away; the end is its last message."""
        order = self._order(self._peer, each, "peer", unsettled=0)
        total = each * len(self._names)
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
        return _Leg(total / seconds, seconds, used)

    async def copy(self, number: int) -> float:
        """Return the rows a second of binary COPY into the table, in batches of 20,000."""
        start = datetime.fromisoformat("2020-01-01T00:00:00+00:00") + timedelta(days=number)
        count = len(self._ids)
        rows = [
            (self._ids[n % count], start + timedelta(milliseconds=n), start, 4.8, 45.7, 6.5, 12.4,
             271.0, 84, "gnss", 0, "copy", n, 0)
            for n in range(COPY_ROWS)
        ]  # fmt: skip
        pool = await self._bed.pool()
        async with pool.acquire() as connection:
            began = time.perf_counter()
            for at in range(0, COPY_ROWS, COPY_BATCH):
                await connection.copy_records_to_table(
                    "fix", records=rows[at : at + COPY_BATCH], columns=_COLUMNS
                )
            return COPY_ROWS / (time.perf_counter() - began)

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
async def _peer_tenant(bed: Rig) -> AsyncIterator[TenantSlug]:
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


def _report(
    plan: IngestPlan,
    ours: Sequence[_Ours],
    theirs: Sequence[_Leg],
    copied: Sequence[float],
    each: int,
) -> Report:
    """Report the median round, by its ratio to the C subscriber."""
    ratios = [mine.leg.rate / peer.rate for mine, peer in zip(ours, theirs, strict=True)]
    chosen = ratios.index(median(ratios))
    mine, peer, copy = ours[chosen], theirs[chosen], copied[chosen]
    sent = mine.done.sent
    figures = {
        "devices": float(plan.devices),
        "messages_a_leg": float(each * plan.devices),
        "durable_messages_per_s": mine.leg.rate,
        "of_c_subscriber": ratios[chosen],
        "of_c_subscriber_worst": min(ratios),
        "of_c_subscriber_best": max(ratios),
        "of_copy": mine.leg.rate / copy,
        "receive_to_commit_p50_ms": 1000 * mine.p50_s,
        "receive_to_commit_p99_ms": 1000 * mine.p99_s,
        "sequences_sent": float(sent),
        "sequences_settled": float(mine.done.settled),
        "rows": float(mine.rows),
        "connections_lost": float(mine.done.lost),
        **{f"{name}_cpu_s": used for name, used in mine.leg.cpu_s.items()},
        **{f"{name}_cpu_us_a_message": 1e6 * used / sent for name, used in mine.leg.cpu_s.items()},
        "leg_s": mine.leg.seconds,
    }
    peers = {
        "mosquitto_sub_messages_per_s": peer.rate,
        "binary_copy_rows_per_s": copy,
        **{f"mosquitto_sub_leg_{name}_cpu_s": used for name, used in peer.cpu_s.items()},
    }
    unsettled = sent - mine.done.settled + abs(sent - mine.rows)
    goals = {"of_c_subscriber": GOAL, "unsettled": "== 0"}
    return Report("ingest", {**figures, "unsettled": float(unsettled)}, peers, goals)
