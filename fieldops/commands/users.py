"""`fieldops user`: the first people of a tenant; the rest is made in the application."""

import json
import sys
from typing import Annotated, Any
from uuid import UUID

import typer

from fieldops.commands.opening import call
from fieldops.database import to_json
from fieldops.errors import BadInput
from fieldops.model import Profile
from fieldops.process import Process
from identity.commands import Change, TenantStore, execute
from identity.passwords import Passwords
from identity.rights import Actor
from identity.users import PASSWORD_LEAST, NewUser, create_user

app = typer.Typer(help="People who may sign in.", no_args_is_help=True)


@app.command("create")
def create(
    tenant: Annotated[str, typer.Argument(help="Slug of the tenant.")],
    login: Annotated[str, typer.Argument(help="What they type to sign in.")],
    profile: Annotated[Profile, typer.Option(help="What they may do.")],
    name: Annotated[str, typer.Option(help="How they are shown.")],
    worker: Annotated[UUID | None, typer.Option(help="The worker they are.")] = None,
    project: Annotated[list[UUID] | None, typer.Option(help="A project in their scope.")] = None,
    site: Annotated[list[UUID] | None, typer.Option(help="A site in their scope.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Create a user; the password is asked for, or is the first line of standard input."""
    password = _password()

    async def main(process: Process) -> dict[str, Any]:
        new = NewUser(
            login,
            name,
            profile,
            await Passwords().hash(password),
            worker_id=worker,
            project_ids=project or (),
            site_ids=site or (),
        )
        return await add_user(process, tenant, new)

    made = call(main)
    if as_json:
        typer.echo(json.dumps(json.loads(to_json(made)), indent=1, ensure_ascii=False))
    else:
        typer.echo(f"user {made['login']} ({made['profile']}) of tenant {tenant} created")


async def add_user(process: Process, slug: str, new: NewUser) -> dict[str, Any]:
    """Add a user to a tenant on behalf of the platform.

    Raises:
        NotFound: no such active tenant. Conflict, BadInput: as for `create_user`.
    """
    tenant = await process.tenants.find(slug, fresh=True)
    store = TenantStore(await process.tenants.database(tenant.slug), process.valkey)

    async def apply(change: Change) -> dict[str, Any]:
        return await create_user(change, new)

    return await execute(store, Actor(tenant.slug), apply, what="create user")


def _password() -> str:
    """Ask for a password; never an argument, for others see those."""
    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < PASSWORD_LEAST:
        raise BadInput(
            f"the password has {len(password)} characters, the least is {PASSWORD_LEAST}",
            pointer="/password",
        )
    return password
