"""The audit chain: who did what, in an order nobody can change unseen.

    hash(n) = SHA-256( hash(n-1) ‖ canonical JSON of row n without its hash )

Canonical JSON: keys sorted, no spaces, UTF-8, times as RFC 3339 UTC with microseconds. A personal
field stands in the row only as SHA-256(salt ‖ value); value and salt lie in `openings`, outside
the hash, and can be erased without breaking the chain. Rows are appended under the tenant's log
lock, so the chain has one end.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, Pool, Record, sql, translated
from fieldops.events import take_lock

GENESIS = "0" * 64
READ_MOST = 1000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing to be remembered; `personal` values are committed to, not written."""

    action: str
    object: str
    subject: UUID | None = None
    body: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)


def canonical(value: Any) -> bytes:
    """Return the one byte string of a JSON value."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    ).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def row_hash(prev_hash: str, row: dict[str, Any]) -> str:
    """Return the hash of a row: keys seq, at, actor, action, object, subject, body."""
    return hashlib.sha256(prev_hash.encode() + canonical(row)).hexdigest()


def commitment(salt: str, value: str) -> str:
    """Return the salted commitment that stands for a personal value."""
    return hashlib.sha256(f"{salt}:{value}".encode()).hexdigest()


async def append_audit(
    connection: Connection, actor: UUID | None, at: datetime, entries: Sequence[AuditEntry]
) -> None:
    """Append under the tenant's log lock, inside the transaction that made the change."""
    if not entries:
        return
    await take_lock(connection)
    end = await connection.fetchrow(sql("identity", "audit_end"))
    seq, prev = (end["seq"], end["hash"]) if end else (0, GENESIS)
    rows = []
    for entry in entries:
        seq += 1
        openings = {
            name: {"salt": secrets.token_hex(16), "value": value}
            for name, value in entry.personal.items()
        }
        body = json.loads(canonical(entry.body)) | {
            name: {"commitment": commitment(o["salt"], o["value"])} for name, o in openings.items()
        }
        fields = {
            "seq": seq,
            "at": at,
            "actor": actor,
            "action": entry.action,
            "object": entry.object,
            "subject": entry.subject,
            "body": body,
        }
        digest = row_hash(prev, fields)
        rows.append((*fields.values(), openings or None, prev, digest))
        prev = digest
    await connection.executemany(sql("identity", "append_audit"), rows)


async def read_audit(pool: Pool, after: int, most: int = READ_MOST) -> list[Record]:
    """Return up to `most` rows after `after`, in order."""
    with translated("audit"):
        rows: list[Record] = await pool.fetch(sql("identity", "read_audit"), after, most)
    return rows


def first_break(rows: Iterable[Record], prev_hash: str = GENESIS) -> int | None:
    """Return the seq of the first row that does not follow from the one before, else None."""
    expected = None
    for row in rows:
        fields = {
            name: row[name]
            for name in ("seq", "at", "actor", "action", "object", "subject", "body")
        }
        gap = expected is not None and row["seq"] != expected
        if gap or row["prev_hash"] != prev_hash or row["hash"] != row_hash(prev_hash, fields):
            return int(row["seq"])
        prev_hash, expected = row["hash"], row["seq"] + 1
    return None
