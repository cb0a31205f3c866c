"""Sessions: a login opens a family of refresh tokens; each works once.

A refresh token is 256 random bits; the database keeps its SHA-256 (it is no password: nothing to
guess, so no slow hash). Using one marks it and makes the next of its family, under the family's
lock: of two uses at the same time exactly one wins. The other finds it used, which is what theft
looks like, so the whole family is revoked, the winner's new token with it. A client that lost an
answer logs in again; that is the price of noticing a thief, and why a browser with several tabs
must refresh in one of them only.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fieldops.database import Connection, Pool, Record, sql
from fieldops.errors import Unauthenticated
from fieldops.log import get_log
from fieldops.model import Profile, TenantSlug, new_id, now
from fieldops.tenancy import transaction
from identity.audit import AuditEntry, append_audit

log = get_log()


@dataclass(frozen=True, slots=True)
class Session:
    """A user signed in, and the refresh token it goes on with; shown once."""

    user_id: UUID
    profile: Profile
    refresh_token: str


async def open_session(pool: Pool, user_id: UUID, profile: Profile, *, lifetime_s: int) -> Session:
    """Open a new family for a user whose password was right."""
    async with transaction(pool, "sign-in") as connection:
        await connection.execute(sql("identity", "drop_refresh"), user_id)
        token = await _add(connection, new_id(), user_id, lifetime_s)
        entry = AuditEntry("open", "session", user_id)
        await append_audit(connection, user_id, now(), [entry])
    return Session(user_id, profile, token)


async def refresh_session(
    pool: Pool, tenant: TenantSlug, token: str, *, lifetime_s: int
) -> Session:
    """Give the next token for an unused one; the one given no longer works.

    Raises:
        Unauthenticated: unknown or expired (`refresh_invalid`), or used before
            (`refresh_reused`): then its family is revoked.
    """
    async with transaction(pool, "refresh") as connection:
        row = await _locked(connection, token)
        if row is None or row["expired"] or row["revoked"] or not row["active"]:
            raise Unauthenticated("refresh token: not a valid one", code="refresh_invalid")
        if not row["used"]:
            await connection.execute(sql("identity", "use_refresh"), row["id"])
            next_token = await _add(connection, row["family"], row["user_id"], lifetime_s)
            return Session(row["user_id"], Profile(row["profile"]), next_token)
        await _revoke(connection, row["family"], row["user_id"], "revoke_reused")
    # Outside the transaction: raising inside would undo the revocation.
    log.warning("session.reused", tenant=tenant, user=str(row["user_id"]))
    raise Unauthenticated("refresh token: used before", code="refresh_reused")


async def close_session(pool: Pool, token: str) -> None:
    """End the token's family; an unknown token is no error."""
    async with transaction(pool, "sign-out") as connection:
        row = await _locked(connection, token)
        if row is not None and not row["revoked"]:
            await _revoke(connection, row["family"], row["user_id"], "close")


def token_sha256(token: str) -> str:
    """Return what the database keeps of a refresh token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def _locked(connection: Connection, token: str) -> Record | None:
    """Return the token's row, its family locked until the transaction ends."""
    await connection.execute(sql("identity", "lock_family"), token_sha256(token))
    return await connection.fetchrow(sql("identity", "read_refresh"), token_sha256(token))


async def _add(connection: Connection, family: UUID, user_id: UUID, lifetime_s: int) -> str:
    token = secrets.token_urlsafe(32)
    await connection.execute(
        sql("identity", "add_refresh"),
        new_id(),
        family,
        user_id,
        token_sha256(token),
        timedelta(seconds=lifetime_s),
    )
    return token


async def _revoke(connection: Connection, family: UUID, user_id: UUID, action: str) -> None:
    await connection.execute(sql("identity", "revoke_family"), family)
    entry = AuditEntry(action, "session", user_id, {"family": family})
    await append_audit(connection, user_id, now(), [entry])
