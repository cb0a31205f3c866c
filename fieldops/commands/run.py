"""`fieldops run ROLE...`: one process with some roles, or all of them."""

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

    async def main(process: Process) -> None:
        await run_roles(process, wanted | {"observability": run_observability})

    call(main, name=f"fieldops-{'-'.join(roles)}")
