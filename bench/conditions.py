"""What must hold for a figure of a bench to be one: else the bench refuses, and says why.

Before: the database keeps what it confirms, and there are fences to look at. After a leg: geo
followed all of it, Valkey took every batch, devices were told. In between: quiet services, for
what one leg leaves to do must not be done in the next.
"""

import asyncio
import time
from dataclasses import dataclass

import httpx

from bench.scrape import counted, read_page
from bench.worker import Worker
from fieldops.database import Pool
from fieldops.errors import Prerequisite, Unavailable
from geo.fences.watched import watched_fences

FOLLOW_S = 120.0
QUIET_S = 120.0
_LOOK_S = 0.1
_SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
_BUSY = "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker'"


async def require_durable(pool: Pool) -> None:
    """Refuse to measure a database that forgets what it confirmed.

    Raises:
        Prerequisite: a setting is off, or `fix` is not logged.
    """
    for name, wanted in _SAFE.items():
        found = await pool.fetchval("select current_setting($1)", name)
        if found != wanted:
            raise Prerequisite(f"PostgreSQL runs with {name} = {found}: set it {wanted}")
    kind = await pool.fetchval(
        "select relpersistence::text from pg_class where oid = 'fix'::regclass"
    )
    if kind != "p":
        raise Prerequisite("table fix is not logged: what it confirms may be lost")


async def require_fences(pool: Pool) -> None:
    """Refuse to measure without fences: geo would have nothing to look at.

    Raises:
        Prerequisite: none is watched.
    """
    async with pool.acquire() as connection:
        if not await watched_fences(connection, None, tz="UTC"):
            raise Prerequisite("no fence is watched: geo would have nothing to do")


@dataclass(frozen=True, slots=True)
class Served:
    """What the hub's parts count of themselves: fixes geo took, batches Valkey did not take, and
    `ack` messages sent to devices."""

    followed: float
    unstreamed: float
    acks: float

    def since(self, before: "Served") -> "Served":
        """Return what was counted between two readings."""
        return Served(
            self.followed - before.followed,
            self.unstreamed - before.unstreamed,
            self.acks - before.acks,
        )


class Hub:
    """The two workers a leg needs whole: ingest, and geo that follows it."""

    def __init__(self, ingest: Worker, geo: Worker) -> None:
        self.ingest = ingest
        self.geo = geo

    async def served(self) -> Served:
        """Read what both count.

        Raises:
            Prerequisite: one of them has ended.
        """
        for worker in (self.ingest, self.geo):
            if not worker.alive:
                raise Prerequisite(f"{' and '.join(worker.roles)} ended while it was measured")
        async with httpx.AsyncClient() as http:
            ingest = await read_page(http, self.ingest.metrics_url)
            geo = await read_page(http, self.geo.metrics_url)
        return Served(
            counted(geo, "fieldops_geo_fixes"),
            counted(ingest, "fieldops_ingest_stream_failures"),
            counted(ingest, "fieldops_ingest_device_acks"),
        )

    async def until_followed(
        self, before: Served, fixes: int, *, timeout_s: float = FOLLOW_S
    ) -> Served:
        """Wait until geo took so many fixes more than `before`; return what was served since.

        Raises:
            Prerequisite: a part of the hub was off (see `require_served`), or geo is too slow.
        """
        deadline = time.monotonic() + timeout_s
        while (served := (await self.served()).since(before)).followed < fixes:
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_LOOK_S)
        require_served(served, fixes)
        return served


def require_served(served: Served, fixes: int) -> None:
    """Refuse a leg in which a part of the hub did not do its work.

    Raises:
        Prerequisite: geo did not follow, Valkey did not take all, or no device was told.
    """
    if served.followed < fixes:
        raise Prerequisite(f"geo followed {served.followed:.0f} of {fixes} fixes: it was off")
    if served.unstreamed > 0:
        raise Prerequisite(f"Valkey missed {served.unstreamed:.0f} batches: the stream was off")
    if served.acks <= 0:
        raise Prerequisite("no device was told what is settled: `ack` was off")


async def quieten(pool: Pool, *, timeout_s: float = QUIET_S) -> None:
    """Let the database finish what it put off, a checkpoint and autovacuum, before the next leg.

    Raises:
        Unavailable: it does not come to rest.
    """
    await pool.execute("checkpoint", timeout=timeout_s)
    try:
        async with asyncio.timeout(timeout_s):
            while await pool.fetchval(_BUSY):  # noqa: ASYNC110 - another process works
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as error:
        raise Unavailable(f"autovacuum was not done within {timeout_s:.0f} s") from error
