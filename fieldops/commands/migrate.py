"""`fieldops migrate`: the control database, the template and every tenant, to the newest schema."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from fieldops.commands.opening import call
from fieldops.process import Process
from identity.migrations import Migrated, migrate_all

_BAD = ("failed", "incomplete", "newer")


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Migrate all databases; run it again after an interruption. Exit 1 if any was left behind."""

    async def main(process: Process) -> list[Migrated]:
        return await migrate_all(process, report=_silent if as_json else _say)

    done = call(main)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in done], indent=1))
    if any(one.outcome in _BAD for one in done):
        raise typer.Exit(1)


def _say(one: Migrated) -> None:
    moved = f"{one.before or 'empty'} → {one.after}" if one.outcome == "migrated" else one.after
    typer.echo(f"{one.name}: {one.outcome} {one.reason or moved or ''}".rstrip())


def _silent(_one: Migrated) -> None:
    """Say nothing: the report comes as JSON at the end."""
