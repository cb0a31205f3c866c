"""All databases to the newest schema: the control one, the template, and every tenant's own.

Each is migrated alone under its own lock and in one transaction, so a run that was killed is
completed by the next. A tenant that fails does not stop the others; one at a revision this program
does not know was migrated by a newer program and is left as it is.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from fieldops.database import with_database
from fieldops.errors import Unavailable
from fieldops.log import get_log
from fieldops.process import Process
from fieldops.schema.migrate import Kind, head, knows, revision, upgrade
from fieldops.schema.provision import ensure_control, ensure_template
from fieldops.tenancy import Tenant

log = get_log()
Outcome = Literal["migrated", "current", "newer", "incomplete", "failed"]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one database; `name` is `control`, `template` or a tenant's slug."""

    name: str
    outcome: Outcome
    before: str | None
    after: str | None
    reason: str | None = None


async def migrate_all(
    process: Process, report: Callable[[Migrated], None] = lambda _: None
) -> list[Migrated]:
    """Migrate everything, calling `report` after each database, and return what became of each.

    Raises:
        Unavailable: the platform's own server does not answer, or its databases cannot be
            migrated; tenants are then not touched.
    """
    done: list[Migrated] = []

    def note(one: Migrated) -> None:
        done.append(one)
        report(one)

    note(await _control(process))
    template = await ensure_template(process.urls.postgres)
    note(Migrated("template", "current", template, head("tenant")))
    for tenant in await process.tenants.all(fresh=True):
        note(await _tenant(tenant))
    return done


async def _control(process: Process) -> Migrated:
    name = process.settings.control_database
    url = with_database(process.urls.postgres, name)
    try:
        before = await asyncio.to_thread(revision, url)
    except Unavailable:
        before = None  # not made yet; a server that is down says so in the next line
    if not knows("control", before):
        raise Unavailable(f"control database is at {before}, which this program does not know")
    await ensure_control(process.urls.postgres, name)
    return _outcome("control", before, head("control"))


async def _tenant(tenant: Tenant) -> Migrated:
    """Migrate one tenant; whatever its database answers is told, not raised."""
    if tenant.status == "provisioning":
        reason = f"its creation was interrupted: run `fieldops tenant create {tenant.slug}` again"
        return Migrated(tenant.slug, "incomplete", None, None, reason)
    before: str | None = None
    try:
        before = await asyncio.to_thread(revision, tenant.database_url)
        if not knows("tenant", before):
            log.warning("tenant.newer", tenant=tenant.slug, revision=before)
            return Migrated(
                tenant.slug, "newer", before, before, "a newer program migrated it: left alone"
            )
        await asyncio.to_thread(_upgrade, tenant.database_url, "tenant")
    except Unavailable as error:
        log.error("tenant.not_migrated", tenant=tenant.slug, reason=str(error))
        return Migrated(tenant.slug, "failed", before, before, str(error))
    return _outcome(tenant.slug, before, head("tenant"))


def _upgrade(url: str, kind: Kind) -> None:
    try:
        upgrade(url, kind)
    except (SQLAlchemyError, CommandError) as error:
        # The first line names what the server refused; the rest is the statement.
        reason = str(error).partition("\n")[0]
        raise Unavailable(f"migration refused: {reason}") from error


def _outcome(name: str, before: str | None, after: str) -> Migrated:
    return Migrated(name, "current" if before == after else "migrated", before, after)
