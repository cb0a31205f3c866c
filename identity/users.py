"""Users: who may log in to a tenant, under which profile, and how far that reaches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from fieldops.database import Connection, Pool, sql, translated
from fieldops.errors import BadInput, Problem, Unauthenticated
from fieldops.model import Profile, TenantSlug, new_id
from fieldops.rows import insert_row, page_rows
from fieldops.schema.tables import app_user
from identity.commands import Change
from identity.passwords import Passwords
from identity.rights import Actor

PASSWORD_LEAST = 10
# Whose rights are bounded by projects and sites. Without a scope row they reach nothing: to
# forget a scope must hide, never reveal.
SCOPED = frozenset({Profile.PROJECT_MANAGER, Profile.SITE_MANAGER})
_SHOWN = (
    app_user.c.id,
    app_user.c.version,
    app_user.c.created_at,
    app_user.c.updated_at,
    app_user.c.login,
    app_user.c.display_name,
    app_user.c.profile,
    app_user.c.worker_id,
    app_user.c.active,
)


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be; `project_ids` and `site_ids` bound a scoped profile."""

    login: str
    display_name: str
    profile: Profile
    password_hash: str = field(repr=False)
    id: UUID | None = None
    worker_id: UUID | None = None
    project_ids: Sequence[UUID] = ()
    site_ids: Sequence[UUID] = ()


async def actor_of(connection: Connection, tenant: TenantSlug, user_id: UUID) -> Actor:
    """Return the user as it stands now: profile, crews of today, projects and sites in scope.

    Raises:
        Unauthenticated: the user is gone or was deactivated.
    """
    row = await connection.fetchrow(sql("identity", "read_actor"), user_id)
    if row is None:
        raise Unauthenticated("token: its user is gone", code="user_gone")
    profile = Profile(row["profile"])
    return Actor(
        tenant,
        user_id,
        profile,
        row["worker_id"],
        site_ids=frozenset(row["site_ids"]) if profile in SCOPED else None,
        crew_ids=frozenset(row["crew_ids"]),
        project_ids=frozenset(row["project_ids"]),
    )


async def authenticate(
    pool: Pool, passwords: Passwords, login: str, password: str
) -> tuple[UUID, Profile]:
    """Return the user whose login and password these are.

    Takes as long for a login nobody has. A hash of aged parameters is made anew.

    Raises:
        Unauthenticated: they are nobody's (`login_wrong`), which of the two is not said.
    """
    with translated("sign-in"):
        row = await pool.fetchrow(sql("identity", "find_user"), plain_login(login))
    stored = row["password_hash"] if row else None
    if not await passwords.check(stored, password) or row is None:
        raise Unauthenticated("login or password is wrong", code="login_wrong")
    if passwords.aged(row["password_hash"]):
        renewed = await passwords.hash(password)
        with translated("sign-in"):
            await pool.execute(
                sql("identity", "renew_password_hash"), row["id"], row["password_hash"], renewed
            )
    return row["id"], Profile(row["profile"])


def plain_login(login: str) -> str:
    """Return the login as it is stored: people type capitals and spaces without meaning them."""
    return login.strip().casefold()


async def create_user(change: Change, user: NewUser) -> dict[str, Any]:
    """Add a user with its scopes; the audit row commits to its name and login.

    Raises:
        Conflict: the login, or the worker, is another user's. BadInput: the worker, a project or
        a site does not exist, or the profile knows no scopes.
    """
    scopes = [("project", i) for i in user.project_ids] + [("site", i) for i in user.site_ids]
    if scopes and user.profile not in SCOPED:
        raise BadInput(f"profile {user.profile} is not bounded by scopes", pointer="/profile")
    user_id = user.id or new_id()
    row = await insert_row(
        change.connection,
        app_user,
        {
            "id": user_id,
            "login": plain_login(user.login),
            "display_name": user.display_name,
            "profile": user.profile.value,
            "password_hash": user.password_hash,
            "worker_id": user.worker_id,
            "created_by": change.actor.user_id,
        },
    )
    await _check_scopes(change.connection, scopes)
    for kind, object_id in scopes:
        await add_scope(change, user_id, kind, object_id)
    change.audit(
        "create",
        "user",
        user_id,
        {"profile": user.profile.value, "worker_id": user.worker_id},
        {"login": plain_login(user.login), "display_name": user.display_name},
    )
    return {column.name: row[column.name] for column in _SHOWN}


async def add_scope(change: Change, user_id: UUID, kind: str, object_id: UUID) -> None:
    """Let a scoped user answer for a `project` or a `site`; once more does nothing."""
    await change.connection.execute(sql("identity", "add_scope"), user_id, kind, object_id)
    change.audit("grant", "user", user_id, {"kind": kind, "object": object_id})


async def view_users(
    connection: Connection, *, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of users without their hashes."""
    statement: Select[Any] = select(*_SHOWN)
    rows, following = await page_rows(connection, app_user, statement, limit=limit, cursor=cursor)
    return [dict(row) for row in rows], following


async def _check_scopes(connection: Connection, scopes: Sequence[tuple[str, UUID]]) -> None:
    ids = [object_id for _, object_id in scopes]
    known = {
        (row["kind"], row["id"])
        for row in await connection.fetch(sql("identity", "known_scopes"), ids)
    }
    unknown = [scope for scope in scopes if scope not in known]
    if unknown:
        raise BadInput(
            "; ".join(f"{kind} {object_id} does not exist" for kind, object_id in unknown),
            problems=tuple(
                Problem(f"/{kind}_ids", f"{object_id} does not exist")
                for kind, object_id in unknown
            ),
        )
