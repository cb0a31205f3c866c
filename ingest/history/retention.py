"""How long fixes are kept: a device's policy says so, else its purpose.

Days are whole days, UTC: what is older than `days` midnights goes, so a bucket of a roll-up and a
day's chunk are never cut. Terms are read in the transaction that removes by them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fieldops.database import Connection, sql

DEVICES_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Term:
    """Devices whose fixes are kept for the same days, for the same reason."""

    purpose: str
    policy: UUID | None
    days: int
    devices: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """A tenant's terms; `longest_days` of all it knows, the unused too."""

    each: tuple[Term, ...]
    longest_days: int


async def load_terms(connection: Connection) -> Terms:
    """Read the terms in force."""
    rows = await connection.fetch(sql("ingest.history", "read_terms"), DEVICES_MOST)
    longest = await connection.fetchval(sql("ingest.history", "longest_days"))
    return Terms(
        tuple(
            Term(r["purpose"], r["policy_id"], r["retention_days"], tuple(r["devices"]))
            for r in rows
        ),
        longest,
    )


def before(at: datetime, days: int) -> datetime:
    """Return the moment before which nothing is kept."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days)
