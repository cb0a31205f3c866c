"""Tenants come and go: a row, a database, a bucket, a broker session, in this order.

Each step may be repeated, and the status says `active` only after the last, so a creation that
was killed is completed by asking again. The session with the broker is opened before the first
device can exist: what a device publishes while nobody has a session is acknowledged and lost.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import available_timezones

import asyncpg

from fieldops.database import CONNECT_S, sql, translated
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.log import get_log
from fieldops.model import TenantSlug, new_id, tenant_slug
from fieldops.process import Process
from fieldops.schema.provision import clone_template, drop_database
from fieldops.tenancy import Tenant, database_name
from identity.broker import enable_devices, forget_tenant, open_ingest_session
from identity.buckets import bucket_name, ensure_bucket, remove_bucket

log = get_log()
NAME_MOST = 200
LOCK_S = 60.0

# Countries with one time zone that we meet; elsewhere it must be said.
_TZ = {
    "FR": "Europe/Paris",
    "BE": "Europe/Brussels",
    "CH": "Europe/Zurich",
    "LU": "Europe/Luxembourg",
    "MA": "Africa/Casablanca",
    "DZ": "Africa/Algiers",
    "TN": "Africa/Tunis",
    "SN": "Africa/Dakar",
    "CI": "Africa/Abidjan",
    "FI": "Europe/Helsinki",
    "DE": "Europe/Berlin",
}


async def create_tenant(
    process: Process,
    slug: str,
    *,
    name: str,
    country: str,
    tz: str | None = None,
    locale: str = "fr",
) -> Tenant:
    """Create a tenant, or complete one whose creation was interrupted; twice is the same as once.

    Raises:
        BadInput: the slug, name, country (ISO 3166, two capitals) or time zone is not one.
        Conflict: the slug is another tenant's, or this one is suspended.
        Unavailable: a service does not answer; ask again when it does.
    """
    checked = tenant_slug(slug)
    zone = _checked(name, country, tz)
    async with _alone(process, checked):
        with translated("tenant"):
            await process.control.execute(
                sql("identity", "add_tenant"), new_id(), checked, name, country, zone, locale
            )
        tenant = await any_tenant(process, checked)
        if (tenant.name, tenant.country) != (name, country):
            raise Conflict(
                f"tenant {slug} exists as {tenant.name!r} in {tenant.country}", code="taken"
            )
        if tenant.status == "suspended":
            raise Conflict(f"tenant {slug} is suspended", code="tenant_suspended")
        if tenant.status == "provisioning":
            await _provision(process, tenant)
    return await any_tenant(process, checked)


async def suspend_tenant(process: Process, slug: str) -> Tenant:
    """Serve the tenant no more and refuse its devices and people; its data stays.

    Raises:
        NotFound: there is no such tenant.
    """
    async with _alone(process, tenant_slug(slug)):
        tenant = await any_tenant(process, slug)
        await _set_status(process, tenant.slug, "suspended")
        await enable_devices(process.urls, tenant.slug, enabled=False)
        await process.tenants.forget(tenant.slug)
    log.info("tenant.suspended", tenant=slug)
    return await any_tenant(process, slug)


async def resume_tenant(process: Process, slug: str) -> Tenant:
    """Serve a suspended tenant again, its devices with the credentials they had.

    Raises:
        NotFound: there is no such tenant. Conflict: its creation was never completed.
    """
    async with _alone(process, tenant_slug(slug)):
        tenant = await any_tenant(process, slug)
        if tenant.status == "provisioning":
            raise Conflict(f"tenant {slug} is not complete: create it again")
        await enable_devices(process.urls, tenant.slug, enabled=True)
        await _set_status(process, tenant.slug, "active")
    log.info("tenant.resumed", tenant=slug)
    return await any_tenant(process, slug)


async def drop_tenant(process: Process, slug: str) -> None:
    """Remove the tenant with everything it has; interrupted, it is completed by asking again.

    Raises:
        NotFound: there is no such tenant.
    """
    async with _alone(process, tenant_slug(slug)):
        tenant = await any_tenant(process, slug)
        await _set_status(process, tenant.slug, "suspended")
        await _end_workers(process, tenant)
        await forget_tenant(process.urls, tenant.slug)
        await remove_bucket(process.urls.s3, bucket_name(process.settings, tenant.slug))
        # A database on a server of its own is its operator's to drop.
        await drop_database(process.urls.postgres, database_name(tenant.slug))
        with translated("tenant"):
            await process.control.execute(sql("identity", "remove_tenant"), tenant.slug)
        await process.tenants.forget(tenant.slug)
    log.info("tenant.dropped", tenant=slug)


async def any_tenant(process: Process, slug: str) -> Tenant:
    """Return the tenant as it stands now, whatever its status.

    Raises:
        NotFound: there is none.
    """
    for tenant in await process.tenants.all(fresh=True):
        if tenant.slug == slug:
            return tenant
    raise NotFound(f"tenant {slug!r} does not exist", object="tenant")


async def _provision(process: Process, tenant: Tenant) -> None:
    await clone_template(process.urls.postgres, database_name(tenant.slug))
    await ensure_bucket(process.urls.s3, bucket_name(process.settings, tenant.slug))
    await open_ingest_session(process.urls, tenant.slug)
    await _set_status(process, tenant.slug, "active")
    log.info("tenant.created", tenant=tenant.slug)


def _checked(name: str, country: str, tz: str | None) -> str:
    """Check what a person typed and return the time zone."""
    if not 1 <= len(name.strip()) <= NAME_MOST:
        raise BadInput(f"name {name!r} is not 1 to {NAME_MOST} characters", pointer="/name")
    if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        raise BadInput(f"country {country!r} is not two capitals (ISO 3166)", pointer="/country")
    zone = tz or _TZ.get(country)
    if zone is None:
        raise BadInput(f"country {country} has no time zone here: name one", pointer="/tz")
    if zone not in available_timezones():
        raise BadInput(f"time zone {zone!r} does not exist", pointer="/tz")
    return zone


@asynccontextmanager
async def _alone(process: Process, slug: TenantSlug) -> AsyncIterator[None]:
    """Change one tenant at a time, whoever asks."""
    with translated("tenant"):
        async with process.control.acquire(timeout=LOCK_S) as connection:
            await connection.execute(sql("identity", "lock_tenant"), slug, timeout=LOCK_S)
            try:
                yield
            finally:
                await connection.execute(sql("identity", "unlock_tenant"), slug)


async def _set_status(process: Process, slug: TenantSlug, status: str) -> None:
    with translated("tenant"):
        await process.control.execute(sql("identity", "set_tenant_status"), slug, status)


async def _end_workers(process: Process, tenant: Tenant) -> None:
    """Take the leases, so that the workers stop before what they serve is gone."""
    await process.tenants.forget(tenant.slug)
    with translated("lease"):
        try:
            connection = await asyncpg.connect(tenant.database_url, timeout=CONNECT_S)
        except asyncpg.InvalidCatalogNameError:
            return  # never made, or dropped by the attempt before
        try:
            await connection.execute(sql("identity", "seize_leases"), timeout=CONNECT_S)
        except asyncpg.UndefinedTableError:
            pass  # killed before it was a tenant's
        finally:
            await connection.close(timeout=CONNECT_S)
