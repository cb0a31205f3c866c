"""Who serves a tenant: one worker a role at any time, by a lease in the tenant's own database.

`lease(role, epoch, owner, until, last_batch)` holds one row a role. Whoever takes the lease counts
the epoch up; every batch begins with `begin_batch`, which names the epoch: no row back means
another owns the tenant, so a worker that slept past its lease can write nothing. That one
statement fences, numbers batches without gaps, and orders them.
"""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from fieldops.database import Connection, Pool, sql, translated
from fieldops.errors import LeaseLost, NotFound, Unavailable
from fieldops.log import get_log
from fieldops.tenancy import Tenant, Tenants

log = get_log()
LOOK_S = 1.0
RETRY_MOST_S = 10.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to serve one tenant in one role while `epoch` is current."""

    role: str
    epoch: int
    owner: str


def new_owner() -> str:
    """Return a name for this worker that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


async def take_lease(pool: Pool, role: str, owner: str, seconds: float) -> Lease | None:
    """Take the role's lease if nobody holds it; None when somebody does."""
    with translated("lease"):
        epoch = await pool.fetchval(sql("fieldops", "take_lease"), role, owner, seconds)
    return None if epoch is None else Lease(role, epoch, owner)


async def renew_lease(pool: Pool, lease: Lease, seconds: float) -> None:
    """Prolong the lease.

    Raises:
        LeaseLost: another worker has taken it.
    """
    with translated("lease"):
        kept = await pool.fetchval(sql("fieldops", "renew_lease"), lease.role, lease.epoch, seconds)
    if kept is None:
        raise LeaseLost(f"lease {lease.role} epoch {lease.epoch} belongs to another")


async def release_lease(pool: Pool, lease: Lease) -> None:
    """Give the lease back so that the next worker need not wait for its end."""
    with translated("lease"):
        await pool.execute(sql("fieldops", "release_lease"), lease.role, lease.epoch)


async def begin_batch(connection: Connection, lease: Lease) -> int:
    """Number the transaction's batch and lock the lease until it ends.

    Raises:
        LeaseLost: the epoch is no longer ours; nothing may be written.
    """
    batch = await connection.fetchval(sql("fieldops", "begin_batch"), lease.role, lease.epoch)
    if batch is None:
        raise LeaseLost(f"lease {lease.role} epoch {lease.epoch} belongs to another")
    return int(batch)


Serve = Callable[[Tenant, Pool, Lease], Awaitable[None]]


class Steward:
    """Keeps as many tenants served in one role as there are and nobody else serves.

    A tenant whose database or broker does not answer is tried again with growing pauses and does
    not disturb the others; any other error is a bug and ends the process.
    """

    def __init__(self, tenants: Tenants, role: str, *, lease_s: float, serve: Serve) -> None:
        self._tenants = tenants
        self._role = role
        self._lease_s = lease_s
        self._serve = serve
        self._owner = new_owner()
        self._serving: set[str] = set()
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    tenants = await self._tenants.active()
                except Unavailable as error:
                    self._outage("control", error)
                    tenants = []
                else:
                    self._back("control")
                for tenant in tenants:
                    if tenant.slug not in self._serving:
                        self._serving.add(tenant.slug)
                        group.create_task(self._keep(tenant), name=f"{self._role}:{tenant.slug}")
                await asyncio.sleep(LOOK_S)

    async def _keep(self, tenant: Tenant) -> None:
        """Take, serve, lose, take again, while the tenant is active."""
        pause_s = 0.5
        try:
            while await self._is_active(tenant):
                started_at = time.monotonic()
                try:
                    served = await self._once(tenant)
                except Unavailable as error:
                    self._outage(tenant.slug, error)
                    if time.monotonic() - started_at > RETRY_MOST_S:
                        pause_s = 0.5  # it served; this is another outage
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, RETRY_MOST_S)
                else:
                    pause_s = 0.5
                    if not served:
                        await asyncio.sleep(min(LOOK_S, self._lease_s / 4))
        finally:
            self._serving.discard(tenant.slug)

    async def _is_active(self, tenant: Tenant) -> bool:
        try:
            return any(t.slug == tenant.slug for t in await self._tenants.active())
        except Unavailable:
            return True

    async def _once(self, tenant: Tenant) -> bool:
        """Serve under one lease; False when somebody else holds it."""
        pool = await self._tenants.database(tenant.slug)
        lease = await take_lease(pool, self._role, self._owner, self._lease_s)
        if lease is None:
            return False
        self._back(tenant.slug)
        log.info("lease.taken", tenant=tenant.slug, role=self._role, epoch=lease.epoch)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._renew(tenant, pool, lease))
                group.create_task(self._serve_and_end(tenant, pool, lease))
        except BaseExceptionGroup as group:
            _judge(group)
        finally:
            await self._give_back(pool, lease)
        return True

    async def _serve_and_end(self, tenant: Tenant, pool: Pool, lease: Lease) -> None:
        await self._serve(tenant, pool, lease)
        raise _Ended

    async def _renew(self, tenant: Tenant, pool: Pool, lease: Lease) -> None:
        """Renew at a third of the lease; a tenant no longer active ends the service."""
        while True:
            await asyncio.sleep(self._lease_s / 3)
            await renew_lease(pool, lease, self._lease_s)
            try:
                await self._tenants.database(tenant.slug)  # a pool nobody asks for is closed
            except NotFound as error:
                raise _Ended from error

    async def _give_back(self, pool: Pool, lease: Lease) -> None:
        try:
            async with asyncio.timeout(2.0):
                await asyncio.shield(release_lease(pool, lease))
        except (Unavailable, TimeoutError):
            log.warning("lease.not_released", role=self._role, epoch=lease.epoch)

    def _outage(self, what: str, error: Unavailable) -> None:
        """Log an outage once, at its start."""
        if what not in self._failing:
            self._failing.add(what)
            log.warning("service.lost", what=what, role=self._role, reason=str(error))

    def _back(self, what: str) -> None:
        if what in self._failing:
            self._failing.discard(what)
            log.info("service.back", what=what, role=self._role)


class _Ended(Exception):
    """The service came to its end by itself."""


def _judge(group: BaseExceptionGroup[BaseException]) -> None:
    """Return for an end or a lost lease, raise Unavailable for an outage, the group for a bug."""
    errors = [e for e in _leaves(group) if not isinstance(e, _Ended | LeaseLost)]
    outages = [e for e in errors if isinstance(e, Unavailable)]
    if len(outages) < len(errors):
        raise group
    if outages:
        raise outages[0] from group


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves
