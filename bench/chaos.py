"""`fieldops bench chaos`: kill -9 everything in turn, and account for every sequence ever said.

A stack and a hub of its own. Devices are the reference client: they keep and re-send what is not
settled. Somebody kills ingest, database, broker and Valkey in turn, every 5–15 s (or as soon as the
one before is well again and looked at, if that takes longer; the report tells), and starts them
again. After each blow, and at the end, the books are compared with the database.
"""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from os import kill

import asyncpg

from bench.accounts import Account, Claim, Found, Said, audit, missing, read_books
from bench.conditions import Hub
from bench.own_hub import own_hub
from bench.own_stack import pid_of
from bench.report import Report, median, percentile
from bench.rig import CENTRE, Rig, register
from bench.worker import Worker
from devices.client import DeviceClient
from fieldops import stack
from fieldops.database import CONNECTION_ERRORS
from fieldops.model import now
from fieldops.settings import Settings
from fieldops.stack.progress import Progress

TARGETS = ("ingest", "postgres", "mqtt", "valkey")
PRIVATE_SHARE = 0.05
RESEND_S = 5.0
DRAIN_S = 240.0
WATCH_S = 0.25
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """How many devices speak how often, for how long, what is killed in turn, and how often."""

    devices: int = 2000
    minutes: float = 5.0
    every_s: float = 1.0
    pause_s: tuple[float, float] = (5.0, 15.0)
    seed: int = 1
    targets: Sequence[str] = TARGETS
    resend_s: float = RESEND_S


@dataclass(slots=True)
class _Seen:
    """What was noticed on the way; `struck_at` are seconds of a monotonic clock."""

    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TARGETS, 0))
    looks: int = 0
    missing: list[str] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)
    struck_at: list[float] = field(default_factory=list)

    def intervals_s(self) -> list[float]:
        """Return the seconds from each blow to the next."""
        return [after - before for before, after in pairwise(self.struck_at)]


async def run_chaos(settings: Settings, plan: ChaosPlan, progress: Progress) -> Report:
    """Run it; a report whose goals are not all met says why in its notes."""
    async with own_hub(settings, plan.devices, progress) as own:
        return await measure_chaos(own.bed, own.ports, own.hub, plan, progress)


async def measure_chaos(
    bed: Rig, ports: stack.Ports, hub: Hub, plan: ChaosPlan, progress: Progress
) -> Report:
    """Run it on a hub at work, whose tenant holds nothing yet, and on services to be killed."""
    accounts = await _fleet(bed, plan, progress)
    return await _live(Havoc(bed, ports, hub.ingest, accounts, progress), plan, hub.geo)


async def _fleet(bed: Rig, plan: ChaosPlan, progress: Progress) -> list[Account]:
    private = max(1, round(plan.devices * PRIVATE_SHARE))
    open_names = [f"van-{number}" for number in range(plan.devices - private)]
    private_names = [f"phone-{number}" for number in range(private)]
    ids = await register(bed, open_names, progress=progress)
    ids |= await register(bed, private_names, kind="phone", progress=progress)
    where = bed.gateway
    return [
        Account(
            name,
            device,
            DeviceClient(
                where.host,
                where.port,
                bed.tenant.slug,
                name,
                where.password or "",
                username=where.username,
                buffer_max=100_000,
                resend_after_s=plan.resend_s,
            ),
        )
        for name, device in ids.items()
    ]


async def _live(havoc: "Havoc", plan: ChaosPlan, geo: Worker) -> Report:
    """Speak and be killed for the time given, then let everything settle and close the books."""
    chance = random.Random(plan.seed)  # noqa: S311 - repeatable
    started_at = time.monotonic()
    async with asyncio.TaskGroup() as group:
        radios = [group.create_task(each.client.run()) for each in havoc.accounts]
        watching = group.create_task(havoc.watch())
        with suppress(TimeoutError):
            async with asyncio.timeout(60 * plan.minutes), asyncio.TaskGroup() as speaking:
                for account in havoc.accounts:
                    speaking.create_task(_speak(account, plan.every_s, chance.random()))
                speaking.create_task(havoc.rage(chance, plan))
        await havoc.heal()
        spoken_s = time.monotonic() - started_at
        unsettled = await _drain(havoc.accounts, havoc.progress)
        drained_s = time.monotonic() - started_at - spoken_s
        watching.cancel()
        for radio in radios:
            radio.cancel()
    found = await havoc.look()
    if not geo.alive:
        havoc.seen.missing.append("geo ended by itself")
    return _report(havoc, found, unsettled, spoken_s, drained_s)


async def _speak(account: Account, every_s: float, phase: float) -> None:
    """Say something every so often: mostly fixes, now and then something odd."""
    chance = random.Random(account.name)  # noqa: S311 - repeatable
    private = account.name.startswith("phone-")
    lon, lat = CENTRE[0] + 0.08 * chance.random(), CENTRE[1] + 0.001 * chance.random()
    last_at: datetime | None = None
    await asyncio.sleep(every_s * phase)
    due = time.monotonic()
    while True:
        at = now()
        said = _choose(chance, private, last_at)
        if said == "twin" and last_at is not None:
            at = last_at
        lon += 0.00005 * chance.uniform(-1, 1)
        place = {"nowhere": (None, None), "bad": (999.0, lat)}.get(said, (lon, lat))
        account.said.append(said)
        await account.client.send_fix(at=at, lon=place[0], lat=place[1], accuracy_m=6.0)
        last_at = at if said == "fix" else None
        due += every_s
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def _choose(chance: random.Random, private: bool, last_at: datetime | None) -> Said:
    drawn = chance.random()
    if private:
        return "private"
    if drawn < 0.02:
        return "nowhere"
    if drawn < 0.03:
        return "bad"
    if drawn < 0.05 and last_at is not None and now() - last_at < timedelta(minutes=4):
        return "twin"
    return "fix"


async def _drain(accounts: Sequence[Account], progress: Progress) -> int:
    """Wait until all is settled, at most for a while; return how much is not."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN_S
    total = sum(account.client.unsettled for account in accounts) or 1
    while True:
        left = sum(account.client.unsettled for account in accounts)
        progress.advance("settled the rest", total - min(left, total), total)
        if left == 0 or loop.time() > deadline:
            return left
        await asyncio.sleep(0.5)


class Havoc:
    """Kills, starts again, and looks whether anything is gone."""

    def __init__(
        self,
        bed: Rig,
        ports: stack.Ports,
        ingest: Worker,
        accounts: list[Account],
        progress: Progress,
    ) -> None:
        self.accounts = accounts
        self.progress = progress
        self.ingest = ingest
        self.seen = _Seen()
        self._bed = bed
        self._ports = ports

    async def rage(self, chance: random.Random, plan: ChaosPlan) -> None:
        """Kill one after the other until cancelled; healing and looking are within the pause."""
        struck_at = time.monotonic()
        while True:
            for target in plan.targets:
                due = struck_at + chance.uniform(*plan.pause_s)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                struck_at = time.monotonic()
                await self.strike(target)
                await self.look()

    async def strike(self, target: str) -> None:
        """Kill -9 one of them and have it started again, as a supervisor does."""
        self.progress.say(f"kill -9 {target}")
        self.seen.kills[target] += 1
        self.seen.struck_at.append(time.monotonic())
        if target == "ingest":
            self.ingest.kill()
            self.ingest.start()
            return
        pid = await asyncio.to_thread(pid_of, self._bed.settings.home, target)
        if pid is not None:
            kill(pid, signal.SIGKILL)
        await self.heal()

    async def heal(self) -> None:
        """Start what does not run."""
        await asyncio.to_thread(
            stack.up, self._bed.settings.home, self._ports, progress=stack.SILENT
        )

    async def look(self) -> Found:
        """Compare what devices were told with what the database holds, told first."""
        claims = [account.claim() for account in self.accounts]
        async with self._reading() as connection:
            books = await read_books(connection)
        # Beside the loop: the clients live in it, and what holds them up looks like a stall.
        found = await asyncio.to_thread(books.found)
        gone = await asyncio.to_thread(_gone, claims, found)
        self.seen.looks += 1
        self.seen.missing += gone[:_SHOWN]
        return found

    async def watch(self) -> None:
        """Note how long nothing at all was settled; when cancelled, for how long it is so."""
        last, last_at = 0, time.monotonic()
        try:
            while True:
                await asyncio.sleep(WATCH_S)
                settled = sum(account.client.settled for account in self.accounts)
                present = time.monotonic()
                if settled > last:
                    self.seen.stalls.append(present - last_at)
                    last, last_at = settled, present
        finally:
            self.seen.stalls.append(time.monotonic() - last_at)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        async with asyncio.timeout(60.0):
            while True:
                with suppress(*CONNECTION_ERRORS):
                    connection = await asyncpg.connect(
                        self._bed.tenant.database_url, timeout=5.0, command_timeout=60.0
                    )
                    break
                await asyncio.sleep(0.2)
        try:
            yield connection
        finally:
            await connection.close(timeout=5.0)


def _gone(claims: Sequence[Claim], found: Found) -> list[str]:
    return missing([(claim.account, claim.settled()) for claim in claims], found)


def _report(
    havoc: Havoc, found: Found, unsettled: int, spoken_s: float, drained_s: float
) -> Report:
    accounts, seen = havoc.accounts, havoc.seen
    wrong = audit(accounts, found)
    said = sum(len(account.said) for account in accounts)
    figures = {
        "devices": float(len(accounts)),
        "seconds": spoken_s,
        "sequences": float(said),
        "rows": float(found.row_count),
        "duplicates": float(found.duplicates),
        "without_position": float(found.unlocated),
        "quarantined": float(sum(found.quarantined.values())),
        "privacy_drops": float(found.dropped),
        "resent": float(sum(a.client.resent for a in accounts)),
        "forgotten": float(sum(a.client.forgotten for a in accounts)),
        "looks": float(seen.looks),
        "settled_and_missing": float(len(seen.missing)),
        "unsettled_at_the_end": float(unsettled),
        "wrong_accounts": float(len(wrong)),
        "drain_s": drained_s,
        "longest_stall_s": percentile([(stall, 1.0) for stall in seen.stalls], 1.0),
        **{f"kills_{target}": float(count) for target, count in seen.kills.items()},
        **_intervals(seen),
    }
    goals = dict.fromkeys(
        ("settled_and_missing", "unsettled_at_the_end", "wrong_accounts", "forgotten"), "== 0"
    )
    return Report("chaos", figures, goals=goals, notes=(*seen.missing[:_SHOWN], *wrong[:_SHOWN]))


def _intervals(seen: _Seen) -> dict[str, float]:
    """Return the shortest, middle and longest seconds from blow to blow; nothing of one blow."""
    intervals_s = seen.intervals_s()
    if not intervals_s:
        return {}
    return {
        "kill_interval_s_min": min(intervals_s),
        "kill_interval_s_median": median(intervals_s),
        "kill_interval_s_max": max(intervals_s),
    }
