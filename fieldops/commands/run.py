"""`fieldops run ROLE...`: one process with some roles, or all of them."""

import gc
from typing import Annotated

import typer

from fieldops.commands.opening import call
from fieldops.commands.parent import follow_parent
from fieldops.observability import run_observability
from fieldops.process import Process, run_roles
from fieldops.roles import ROLES, chosen


def run(
    roles: Annotated[list[str], typer.Argument(help=f"{', '.join(ROLES)}, or all.")],
    with_parent: Annotated[
        bool,
        typer.Option("--with-parent", help="Stop when standard input closes.", hidden=True),
    ] = False,
) -> None:
    """Run roles of the hub until SIGTERM; drains and exits 0."""
    wanted = chosen(roles)
    if with_parent:
        follow_parent()
    _collect_seldom()

    async def main(process: Process) -> None:
        await run_roles(process, wanted | {"observability": run_observability})

    call(main, name=f"fieldops-{'-'.join(roles)}")


def _collect_seldom() -> None:
    """Look for cyclic garbage less often, and never in what the imports left.

    A batch makes tens of thousands of objects, none in a cycle; searching them again and again
    was a third of ingest's processor time (33 µs a message against 21).
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
