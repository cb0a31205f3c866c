"""Late fixes: one device's past told anew from stored fixes, and the ledger corrected."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.model import Fix, Flag, now
from geo.index import FenceIndex
from geo.ledger.entries import holding_entries, standing_entries
from geo.ledger.state import read_checkpoint
from geo.presence.batch import EPOCH, Checkpoint, Known
from geo.presence.entries import Changes, reconcile
from geo.presence.late import Retold, retell, start_of

# 48 h at a fix a second and more; what is beyond would be told again when it is followed.
FIXES_MOST = 250_000


@dataclass(frozen=True, slots=True)
class Past:
    """What is needed to tell a device's past anew: the state to start from and what followed."""

    device: UUID
    after: datetime
    start: Known
    fixes: list[Fix]


async def read_past(connection: Connection, device: UUID, since: datetime, batch: int) -> Past:
    """Read a device's past from the last state before `since`, fixes up to `batch`.

    The transaction must be repeatable read, for the state and the fixes belong together.
    """
    checkpoint = await read_checkpoint(connection, device, since)
    before = await connection.fetch(sql("geo.ledger", "fixes_before"), device, since, batch)
    start = start_of(checkpoint, [_fix(row) for row in reversed(before)])
    after = _after(checkpoint, before)
    rows = await connection.fetch(
        sql("geo.ledger", "fixes_after"), device, after, batch, FIXES_MOST
    )
    return Past(device, after, start, [_fix(row) for row in rows])


def tell(past: Past, index: FenceIndex) -> Retold:
    """Tell the past anew; CPU only."""
    return retell(past.device, past.start, past.fixes, index)


async def changes_of(
    connection: Connection, past: Past, retold: Retold, index: FenceIndex
) -> Changes:
    """Return what the ledger must be told; fences no longer watched are closed books."""
    watched = index.ids()
    crossings = [c for c in retold.outcome.crossings if c.fence in watched]
    old = await holding_entries(connection, past.device, watched, past.after)
    standing = await standing_entries(connection, [past.device], past.after)
    kept = {pair: entry for pair, entry in standing.items() if entry.fence in watched}
    return reconcile(old, kept, crossings, now())


async def clear_past(connection: Connection, past: Past) -> None:
    """Remove the states that the past told anew replaces."""
    await connection.execute(sql("geo.ledger", "delete_checkpoints"), past.device, past.after)
    await connection.execute(sql("geo.ledger", "delete_device_presence"), past.device)
    await connection.execute(sql("geo.ledger", "delete_trackers"), [past.device])
    await connection.execute(sql("geo.ledger", "delete_late"), past.device)


def _after(checkpoint: Checkpoint | None, before: list[Record]) -> datetime:
    if checkpoint is not None and not checkpoint.rests:
        return checkpoint.at
    return before[0]["observed_at"] if before else EPOCH


def _fix(row: Record) -> Fix:
    return Fix(
        row["device_id"], row["observed_at"], row["received_at"], row["lon"], row["lat"],
        accuracy_m=row["accuracy_m"], flags=Flag(row["flags"]),
    )  # fmt: skip
