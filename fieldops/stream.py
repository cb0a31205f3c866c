"""The fast lane of fixes: one Valkey stream entry a committed batch, and the database behind it.

The stream may lose anything at any time. A reader therefore checks batch numbers: on a gap, and
every 2 s (a crash between commit and stream shows no gap at the tail), it reads what is missing
from the tenant's `fix` table. Order is by batch; within a batch each device's by observed_at.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec
from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811
from msgspec.structs import force_setattr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fieldops.database import Pool, Record, sql, translated
from fieldops.log import get_log
from fieldops.model import Fix, Flag, TenantSlug

log = get_log()
# Who reads on wants the newest; entries under load are large, so fixes are counted as well.
KEEP_ENTRIES, KEEP_FIXES, KEEP_LEAST = 5_000, 200_000, 10
READ_ENTRIES = 5
BLOCK_MS = 1_000
COMPARE_S = 2.0
# Of the largest batches, 20,000 fixes each, as many as a process may hold at once.
CATCH_UP_BATCHES = 5


# MessagePack of the fixes as they are, in C both ways: 0.2 µs a fix to write, 0.5 to read.
_FIXES = b"fixes"
_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_plain = msgspec.msgpack.Decoder(list[Fix]).decode
# Ids of devices by number, as the driver makes them: a `UUID` of the standard library is hashed in
# Python, ten times a fix by those who look devices up, and one object a device is found at once.
_ids: dict[int, UUID] = {}
_IDS_MOST = 500_000


def stream_key(tenant: TenantSlug) -> str:
    """Return the key of the tenant's stream."""
    return f"fixes:{{{tenant}}}"


async def append_batch(valkey: Redis, tenant: TenantSlug, batch: int, fixes: Sequence[Fix]) -> bool:
    """Append a committed batch; False when Valkey does not answer (readers use the database)."""
    most = max(KEEP_LEAST, min(KEEP_ENTRIES, KEEP_FIXES // max(1, len(fixes))))
    try:
        async with asyncio.timeout(1.0):
            await valkey.xadd(
                stream_key(tenant),
                {b"b": str(batch), _FIXES: _encode(fixes)},
                maxlen=most,
                approximate=True,
            )
    except (RedisError, OSError, TimeoutError):
        return False
    return True


async def last_batch(pool: Pool) -> int:
    """Return the number of the last committed batch of ingest."""
    with translated("batches"):
        return int(await pool.fetchval(sql("fieldops", "last_batch")))


async def follow_fixes(
    pool: Pool, valkey: Redis, tenant: TenantSlug, after: int
) -> AsyncIterator[tuple[int, list[Fix]]]:
    """Yield (batch, fixes) for every batch after `after`, in order, for ever.

    A batch read from the database holds the rows that are still of that batch; batches that
    stored nothing new may be skipped, so the number may jump.

    Raises:
        Unavailable: the database is lost.
    """
    reader = _StreamReader(valkey, tenant)
    compared_at = 0.0
    while True:
        if time.monotonic() - compared_at > COMPARE_S:
            # Only what was committed before this look and is still not here is missing.
            missing_to = await last_batch(pool)
            async for batch, fixes in _missed(pool, after, missing_to):
                yield batch, fixes
            after = max(after, missing_to)
            compared_at = time.monotonic()
        for batch, fixes in await reader.read():
            if batch <= after:
                continue
            async for missed, theirs in _missed(pool, after, batch - 1):
                yield missed, theirs
            yield batch, fixes
            after = batch


async def _missed(pool: Pool, after: int, upto: int) -> AsyncIterator[tuple[int, list[Fix]]]:
    """Yield the batches in (after, upto] from the database, some at a time."""
    while after < upto:
        until = min(after + CATCH_UP_BATCHES, upto)
        for batch, fixes in await read_batches(pool, after, until):
            yield batch, fixes
        after = until


async def read_batches(pool: Pool, after: int, upto: int) -> list[tuple[int, list[Fix]]]:
    """Return the batches in (after, upto] from the database, those without rows left out."""
    with translated("batches"):
        rows = await pool.fetch(sql("fieldops", "read_batches"), after, upto)
    batches: dict[int, list[Fix]] = {}
    for row in rows:
        batches.setdefault(row["batch"], []).append(_stored(row))
    return list(batches.items())


def _decode(data: bytes) -> list[Fix]:
    """Return the fixes of an entry, each device's id one and the same object."""
    fixes = _plain(data)
    if len(_ids) > _IDS_MOST:
        _ids.clear()
    for fix in fixes:
        number = fix.device.int
        known = _ids.get(number)
        if known is None:
            known = _ids[number] = DriverUUID(fix.device.bytes)
        force_setattr(fix, "device", known)  # its equal; nobody else has the fix yet
    return fixes


class _StreamReader:
    """Reads the stream from its present end on; without Valkey it only waits."""

    def __init__(self, valkey: Redis, tenant: TenantSlug) -> None:
        self._valkey = valkey
        self._key = stream_key(tenant)
        self._last: str | bytes = "$"
        self._down = False

    async def read(self) -> list[tuple[int, list[Fix]]]:
        try:
            found = await self._valkey.xread(
                {self._key: self._last}, count=READ_ENTRIES, block=BLOCK_MS
            )
        except (RedisError, OSError) as error:
            if not self._down:
                log.warning("stream.lost", reason=type(error).__name__)
            self._down, self._last = True, "$"
            await asyncio.sleep(BLOCK_MS / 1000)
            return []
        if self._down:
            log.info("stream.back")
            self._down = False
        entries = found[0][1] if isinstance(found, list) and found else _entries(found)
        if entries:
            self._last = entries[-1][0]
        # An entry of another program's version holds no such field; its batch is read as missing.
        return [
            (int(fields[b"b"]), _decode(fields[_FIXES]))
            for _, fields in entries
            if _FIXES in fields
        ]


def _entries(found: object) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Return the entries of a RESP3 answer, which is a dict of lists of lists."""
    if not isinstance(found, dict) or not found:
        return []
    (pages,) = found.values()
    return [entry for page in pages for entry in page]


def _stored(row: Record) -> Fix:
    return Fix(
        row["device_id"],
        row["observed_at"],
        row["received_at"],
        row["lon"],
        row["lat"],
        row["run"],
        row["seq"],
        row["accuracy_m"],
        row["speed_mps"],
        row["heading_deg"],
        row["altitude_m"],
        row["battery_pct"],
        row["source"],
        Flag(row["flags"]),
    )
