"""Fixes as the bytes of PostgreSQL's binary COPY: under a microsecond a row, where the driver needs
two, for it looks up an encoder a value and compares each time with both infinities.

Format: https://www.postgresql.org/docs/17/sql-copy.html (binary); each field is its length (-1 for
null) and its big-endian value, times are µs since 2000.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct, error, pack

import asyncpg

from fieldops.database import Connection
from fieldops.model import Fix

# What neighbours share comes first, so that it is made once for all of them.
_SHARED = ("device_id", "run", "source", "flags", "batch")
COLUMNS = (
    *_SHARED, "observed_at", "received_at", "lon", "lat", "seq",
    "accuracy_m", "speed_mps", "heading_deg", "altitude_m", "battery_pct",
)  # fmt: skip
# Rows made at a time, a millisecond's, so that other tenants are not kept waiting.
PIECE = 2_000
_HEADER, _TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_EPOCH, _US = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_PLACE = ">iqiqididiq"
_place = Struct(_PLACE).pack
# Devices say all of their numbers, or all but the altitude; who says less takes the longer way.
_all = Struct(_PLACE + "ififififih").pack
_flat = Struct(_PLACE + "ifififiih").pack


async def copy_fixes(connection: Connection, table: str, fixes: Sequence[Fix], batch: int) -> None:
    """Copy fixes as rows of `batch` into a table with the columns of `fix`.

    Raises:
        asyncpg.DataError: a value no column can hold.
    """
    wrong: list[asyncpg.DataError] = []

    async def pieces() -> AsyncIterator[bytes]:
        yield _HEADER
        for start in range(0, len(fixes), PIECE):
            try:
                yield encoded(fixes[start : start + PIECE], batch)
            except asyncpg.DataError as error:
                # Raised in here, it has the driver cancel a COPY that may have failed already.
                wrong.append(error)
                break
            await asyncio.sleep(0)
        yield _TRAILER

    await connection.copy_to_table(table, source=pieces(), columns=COLUMNS, format="binary")
    if wrong:
        raise wrong[0]


def encoded(fixes: Sequence[Fix], batch: int) -> bytes:
    """Return the rows, in the order of COLUMNS.

    Raises:
        asyncpg.DataError: a value no column can hold.
    """
    try:
        return b"".join(_rows(fixes, batch))
    except (error, OverflowError, UnicodeEncodeError) as wrong:
        raise asyncpg.DataError(f"a fix cannot be stored: {wrong}") from wrong


def _rows(fixes: Sequence[Fix], batch: int) -> list[bytes]:
    parts: list[bytes] = []
    add = parts.append
    before: Fix | None = None
    shared, received_at, received_us = b"", None, 0
    for fix in fixes:
        if before is None or not _alike(fix, before):
            shared = _shared(fix, batch)
        if fix.received_at is not received_at:
            received_at = fix.received_at
            received_us = (received_at - _EPOCH) // _US
        before = fix
        add(shared)
        observed_us = (fix.observed_at - _EPOCH) // _US
        accuracy, speed, heading = fix.accuracy_m, fix.speed_mps, fix.heading_deg
        altitude, battery = fix.altitude_m, fix.battery_pct
        if accuracy is None or speed is None or heading is None or battery is None:
            add(_place(8, observed_us, 8, received_us, 8, fix.lon, 8, fix.lat, 8, fix.seq))
            add(_numbers(accuracy, speed, heading, altitude, battery))
        elif altitude is None:
            add(_flat(8, observed_us, 8, received_us, 8, fix.lon, 8, fix.lat, 8, fix.seq,
                      4, accuracy, 4, speed, 4, heading, -1, 2, battery))  # fmt: skip
        else:
            add(_all(8, observed_us, 8, received_us, 8, fix.lon, 8, fix.lat, 8, fix.seq,
                     4, accuracy, 4, speed, 4, heading, 4, altitude, 2, battery))  # fmt: skip
    return parts


def _alike(fix: Fix, other: Fix) -> bool:
    """Return whether two fixes share what `_shared` holds; not seen, it is only made again."""
    return (
        fix.device is other.device
        and fix.flags is other.flags
        and fix.run == other.run
        and fix.source == other.source
    )


def _shared(fix: Fix, batch: int) -> bytes:
    source = None if fix.source is None else fix.source.encode()
    return (
        len(COLUMNS).to_bytes(2, "big")
        + _sized(fix.device.bytes)
        + _sized(fix.run.encode())
        + _sized(source)
        + pack(">ihiq", 2, int(fix.flags), 8, batch)
    )


def _numbers(*values: float | None) -> bytes:
    """Return four numbers and the battery, any of which may be missing."""
    *numbers, battery = values
    fields = [_sized(None if value is None else pack(">f", value)) for value in numbers]
    return b"".join((*fields, _sized(None if battery is None else pack(">h", battery))))


def _sized(value: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + value
