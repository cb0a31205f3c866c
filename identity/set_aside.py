"""What lies in quarantine and turns out to be private goes, as if the gate had known.

What cannot be read is judged by its receipt, which is all that is known of it. What can be read
(the database refused it, or it names a worker or a site the tenant lacks) is judged by the times
it says: a message with one private part goes whole; a declaration of attendance is somebody's pay
and stays, without its position.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from devices.topics import parse_topic
from devices.wire import AttendanceMessage, Decoded, classify, decode
from fieldops.database import Connection, Record, sql
from fieldops.errors import BadMessage
from fieldops.model import UNTRUSTED_TIME

# Codes of what can be read: `ingest/reader.py` sets the first aside, `ingest/attendance.py` the
# declarations, each as a message of its own.
REFUSED = "refused"
READABLE = (REFUSED, "device_revoked", "unknown_worker", "unknown_site")
_PLACE = ("lon", "lat", "acc")


async def erase_set_aside(
    connection: Connection,
    worker: UUID,
    starts_at: datetime,
    ends_at: datetime | None,
    why: str,
    now: datetime,
) -> int:
    """Take away what the worker's own devices said in [starts_at, ends_at), None being open.

    Returns:
        How many messages went or, declarations, lost their position.
    """
    gone: dict[UUID, int] = {}
    bare: dict[UUID, bytes] = {}
    async for row in connection.cursor(
        sql("identity", "find_set_aside"), worker, starts_at, ends_at, READABLE
    ):
        said = _said(row)
        if said is not None and row["code"] != REFUSED:
            if (payload := _bared(said, row)) is not None:
                bare[row["id"]] = payload
        elif any(row["since"] <= at < row["until"] for at in _moments(said, row)):
            gone[row["id"]] = 1 if said is None else max(1, len(said.fixes) + len(said.attendance))
    if gone:
        counted = sum(gone.values())
        await connection.execute(sql("identity", "erase_set_aside"), list(gone), counted, why, now)
    if bare:
        await connection.execute(sql("identity", "bare_set_aside"), list(bare), list(bare.values()))
    return len(gone) + len(bare)


def _said(row: Record) -> Decoded | None:
    """Return what a message says, None when it cannot be read."""
    if row["payload"] is None:
        return None
    try:
        return decode(
            parse_topic(row["topic"]),
            row["payload"],
            device=row["device_id"],
            received_at=row["received_at"],
        )
    except BadMessage:
        return None


def _moments(said: Decoded | None, row: Record) -> list[datetime]:
    """Return the moments by which the gate judges the whole of a message."""
    received_at: datetime = row["received_at"]
    if said is None:
        return [received_at]
    moments = [received_at if fix.flags & UNTRUSTED_TIME else fix.observed_at for fix in said.fixes]
    moments += [_declared_at(each, received_at) for each in said.attendance]
    if said.rejects or not moments:
        moments.append(received_at)
    return moments


def _declared_at(said: AttendanceMessage, received_at: datetime) -> datetime:
    untrusted = classify(said.at, received_at, None) & UNTRUSTED_TIME
    return received_at if untrusted else said.at


def _bared(said: Decoded, row: Record) -> bytes | None:
    """Return the bytes of private declarations without their position, None to leave them be."""
    moments = [_declared_at(each, row["received_at"]) for each in said.attendance]
    if all(each.lon is None for each in said.attendance) or not any(
        row["since"] <= at < row["until"] for at in moments
    ):
        return None
    content: dict[str, object] = msgspec.json.decode(row["payload"])
    return msgspec.json.encode({k: v for k, v in content.items() if k not in _PLACE})
