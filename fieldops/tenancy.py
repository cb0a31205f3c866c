"""Which tenants there are and the way to each one's own database.

`Tenants.database(slug)` gives the tenant's pool, opened when first asked, bounded, and closed
when nobody asked for it for a while. There is no other way to a tenant's rows.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from fieldops.database import Connection, Pool, Record, open_pool, sql, translated, with_database
from fieldops.errors import NotFound, Unavailable
from fieldops.log import get_log
from fieldops.model import TenantSlug

log = get_log()
CACHE_S = 2.0
LOOK_AGAIN_S = 0.2
IDLE_S = 600.0
TRANSACTION_S = 60.0


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer; `database_url` is its own database."""

    id: UUID
    slug: TenantSlug
    name: str
    country: str
    tz: str
    locale: str
    status: str
    database_url: str = field(repr=False)


def database_name(slug: TenantSlug) -> str:
    """Return the name of the tenant's database on the platform's own server."""
    return f"tenant_{slug.replace('-', '_')}"


class Tenants:
    """The registry, read from the control database and remembered for 2 s."""

    def __init__(
        self,
        control: Pool,
        server_url: str,
        *,
        pool_max: int,
        name: str,
        revision: str | None = None,
    ) -> None:
        """`revision` is the only one a served database may be at; None asks nothing."""
        self._control = control
        self._revision = revision
        self._server_url = server_url
        self._pool_max = pool_max
        self._name = name
        self._known: dict[TenantSlug, Tenant] = {}
        self._read_at = -CACHE_S
        self._pools: dict[TenantSlug, Pool] = {}
        self._asked_at: dict[TenantSlug, float] = {}
        self._opening = asyncio.Lock()
        self._control_lost = False

    async def all(self, *, fresh: bool = False) -> list[Tenant]:
        """Return every tenant, whatever its status.

        While the control database is away the last answer stands, unless `fresh` is asked: the
        tenants' own databases may be well.

        Raises:
            Unavailable: the control database does not answer, and never did or `fresh` is asked.
        """
        if fresh or time.monotonic() - self._read_at > CACHE_S:
            try:
                with translated("tenants"):
                    rows = await self._control.fetch(sql("fieldops", "list_tenants"))
            except Unavailable as error:
                if fresh or not self._known:
                    raise
                self._note(str(error))
            else:
                self._note(None)
                self._known = {t.slug: t for t in map(self._tenant, rows)}
            self._read_at = time.monotonic()
        return list(self._known.values())

    def _note(self, outage: str | None) -> None:
        """Log an outage of the control database once, and its end once."""
        if (outage is None) != self._control_lost:
            return
        self._control_lost = outage is not None
        if outage is None:
            log.info("control.back")
        else:
            log.warning("control.lost", reason=outage)

    async def active(self) -> list[Tenant]:
        """Return the tenants to be served."""
        return [t for t in await self.all() if t.status == "active"]

    async def find(self, slug: str, *, fresh: bool = False) -> Tenant:
        """Return an active tenant; one that was made a moment ago is looked for again.

        Raises:
            NotFound: there is none of this slug, or it is suspended.
        """
        for again in (False, True):
            if again and time.monotonic() - self._read_at < LOOK_AGAIN_S:
                break  # who asks for what is not there must not keep the control database busy
            for tenant in await self.all(fresh=fresh or again):
                if tenant.slug == slug and tenant.status == "active":
                    return tenant
        raise NotFound(f"tenant {slug!r} does not exist or is suspended", object="tenant")

    async def database(self, slug: TenantSlug) -> Pool:
        """Return the tenant's pool, opening it at need; who keeps it longer asks now and then.

        Raises:
            NotFound: no such active tenant. Unavailable: its server does not answer, or its
                database is at another revision than ours (`tenant_revision`).
        """
        tenant = await self.find(slug)
        self._asked_at[slug] = time.monotonic()
        pool = self._pools.get(slug)
        if pool is not None:
            return pool
        async with self._opening:
            if slug not in self._pools:
                await self._close_idle()
                self._pools[slug] = await self._open(tenant)
            return self._pools[slug]

    async def _open(self, tenant: Tenant) -> Pool:
        pool = await open_pool(
            tenant.database_url, name=self._name, most=self._pool_max, stateless=True
        )
        with translated(f"tenant {tenant.slug}"):
            found = await pool.fetchval(sql("fieldops", "read_revision"))
        if self._revision is not None and found != self._revision:
            await _close(pool)
            raise Unavailable(
                f"tenant {tenant.slug} is at revision {found}, this program serves "
                f"{self._revision}: run `fieldops migrate` with the newest program",
                code="tenant_revision",
                tenant=tenant.slug,
            )
        return pool

    async def count_stewards(self, role: str, owner: str, seconds: float) -> int:
        """Return how many stewards of a role live, `owner` among them for `seconds` more.

        Raises:
            Unavailable: the control database does not answer.
        """
        with translated("stewards"):
            return int(
                await self._control.fetchval(
                    sql("fieldops", "count_stewards"), role, owner, seconds
                )
            )

    async def forget_steward(self, owner: str) -> None:
        """Count a steward no more.

        Raises:
            Unavailable: the control database does not answer.
        """
        with translated("stewards"):
            await self._control.execute(sql("fieldops", "forget_steward"), owner)

    async def forget(self, slug: TenantSlug) -> None:
        """Close the tenant's pool, so that its database may be dropped or moved."""
        pool = self._pools.pop(slug, None)
        self._read_at = -CACHE_S
        if pool is not None:
            await _close(pool)

    async def close(self) -> None:
        """Close every pool."""
        for slug in list(self._pools):
            await self.forget(slug)

    async def _close_idle(self) -> None:
        horizon = time.monotonic() - IDLE_S
        for slug in [s for s in self._pools if self._asked_at.get(s, 0) < horizon]:
            await self.forget(slug)

    def _tenant(self, row: Record) -> Tenant:
        slug = TenantSlug(row["slug"])
        url = row["database_url"] or with_database(self._server_url, database_name(slug))
        return Tenant(
            row["id"],
            slug,
            row["name"],
            row["country"],
            row["tz"],
            row["locale"],
            row["status"],
            url,
        )


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(5.0):
            await pool.close()
    except TimeoutError:
        pool.terminate()


@asynccontextmanager
async def transaction(pool: Pool, what: str) -> AsyncIterator[Connection]:
    """Open a transaction on one of the pool's connections; a lost server is Unavailable."""
    with translated(what):
        async with (
            asyncio.timeout(TRANSACTION_S),
            pool.acquire(timeout=10.0) as connection,
            connection.transaction(),
        ):
            yield connection
