"""Who serves a tenant: one worker a role at any time, by a lease in the tenant's own database.

`lease(role, epoch, owner, until, last_batch)` holds one row a role. Whoever takes the lease counts
the epoch up; every batch begins with `begin_batch`, which names the epoch: no row back means
another owns the tenant, so a worker that slept past its lease can write nothing. That one
statement fences, numbers batches without gaps, and orders them.

Who takes how many is not the lease's matter: stewards count each other in the control database and
each takes its share, the tenants by the stewards, rounded up. The share bends before the service
does: a tenant that stays free is taken by anybody, and who cannot count takes what is free.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from fieldops.database import Connection, Pool, sql, translated
from fieldops.errors import LeaseLost, NotFound, Unavailable
from fieldops.log import get_log
from fieldops.tenancy import Tenant, Tenants

log = get_log()
LOOK_S = 1.0
RETRY_MOST_S = 4.0
STEADY_S = 2.0  # what lasted so long served, or waited; the next outage is another one
# A tenant beyond the share that nobody else took: whoever should have may be ill a while.
RESCUE_S = 600.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to serve one tenant in one role while `epoch` is current."""

    role: str
    epoch: int
    owner: str


def new_owner() -> str:
    """Return a name for this worker that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


async def take_lease(
    pool: Pool, role: str, owner: str, seconds: float, *, free_for_s: float = 0.0
) -> Lease | None:
    """Take the role's lease if nobody holds it, or held it within `free_for_s`; else None."""
    with translated("lease"):
        epoch = await pool.fetchval(sql("fieldops", "take_lease"), role, owner, seconds, free_for_s)
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
    """Keeps its share of the tenants served in one role, all of them when it is alone.

    What it holds beyond its share it gives back a few at a time, so that another steward that came
    can take them. A tenant whose database or broker does not answer is tried again with growing
    pauses and does not disturb the others; any other error is a bug and ends the process.
    """

    def __init__(self, tenants: Tenants, role: str, *, lease_s: float, serve: Serve) -> None:
        self._tenants = tenants
        self._role = role
        self._lease_s = lease_s
        self._serve = serve
        self._owner = new_owner()
        self._kept: set[str] = set()
        self._held: dict[str, _Held] = {}
        self._share = 0
        self._began_s = time.monotonic()
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    for tenant in await self._look():
                        if tenant.slug not in self._kept:
                            self._kept.add(tenant.slug)
                            group.create_task(
                                self._keep(tenant), name=f"{self._role}:{tenant.slug}"
                            )
                    await asyncio.sleep(LOOK_S)
        finally:
            await self._leave()

    async def _look(self) -> list[Tenant]:
        """Return the tenants, count the stewards, and give back what is too much."""
        try:
            tenants = await self._tenants.active()
            stewards = await self._tenants.count_stewards(
                self._role, self._owner, max(self._lease_s, 3 * LOOK_S)
            )
        except Unavailable as error:
            self._outage("control", error)
            self._share = sys.maxsize
            return await self._remembered()
        self._back("control")
        self._share = -(-len(tenants) // stewards)
        self._give_back_surplus()
        return tenants

    async def _remembered(self) -> list[Tenant]:
        try:
            return await self._tenants.active()
        except Unavailable:
            return []

    def _give_back_surplus(self) -> None:
        """End the service of some taken last; those that nobody else took do not count."""
        now_s = time.monotonic()
        ripe = [slug for slug, held in self._held.items() if held.until_s <= now_s]
        surplus = len(ripe) - self._share
        if surplus > 0:
            for slug in ripe[: -max(1, surplus // 4) - 1 : -1]:
                log.info("lease.shared", tenant=slug, role=self._role, share=self._share)
                self._held[slug].enough.set()

    async def _leave(self) -> None:
        """Be counted no more, so that the others' shares grow at once."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(2.0):
                await self._tenants.forget_steward(self._owner)

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
                    if time.monotonic() - started_at > STEADY_S:
                        pause_s = 0.5
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, RETRY_MOST_S)
                else:
                    pause_s = 0.5
                    if not served:
                        await asyncio.sleep(min(LOOK_S, self._lease_s / 4))
        finally:
            self._kept.discard(tenant.slug)

    async def _is_active(self, tenant: Tenant) -> bool:
        try:
            return any(t.slug == tenant.slug for t in await self._tenants.active())
        except Unavailable:
            return True

    async def _once(self, tenant: Tenant) -> bool:
        """Serve under one lease; False when it is somebody else's, or ought to be."""
        pool = await self._tenants.database(tenant.slug)
        beyond = len(self._held) >= self._share
        free_for_s = 2 * self._lease_s if beyond else 0.0
        if time.monotonic() - self._began_s < free_for_s:
            return False  # free since before we came; those it is for may just be starting
        lease = await take_lease(
            pool, self._role, self._owner, self._lease_s, free_for_s=free_for_s
        )
        if lease is None:
            return False
        self._back(tenant.slug)
        if not beyond and len(self._held) >= self._share:
            await self._give_back(pool, lease)  # others were taken while we asked
            return False
        held = self._held[tenant.slug] = _Held(time.monotonic() + (RESCUE_S if beyond else 0.0))
        log.info("lease.taken", tenant=tenant.slug, role=self._role, epoch=lease.epoch)
        try:
            await self._under(tenant, pool, lease, held)
        finally:
            del self._held[tenant.slug]
            await self._give_back(pool, lease)
        return not held.enough.is_set()

    async def _under(self, tenant: Tenant, pool: Pool, lease: Lease, held: "_Held") -> None:
        """Serve until the service, the lease or our wish to hold it ends."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._renew(tenant, pool, lease))
                group.create_task(self._serve_and_end(tenant, pool, lease))
                group.create_task(_end_when(held.enough))
        except BaseExceptionGroup as group:
            _judge(group)

    async def _serve_and_end(self, tenant: Tenant, pool: Pool, lease: Lease) -> None:
        await self._serve(tenant, pool, lease)
        raise _Ended

    async def _renew(self, tenant: Tenant, pool: Pool, lease: Lease) -> None:
        """Renew at a third of the lease; a tenant no longer active ends the service.

        A database that is away is asked on, even past the lease: who cannot reach it cannot write,
        and if another can, the epoch tells. The service keeps its session with the broker.
        """
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                await renew_lease(pool, lease, self._lease_s)
            except Unavailable as error:
                self._outage(tenant.slug, error)
            else:
                self._back(tenant.slug)
            try:
                # A pool nobody asks for is closed; one that was opened anew is not ours.
                if await self._tenants.database(tenant.slug) is not pool:
                    raise Unavailable(f"tenant {tenant.slug}: its database has moved")
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


class _Held:
    """A tenant we serve; not given back for balance before `until_s`."""

    __slots__ = ("enough", "until_s")

    def __init__(self, until_s: float) -> None:
        self.enough = asyncio.Event()
        self.until_s = until_s


class _Ended(Exception):
    """The service came to its end by itself."""


async def _end_when(enough: asyncio.Event) -> None:
    await enough.wait()
    raise _Ended


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
