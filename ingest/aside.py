"""Batches beside the lease's owner: fixes from files, and messages tried again.

They take their numbers from the owner's counter, so there is one order of batches and whoever
follows it (presence, live map, roll-ups) hears of them too; the row of the lease is the lock, so
the owner waits for the transaction. Each such number is written down in `side_batch`, because the
owner must tell it from one of its own whose commit was not answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Literal

from fieldops.database import Connection, sql
from fieldops.model import UNTRUSTED_TIME, Fix
from ingest.columns import COLUMNS, columns_of
from ingest.tracks import Tracks, rejudge

_UNTRUSTED = int(UNTRUSTED_TIME)  # Flag's `&` costs a microsecond


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

    The newest goes the way of ingest and carries the newest position; the others are copied in,
    twice as fast, and only where one of them is there already do they go that way too. Speeds are
    judged among the fixes themselves; against what is stored only where they meet it: at both
    ends, or everywhere when something lies between them.
    """
    if not fixes:
        return Kept(0, 0, 0)
    judged = Tracks({}).judge(fixes).fixes
    trusted = [fix for fix in judged if not int(fix.flags) & _UNTRUSTED]
    newest = trusted[-1] if trusted else judged[-1]
    inserted, replaced = await _store(connection, batch, [newest])
    others = [fix for fix in judged if fix is not newest]
    copied = await _copy(connection, batch, others)
    inserted += copied
    if copied < len(others):
        replaced += (await _store(connection, batch, others))[1]
    if inserted + replaced < len(fixes):
        rows = await connection.fetch(sql("ingest", "find_taken"), batch)
        moments = {row["observed_at"] for row in rows}
        trusted = [fix for fix in trusted if fix.observed_at in moments]
    if trusted:
        await _rejudge(connection, batch, trusted, alone=inserted == len(fixes))
    return Kept(inserted, replaced, len(fixes) - inserted - replaced)


async def _store(connection: Connection, batch: int, fixes: Sequence[Fix]) -> tuple[int, int]:
    """Store as ingest does; return how many rows are new and how many were replaced."""
    taken = await connection.fetch(
        sql("ingest", "store_fixes"), batch, *columns_of(fixes), _UNTRUSTED
    )
    inserted = sum(row["fresh"] for row in taken)
    return inserted, len(taken) - inserted


async def _copy(connection: Connection, batch: int, fixes: Sequence[Fix]) -> int:
    """Insert what is not there yet; return how many."""
    if not fixes:
        return 0
    await connection.execute(sql("ingest", "create_incoming"))
    await connection.copy_records_to_table(
        "incoming",
        columns=COLUMNS,
        records=zip(*columns_of(fixes), repeat(batch), strict=False),
    )
    return int(await connection.fetchval(sql("ingest", "insert_incoming")))


async def _rejudge(
    connection: Connection, batch: int, fixes: Sequence[Fix], *, alone: bool
) -> None:
    first, last = fixes[0], fixes[-1]
    if alone and not await connection.fetchval(
        sql("ingest", "find_between"), first.device, first.observed_at, last.observed_at, batch
    ):
        fixes = [first, last] if first is not last else [first]
    await rejudge(connection, batch, fixes)
