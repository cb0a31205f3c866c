"""A message in quarantine, tried again: read by the rules of today, as if it had just come.

It keeps its moment of receipt, so a stamp is as late and as untrusted as it was then. Its row
leaves quarantine in the transaction that stores what it says; what is private now is dropped and
counted, whatever it was when it came; what still cannot be used stays, with today's reason.
Nothing is settled by it: its device was told long ago, or will send it again.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from fieldops.database import sql
from fieldops.errors import NotFound
from identity.commands import Change
from ingest.aside import draw_batch, store_aside
from ingest.attendance import append_attendance, declare_breaks
from ingest.message import Message
from ingest.reader import Reader
from ingest.store import attendance_rows, count_drops, load_rules, store_quarantine


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of it; `code` and `reason` of the first part that stays set aside."""

    outcome: Literal["stored", "private", "quarantined"]
    fixes: int
    duplicates: int
    attendance: int
    private: int
    quarantined: int
    code: str | None = None
    reason: str | None = None


async def try_again(change: Change, row_id: UUID) -> Retried:
    """Read a message again; one row of the audit chain says by whom.

    Raises:
        NotFound: it is not in quarantine, or no longer.
    """
    connection = change.connection
    number = await draw_batch(connection, "quarantine")
    # Before the row: whoever makes time private holds the rules and then takes rows.
    await connection.fetchval(sql("ingest", "privacy_version"))
    row = await connection.fetchrow(sql("ingest", "take_quarantined"), row_id)
    if row is None:
        raise NotFound(f"message {row_id} is not in quarantine", object="quarantine")
    batch = Reader(await load_rules(connection)).read(
        [Message(row["topic"], row["payload"], row["received_at"])]
    )
    rows, unknown = await attendance_rows(connection, batch)
    events = await append_attendance(connection, rows)
    change.events.extend(events)
    for erased in await declare_breaks(connection, rows, change.at):
        change.entries.extend(erased.receipts())
        change.events.extend(erased.events())
    kept = await store_aside(connection, number, batch.fixes)
    await count_drops(connection, batch.drops)
    still = batch.quarantined + unknown
    await store_quarantine(connection, number, still)
    retried = Retried(
        "quarantined" if still else "private" if batch.drops else "stored",
        kept.inserted + kept.replaced,
        batch.duplicates + kept.duplicates + len(rows) - len(events),
        len(events),
        len(batch.drops),
        len(still),
        still[0].code if still else None,
        still[0].reason if still else None,
    )
    change.audit(
        "retried",
        f"quarantine:{row_id}",
        body={"outcome": retried.outcome, "code": row["code"], "device": row["device"]},
    )
    return retried
