"""The one way to write what people edit: rows, audit and events in one transaction.

`execute` opens the transaction, lets the command change rows, then takes the tenant's log lock
and appends the audit rows and the events it collected, commits, and rings the bell. With an
idempotency key the answer is stored in the same transaction: the same key and request give the
same answer, the same key with another request is a conflict.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from redis.asyncio import Redis

from fieldops.database import Connection, Pool, sql
from fieldops.errors import BadInput, Conflict
from fieldops.events import NewEvent, append_events, ring
from fieldops.model import now
from fieldops.tenancy import transaction
from identity.audit import AuditEntry, append_audit
from identity.rights import Actor

Answer = TypeVar("Answer")
KEY_MOST = 200
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class TenantStore:
    """A tenant's database and the way to its bell."""

    pool: Pool
    valkey: Redis


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A client's key for one intention, and what it asked (method, path and body)."""

    key: str
    request: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= KEY_MOST:
            raise BadInput(
                f"Idempotency-Key has {len(self.key)} characters, the limit is {KEY_MOST}",
                pointer="/Idempotency-Key",
            )

    @property
    def request_sha256(self) -> str:
        return hashlib.sha256(self.request).hexdigest()


@dataclass(slots=True)
class Change:
    """An open command: its transaction, its author, and what it will report."""

    connection: Connection
    actor: Actor
    at: datetime
    events: list[NewEvent] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)

    def event(
        self,
        kind: str,
        body: dict[str, Any],
        *,
        sites: tuple[UUID, ...] = (),
        crews: tuple[UUID, ...] = (),
    ) -> None:
        """Report an event with its audience; appended at the end."""
        self.events.append(NewEvent(kind, body, sites, crews))

    def audit(
        self,
        action: str,
        name: str,
        subject: UUID | None = None,
        body: dict[str, Any] | None = None,
        personal: dict[str, str] | None = None,
    ) -> None:
        """Remember an action on an object; `personal` values are committed to, not written."""
        self.entries.append(AuditEntry(action, name, subject, body or {}, personal or {}))


async def execute(
    store: TenantStore,
    actor: Actor,
    apply: Callable[[Change], Awaitable[Answer]],
    *,
    what: str,
    idempotency: Idempotency | None = None,
) -> Answer:
    """Run a command; returning means committed.

    With `idempotency` the answer must be a JSON value, for it is stored and may be given again.

    Raises:
        Conflict: the key was used for another request (`idempotency_mismatch`).
        Unavailable: the database is lost; nothing was written.
    """
    async with transaction(store.pool, what) as connection:
        if idempotency is not None:
            stored = await _claim(connection, actor, idempotency)
            if stored is not None:
                return stored[0]  # type: ignore[no-any-return]
        change = Change(connection, actor, now())
        answer = await apply(change)
        if idempotency is not None:
            await connection.execute(
                sql("identity", "answer_command"),
                idempotency.key,
                actor.user_id or NOBODY,
                [answer],
            )
        await append_audit(connection, actor.user_id, change.at, change.entries)
        await append_events(connection, change.events)
    if change.events:
        await ring(store.valkey, actor.tenant)
    return answer


async def _claim(
    connection: Connection, actor: Actor, idempotency: Idempotency
) -> list[Any] | None:
    """Claim the key, or return the stored answer in a list of one.

    A second request waits here, on the key's row, until the first has committed or failed.
    """
    row = await connection.fetchrow(
        sql("identity", "claim_command"),
        idempotency.key,
        actor.user_id or NOBODY,
        idempotency.request_sha256,
    )
    if row is not None:
        return None
    row = await connection.fetchrow(
        sql("identity", "read_command"), idempotency.key, actor.user_id or NOBODY
    )
    assert row is not None
    if row["request_sha256"] != idempotency.request_sha256:
        raise Conflict(
            f"Idempotency-Key {idempotency.key!r} was used for another request",
            code="idempotency_mismatch",
        )
    answer: list[Any] = row["answer"]
    return answer
