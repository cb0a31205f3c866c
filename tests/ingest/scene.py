"""A tenant with devices, and the messages they might send, for the tests of ingest."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from devices.topics import DeviceName, Lane, device_topic
from fieldops.database import Pool, Record
from fieldops.leases import Lease, new_owner, release_lease, take_lease
from fieldops.model import TenantSlug, new_id, now
from fieldops.rows import insert_row
from fieldops.schema.tables import device, device_binding, tracking_policy, worker
from ingest.message import Message
from ingest.store import Store, open_store

ALWAYS = {"tz": "Europe/Paris", "week": [[["00:00", "24:00"]]] * 7}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ROWS_OF_DEVICE = (
    "select (select count(*) from fix where device_id = $1)"
    " + (select count(*) from latest_fix where device_id = $1)"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A tenant's database and what tests put into it."""

    slug: TenantSlug
    pool: Pool

    async def rows(self, statement: str, *values: Any) -> list[Record]:
        rows: list[Record] = await self.pool.fetch(statement, *values)
        return rows

    async def count(self, statement: str, *values: Any) -> int:
        return int(await self.pool.fetchval(statement, *values))

    async def add_worker(self, name: str = "Marie", employee_no: str | None = None) -> UUID:
        async with self.pool.acquire() as connection:
            row = await insert_row(
                connection, worker, {"id": new_id(), "name": name, "employee_no": employee_no}
            )
        return UUID(str(row["id"]))

    async def add_tracker(self, name: str) -> UUID:
        """Add a tracker fixed to nothing: its purpose is all it needs."""
        values = {"id": new_id(), "name": name, "label": name, "kind": "tracker"}
        async with self.pool.acquire() as connection:
            row = await insert_row(connection, device, {**values, "purpose": "dispatch"})
        return UUID(str(row["id"]))

    async def add_phone(self, name: str, bearer: UUID) -> UUID:
        """Add a phone borne by a worker, tracked at any hour."""
        policy = {"id": new_id(), "name": name, "purpose": "dispatch", "schedule": ALWAYS}
        values = {"id": new_id(), "name": name, "label": name, "kind": "phone"}
        async with self.pool.acquire() as connection, connection.transaction():
            await insert_row(
                connection,
                tracking_policy,
                {
                    **policy,
                    "retention_days": 60,
                    "valid_from": LONG_AGO,
                    "notice_version": "1",
                    "cse_date": LONG_AGO.date(),
                },
            )
            await connection.execute(
                "insert into notice_signature (worker_id, notice_version, signed_at) "
                "values ($1, '1', $2) on conflict do nothing",
                bearer,
                LONG_AGO,
            )
            row = await insert_row(
                connection,
                device,
                {**values, "purpose": "dispatch", "policy_id": policy["id"]},
            )
            await insert_row(
                connection,
                device_binding,
                {
                    "id": new_id(),
                    "device_id": row["id"],
                    "worker_id": bearer,
                    "valid_from": LONG_AGO,
                },
            )
        return UUID(str(row["id"]))

    @asynccontextmanager
    async def leased(self, seconds: float = 30.0) -> AsyncIterator[tuple[Store, Lease]]:
        """Own the tenant for a while and lend its store."""
        lease = await take_lease(self.pool, "ingest", new_owner(), seconds)
        assert lease is not None
        try:
            yield await open_store(self.pool, lease), lease
        finally:
            await release_lease(self.pool, lease)

    def message(
        self, name: str, content: Any, lane: Lane = Lane.POSITION, *, at: datetime | None = None
    ) -> Message:
        """Return a message as the broker would give it; `at` is its receipt."""
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        return Message(device_topic(self.slug, DeviceName(name), lane), payload, at or now(), 1)


def said(seq: int, at: datetime | None = None, *, run: str = "r1", **more: Any) -> dict[str, Any]:
    """Return a position in our own format, by default of a minute ago plus `seq` seconds."""
    at = at or STARTED_AT + timedelta(seconds=seq)
    return {"run": run, "seq": seq, "at": at.isoformat(), "lon": 4.8357, "lat": 45.764, **more}


STARTED_AT = now() - timedelta(minutes=1)


async def start_private(scene: Scene, worker: UUID) -> None:
    await scene.pool.execute(
        "insert into private_period (id, worker_id, kind, starts_at)"
        " values ($1, $2, 'private', now() - interval '1 minute')",
        new_id(),
        worker,
    )
