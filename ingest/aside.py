"""Batches beside the lease's owner: fixes from files, and messages tried again.

They take their numbers from the owner's counter, so there is one order of batches and whoever
follows it (presence, live map, roll-ups) hears of them too; the row of the lease is the lock, so
the owner waits for the transaction. Each such number is written down in `side_batch`, because the
owner must tell it from one of its own whose commit was not answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fieldops.database import Connection, sql
from fieldops.model import UNTRUSTED_TIME, Fix
from ingest.columns import columns_of
from ingest.tracks import Tracks, rejudge


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of fixes stored beside the owner."""

    inserted: int
    replaced: int
    duplicates: int


async def draw_batch(connection: Connection, source: Literal["file", "quarantine"]) -> int:
    """Take the next number; nobody else gets one until the transaction ends.

    It must be the transaction's first lock, as it is the owner's: else the two wait for each other.
    """
    return int(await connection.fetchval(sql("ingest", "draw_side_batch"), source))


async def drawn_aside(connection: Connection, batch: int) -> bool:
    """Return whether the batch of this number is not the owner's."""
    return bool(await connection.fetchval(sql("ingest", "find_side_batch"), batch))


async def store_aside(connection: Connection, batch: int, fixes: Sequence[Fix]) -> Kept:
    """Store fixes of one device, in order of time and no moment twice, as ingest would.

    Speeds are judged among the fixes themselves; against what is stored only where they meet it:
    at both ends, or everywhere when something lies between them.
    """
    if not fixes:
        return Kept(0, 0, 0)
    judged = Tracks({}).judge(fixes).fixes
    taken = await connection.fetch(
        sql("ingest", "store_fixes"), batch, *columns_of(judged), int(UNTRUSTED_TIME)
    )
    inserted = sum(row["fresh"] for row in taken)
    moments = {row["observed_at"] for row in taken}
    unsure = [f for f in judged if f.observed_at in moments and not f.flags & UNTRUSTED_TIME]
    if unsure:
        await _rejudge(connection, batch, unsure, alone=inserted == len(fixes))
    return Kept(inserted, len(taken) - inserted, len(fixes) - len(taken))


async def _rejudge(
    connection: Connection, batch: int, fixes: Sequence[Fix], *, alone: bool
) -> None:
    first, last = fixes[0], fixes[-1]
    if alone and not await connection.fetchval(
        sql("ingest", "find_between"), first.device, first.observed_at, last.observed_at, batch
    ):
        fixes = [first, last] if first is not last else [first]
    await rejudge(connection, batch, fixes)
