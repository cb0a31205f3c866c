"""What could not be used, for people to look at. Raw bytes of devices are location data: whoever
reads them is written down, and who sees no positions sees no bytes."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.errors import BadInput

PREVIEW_MOST = 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class QuarantineQuery:
    """Which rows: of one device (by name) or code, after a cursor, at most `limit`."""

    limit: int
    cursor: str | None = None
    device: str | None = None
    code: str | None = None


async def view_quarantine(
    connection: Connection, query: QuarantineQuery, *, with_bytes: bool
) -> tuple[list[dict[str, Any]], str | None]:
    """Return one page, those received last first, and the next cursor.

    Args:
        connection: to the tenant.
        query: which rows.
        with_bytes: whether payload and reason (it may quote a coordinate) are shown.

    Raises:
        BadInput: the cursor is not one of ours.
    """
    before = _position(query.cursor)
    rows: Sequence[Record] = await connection.fetch(
        sql("ingest", "list_quarantine"), *before, query.device, query.code, query.limit + 1
    )
    page = rows[: query.limit]
    more = len(rows) > query.limit
    return [_shown(row, with_bytes) for row in page], _cursor(page[-1]) if more else None


def _cursor(row: Record) -> str:
    """Return microseconds since 1970 and id: text that needs no quoting in a URL."""
    return f"{(row['received_at'] - _EPOCH) // _MICROSECOND}~{row['id']}"


def _position(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    if cursor is None:
        return None, None
    microseconds, _, row_id = cursor.partition("~")
    try:
        return _EPOCH + int(microseconds) * _MICROSECOND, UUID(row_id)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"cursor {cursor!r} is not one of ours", pointer="/cursor") from error


def _shown(row: Record, with_bytes: bool) -> dict[str, Any]:
    payload: bytes = row["payload"]
    return {
        "id": row["id"],
        "received_at": row["received_at"],
        "topic": row["topic"],
        "device": row["device"],
        "code": row["code"],
        "bytes": len(payload),
        "reason": row["reason"] if with_bytes else None,
        "payload_base64": b64encode(payload).decode() if with_bytes else None,
        "preview": _preview(payload) if with_bytes else None,
    }


def _preview(payload: bytes) -> str:
    """Return the first characters as text, what is no printable character replaced."""
    text = payload[: 4 * PREVIEW_MOST].decode("utf-8", "replace")[:PREVIEW_MOST]
    return "".join(c if c.isprintable() or c == " " else "\N{REPLACEMENT CHARACTER}" for c in text)
