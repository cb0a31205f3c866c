"""The tenant's users; only an admin sees and makes them."""

from typing import Any

from fastapi import APIRouter

from api.context import CallerDep, EdgeDep, Paging, command, reading
from api.shapes.body import Page
from api.shapes.people import NewUser, User
from identity import users
from identity.commands import Change
from identity.rights import require

router = APIRouter(prefix="/users", tags=["users"])


@router.get("")
async def list_users(caller: CallerDep, paging: Paging) -> Page[User]:
    """List the users in order of creation."""
    require(caller.actor, "user", "read")
    async with reading(caller, "users") as connection:
        rows, following = await users.view_users(
            connection, limit=paging.limit, cursor=paging.cursor
        )
    return Page(items=[User.model_validate(row) for row in rows], next=following)


@router.post("", status_code=201)
async def create_user(body: NewUser, caller: CallerDep, edge: EdgeDep) -> User:
    """Add a user; a project manager or site manager reaches only the scopes given."""
    require(caller.actor, "user", "create")
    # Hashed before the transaction: it takes a while and needs no connection.
    password_hash = await edge.passwords.hash(body.password)
    new = users.NewUser(password_hash=password_hash, **body.model_dump(exclude={"password"}))

    async def apply(change: Change) -> dict[str, Any]:
        return await users.create_user(change, new)

    return await command(caller, User, apply, what="create user")
