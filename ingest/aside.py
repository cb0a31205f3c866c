"""Batches beside the lease's owner: of files, messages tried again, and what is behind a hole.

They take their numbers from the owner's counter, so there is one order of batches and whoever
follows it (presence, live map, roll-ups) hears of them too; the row of the lease is the lock, so
the owner waits for the transaction. Each such number is written down in `side_batch`, because the
owner must tell it from one of its own whose commit was not answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fieldops.database import Connection, sql
from fieldops.model import Fix
from ingest.copying import copy_fixes
from ingest.rows import carry_latest, store_any
from ingest.tracks import Tracks, is_trusted, rejudge


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of fixes stored beside the owner."""

    inserted: int
    replaced: int
    duplicates: int


async def draw_batch(connection: Connection, source: Literal["file", "quarantine", "hole"]) -> int:
    """Take the next number; nobody else gets one until the transaction ends.

    It must be the transaction's first lock, as it is the owner's: else the two wait for each other.
    """
    return int(await connection.fetchval(sql("ingest", "draw_side_batch"), source))


async def drawn_aside(connection: Connection, batch: int) -> bool:
    """Return whether the batch of this number is not the owner's."""
    return bool(await connection.fetchval(sql("ingest", "find_side_batch"), batch))


async def store_aside(connection: Connection, batch: int, fixes: Sequence[Fix]) -> Kept:
    """Store fixes of one device, in order of time and no moment twice, as ingest would.

    Where the device has nothing between the first and the last of them, as in a file read once,
    they are copied in; the caller holds the batch's number, so that stays so. Else what is there
    already is asked row by row. Speeds are judged among the fixes themselves; against what is
    stored only where they meet it: at both ends, or everywhere when something lies between them.
    """
    if not fixes:
        return Kept(0, 0, 0)
    judged = Tracks({}).judge(fixes).fixes
    trusted = [fix for fix in judged if is_trusted(fix)]
    first, last = fixes[0], fixes[-1]
    alone = not await connection.fetchval(
        sql("ingest", "find_between"), first.device, first.observed_at, last.observed_at
    )
    if alone:
        await copy_fixes(connection, "fix", judged, batch)
        await carry_latest(connection, trusted)
        inserted, replaced = len(judged), 0
    else:
        inserted, replaced = await _merge(connection, batch, judged)
    if inserted + replaced < len(fixes):
        rows = await connection.fetch(sql("ingest", "find_taken"), batch)
        moments = {row["observed_at"] for row in rows}
        trusted = [fix for fix in trusted if fix.observed_at in moments]
    if trusted:
        ends = [trusted[0], trusted[-1]] if len(trusted) > 1 else trusted
        await rejudge(connection, batch, ends if alone else trusted)
    return Kept(inserted, replaced, len(fixes) - inserted - replaced)


async def _merge(connection: Connection, batch: int, fixes: Sequence[Fix]) -> tuple[int, int]:
    """Store among what is there; return how many rows are new and how many were replaced."""
    taken = await store_any(connection, batch, fixes)
    inserted = sum(row["fresh"] for row in taken)
    return inserted, len(taken) - inserted
