"""Presence as it is stored: machines, events, and how far geo has followed the fixes.

What a batch changes is one transaction: rows, events and the follower's batch exist together, so
a worker that dies anywhere resumes with nothing doubled and nothing missing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.events import NewEvent
from fieldops.model import new_id
from geo.presence import Crossing, Machine, Memory, Outcome, State

FOLLOWER = "geo"
PRESENCE_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """How far the fixes were followed, and what was known there."""

    batch: int
    memory: Memory


async def read_place(connection: Connection) -> Place:
    """Return where the last worker stopped; the transaction must be repeatable read.

    The newest fix taken of each device is not stored: it is the newest trusted one up to the
    batch, which one look at the end of the primary key finds.
    """
    batch = await connection.fetchval(sql("geo", "read_follower"), FOLLOWER) or 0
    seen = await connection.fetch(sql("geo", "newest_fixes"), batch)
    machines = await connection.fetch(sql("geo", "load_machines"))
    return Place(
        batch,
        Memory.of(
            {row["device_id"]: row["observed_at"] for row in seen},
            {
                (row["device_id"], row["fence_id"]): Machine(
                    State(row["state"]), row["since"], row["run_at"]
                )
                for row in machines
            },
        ),
    )


async def store_batch(connection: Connection, batch: int) -> None:
    """Remember that the fixes up to `batch` were followed."""
    await connection.execute(sql("geo", "set_follower"), FOLLOWER, batch)


async def store_outcome(connection: Connection, outcome: Outcome) -> list[NewEvent]:
    """Store the machines and events; return what to append to the log, last of the transaction."""
    pairs = list(outcome.machines.items())
    await connection.execute(
        sql("geo", "upsert_presence"),
        [device for (device, _), _ in pairs],
        [fence for (_, fence), _ in pairs],
        [machine.state.value for _, machine in pairs],
        [machine.since for _, machine in pairs],
        [machine.run_at for _, machine in pairs],
    )
    if not outcome.crossings:
        return []
    ids = [new_id() for _ in outcome.crossings]
    await connection.executemany(
        sql("geo", "add_presence_event"),
        [(i, c.device, c.fence, c.kind, c.at, c.why)
         for i, c in zip(ids, outcome.crossings, strict=True)],
    )  # fmt: skip
    crossed = await connection.fetch(
        sql("geo", "describe_crossings"),
        [c.device for c in outcome.crossings],
        [c.fence for c in outcome.crossings],
        [c.at for c in outcome.crossings],
    )
    return [
        _event(presence, crossing, row)
        for presence, crossing, row in zip(ids, outcome.crossings, crossed, strict=True)
    ]


def _event(presence: UUID, crossing: Crossing, row: Record) -> NewEvent:
    site, crew = row["site_id"], row["crew_id"]
    body = {
        "presence": presence,
        "device": crossing.device,
        "fence": crossing.fence,
        "site": site,
        "crew": crew,
        "at": crossing.at,
    }
    return NewEvent(
        f"presence.{crossing.kind}",
        body,
        sites=() if site is None else (site,),
        crews=() if crew is None else (crew,),
    )


async def view_presence(
    connection: Connection,
    *,
    site: UUID | None = None,
    sites: Collection[UUID] | None = None,
) -> list[dict[str, Any]]:
    """Return who is in which fence now, fields as the api's PresenceRow.

    `sites` bounds the answer to these sites' fences and those of no site; None: all.
    """
    rows = await connection.fetch(
        sql("geo", "view_presence"), site, None if sites is None else list(sites), PRESENCE_MOST
    )
    return [dict(row) for row in rows]
