"""The ledger's rows, and the events that tell of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, Record, sql, to_json
from fieldops.events import NewEvent
from geo.presence.batch import Crossing, Pair
from geo.presence.entries import Changes, Entry, record


async def store_crossings(connection: Connection, crossings: Sequence[Crossing]) -> list[NewEvent]:
    """Enter crossings in the ledger; return what to append to the log, last of the transaction."""
    if not crossings:
        return []
    devices = {crossing.device for crossing in crossings}
    standing = await standing_entries(connection, devices)
    return await store_changes(connection, record(standing, crossings))


async def standing_entries(
    connection: Connection, devices: Iterable[UUID], upto: datetime | None = None
) -> dict[Pair, Entry]:
    """Return the provisional entries of devices that stand, decided up to an instant."""
    rows = await connection.fetch(sql("geo.ledger", "standing_entries"), list(devices), upto)
    return {(row["device_id"], row["fence_id"]): entry_of(row) for row in rows}


async def holding_entries(
    connection: Connection, device: UUID, fences: Iterable[UUID], after: datetime
) -> list[Entry]:
    """Return a device's entries at these fences that hold and were decided after an instant."""
    rows = await connection.fetch(sql("geo.ledger", "holding_entries"), device, list(fences), after)
    return [entry_of(row) for row in rows]


async def store_changes(connection: Connection, changes: Changes) -> list[NewEvent]:
    """Store entries and what they replace; return the events."""
    new = changes.new
    if not new:
        return []
    await connection.execute(
        sql("geo.ledger", "add_entries"),
        [e.id for e in new], [e.device for e in new], [e.fence for e in new],
        [e.kind for e in new], [e.status for e in new], [e.at for e in new],
        [e.decided_at for e in new], [to_json(e.why) for e in new],
        [e.supersedes for e in new], [e.superseded_by for e in new],
    )  # fmt: skip
    await connection.execute(
        sql("geo.ledger", "supersede_entries"),
        list(changes.superseded), list(changes.superseded.values()),
    )  # fmt: skip
    described = await connection.fetch(
        sql("geo.ledger", "describe_crossings"),
        [e.device for e in new], [e.fence for e in new], [e.at for e in new],
    )  # fmt: skip
    return [
        event for entry, row in zip(new, described, strict=True) for event in _events(entry, row)
    ]


def entry_of(row: Record | Mapping[str, Any]) -> Entry:
    """Return a row of the ledger; what explains it stays in the database."""
    return Entry(
        row["id"], row["device_id"], row["fence_id"], row["kind"], row["status"], row["at"],
        row["detected_at"], {}, row["supersedes"], row["superseded_by"],
    )  # fmt: skip


def _events(entry: Entry, row: Record) -> list[NewEvent]:
    """Return what is told of an entry; a confirmation says itself what it replaces."""
    body = {
        "presence": entry.id,
        "device": entry.device,
        "fence": entry.fence,
        "site": row["site_id"],
        "crew": row["crew_id"],
        "at": entry.at,
        "status": entry.status,
        "supersedes": entry.supersedes,
    }
    sites = () if row["site_id"] is None else (row["site_id"],)
    crews = () if row["crew_id"] is None else (row["crew_id"],)
    gone = {
        **body, "kind": entry.kind, "presence": entry.supersedes, "superseded_by": entry.id,
    }  # fmt: skip
    superseded = NewEvent("presence.superseded", gone, sites=sites, crews=crews)
    if entry.status == "withdrawn":
        return [superseded]
    told = NewEvent(f"presence.{entry.kind}", body, sites=sites, crews=crews)
    if not entry.corrects:
        return [told]
    return [superseded, told]
