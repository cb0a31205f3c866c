"""`fieldops purge`: remove what is older than its term now, or say what would go."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldops.commands.opening import call
from fieldops.database import to_json, translated
from fieldops.model import now
from fieldops.process import Process
from ingest.history.purge import Removed, due, purge
from ingest.history.steps import beside


def purge_tenant(
    tenant: Annotated[str, typer.Argument(help="Slug of the tenant.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Remove nothing; say what is due.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Remove what is older than its term; each step leaves a receipt in the audit chain."""

    async def main(process: Process) -> list[Removed]:
        return await purged(process, tenant, dry_run=dry_run)

    removed = call(main)
    if as_json:
        typer.echo(to_json({"tenant": tenant, "dry_run": dry_run, "removed": _plain(removed)}))
        return
    if not removed:
        typer.echo(f"tenant {tenant}: nothing is older than its term")
        return
    table = Table("what", "rows", "chunks", "before", "days", "purpose", box=None)
    for each in removed:
        table.add_row(
            each.what,
            str(each.rows),
            str(each.chunks or ""),
            each.before.date().isoformat(),
            str(each.days),
            each.purpose or "",
        )
    Console().print(table)


async def purged(process: Process, slug: str, *, dry_run: bool) -> list[Removed]:
    """Purge a tenant beside its worker, or only count.

    Raises:
        NotFound: no such active tenant. Unavailable: its database does not answer.
    """
    tenant = await process.tenants.find(slug, fresh=True)
    pool = await process.tenants.database(tenant.slug)
    if not dry_run:
        return await purge(pool, beside, now())
    with translated("purge"):
        async with pool.acquire(timeout=10.0) as connection:
            return await due(connection, now())


def _plain(removed: list[Removed]) -> list[dict[str, object]]:
    return [
        {
            "what": each.what,
            "rows": each.rows,
            "chunks": each.chunks,
            "before": each.before,
            "days": each.days,
            "purpose": each.purpose,
            "policy": each.policy,
        }
        for each in removed
    ]
