"""The tenant's event log and its bell: an event exists exactly when its change does.

The append is the *last* statement of its transaction. It takes the tenant's lock, then draws the
positions, so position order is commit order and a reader of "everything after N" misses nothing.
(Positions drawn before the lock become visible out of order.) Append once a batch: the lock
costs throughput per append, not per row. A bell in Valkey wakes the readers, who also look every
few seconds, so a lost bell delays and never loses.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from fieldops.database import Connection, Pool, sql, translated
from fieldops.log import get_log
from fieldops.model import TenantSlug

log = get_log()
LOOK_S = 2.0
READ_MOST = 500
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened: a past-tense kind, a JSON body, and who may hear of it.

    `sites` and `crews` are the audience: an office viewer with scopes hears of its sites, a crew
    member only of its crews. Both empty: every office viewer of the tenant, no crew.
    """

    kind: str
    body: dict[str, Any]
    sites: tuple[UUID, ...] = ()
    crews: tuple[UUID, ...] = ()
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it stands in the log."""

    position: int
    at: datetime
    kind: str
    body: dict[str, Any]
    sites: tuple[UUID, ...]
    crews: tuple[UUID, ...]


async def take_lock(connection: Connection) -> None:
    """Take the tenant's append lock until the transaction ends; the audit chain uses it too."""
    await connection.execute(sql("fieldops", "lock_log"))


async def append_events(connection: Connection, events: Sequence[NewEvent]) -> int | None:
    """Append as the last statement of the open transaction; return the last position.

    The caller rings the bell after its commit.
    """
    if not events:
        return None
    await take_lock(connection)
    return await connection.fetchval(  # type: ignore[no-any-return]
        sql("fieldops", "append_events"),
        [{**_row(event), "schema": SCHEMA} for event in events],
    )


def _row(event: NewEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "body": event.body,
        "sites": [str(s) for s in event.sites],
        "crews": [str(c) for c in event.crews],
        "traceparent": event.traceparent,
    }


async def read_events(pool: Pool, since: int, most: int = READ_MOST) -> list[Event]:
    """Return up to `most` events after position `since`, in order."""
    with translated("events"):
        rows = await pool.fetch(sql("fieldops", "read_events"), since, most)
    return [
        Event(r["position"], r["at"], r["kind"], r["body"], tuple(r["sites"]), tuple(r["crews"]))
        for r in rows
    ]


async def last_position(pool: Pool) -> int:
    """Return the position of the newest event, 0 in an empty log."""
    with translated("events"):
        return int(await pool.fetchval(sql("fieldops", "last_event")))


async def oldest_position(pool: Pool) -> int:
    """Return the position of the oldest event still kept, 0 in an empty log."""
    with translated("events"):
        return int(await pool.fetchval(sql("fieldops", "oldest_event")))


def bell(tenant: TenantSlug) -> str:
    """Return the name of the tenant's bell."""
    return f"bell:{{{tenant}}}"


async def ring(valkey: Redis, tenant: TenantSlug) -> None:
    """Wake the readers; a failure only delays them, so it is logged and forgotten."""
    try:
        async with asyncio.timeout(1.0):
            await valkey.publish(bell(tenant), b"1")
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("bell.failed", tenant=tenant, error=type(error).__name__)


async def follow_events(
    pool: Pool, valkey: Redis, tenant: TenantSlug, since: int
) -> AsyncIterator[list[Event]]:
    """Yield batches of events after `since`, in order, for ever; never an empty batch.

    Raises:
        Unavailable: the database is lost; the caller decides when to try again.
    """
    async with Bell(valkey, tenant) as woken:
        while True:
            events = await read_events(pool, since)
            if events:
                since = events[-1].position
                yield events
            if len(events) < READ_MOST:
                await woken.wait(LOOK_S)


class Bell:
    """A subscription to a tenant's bell that survives Valkey's absence by looking at the clock."""

    def __init__(self, valkey: Redis, tenant: TenantSlug) -> None:
        self._pubsub = valkey.pubsub(ignore_subscribe_messages=True)
        self._channel = bell(tenant)
        self._subscribed = False

    async def __aenter__(self) -> "Bell":
        await self._subscribe()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _subscribe(self) -> None:
        try:
            async with asyncio.timeout(2.0):
                await self._pubsub.subscribe(self._channel)
            self._subscribed = True
        except (RedisError, OSError, TimeoutError):
            self._subscribed = False

    async def wait(self, seconds: float) -> None:
        """Return when the bell rings, or after `seconds`."""
        if not self._subscribed:
            await asyncio.sleep(seconds)
            await self._subscribe()
            return
        try:
            await self._pubsub.get_message(timeout=seconds)
        except (RedisError, OSError):
            self._subscribed = False
