"""Roll-ups: what each device did in 5 minutes and in an hour, always what the rows of `fix` say.

Nothing is added up: a bucket that a batch touched is computed again from its fixes, an hour from
its twelve buckets. So late, replaced and repeated fixes need no case of their own, and following
a batch twice changes nothing. A replaced row carries the batch that replaced it, hence is found.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from fieldops.database import Connection, Pool, sql, translated
from fieldops.model import UNTRUSTED_TIME
from fieldops.stream import last_batch
from ingest.history.steps import Enter, step

FOLLOWER = "rollup"
BUCKET_S, HOUR_S = 300, 3600
# Batches a step; of the largest there are (batch_max fixes each) some two million fixes.
BATCHES_MOST = 100
DIRTY_MOST = 5_000

Bucket = tuple[UUID, datetime]


async def roll_up(pool: Pool, enter: Enter) -> int:
    """Bring the roll-ups up to the last committed batch; return how many buckets were computed.

    Raises:
        LeaseLost: another worker has the jobs. Unavailable: the database is lost.
    """
    upto = await last_batch(pool)
    buckets = 0
    with translated("roll-ups"):
        after = await pool.fetchval(sql("ingest.history", "read_follower"), FOLLOWER) or 0
    while after < upto:
        until = min(after + BATCHES_MOST, upto)
        async with step(pool, enter, "roll-ups") as connection:
            buckets += await _follow(connection, after, until)
        after = until
    while (erased := await _erased(pool, enter)) > 0:
        buckets += erased
    return buckets


async def _erased(pool: Pool, enter: Enter) -> int:
    """Compute buckets again that privacy took fixes from: what is left of them, or nothing."""
    async with step(pool, enter, "roll-ups") as connection:
        rows = await connection.fetch(sql("ingest.history", "take_dirty"), DIRTY_MOST)
        dirty = {(row["device_id"], row["bucket_at"]) for row in rows}
        if dirty:
            await _compute(connection, dirty)
    return len(dirty)


async def _follow(connection: Connection, after: int, until: int) -> int:
    rows = await connection.fetch(sql("ingest.history", "find_dirty"), after, until)
    dirty = {(row["device_id"], row["bucket_at"]) for row in rows}
    if dirty:
        await _compute(connection, dirty)
    await connection.execute(sql("ingest.history", "set_follower"), FOLLOWER, until)
    return len(dirty)


async def _compute(connection: Connection, dirty: Collection[Bucket]) -> None:
    """Replace the buckets and the hours they lie in.

    The bounds in time let the database leave out the chunks nothing is dirty in.
    """
    columns = await _delete(connection, BUCKET_S, dirty)
    await connection.execute(
        sql("ingest.history", "roll_up"), *columns[:2], int(UNTRUSTED_TIME), *columns[2:]
    )
    hours = {(device, at.replace(minute=0)) for device, at in dirty}
    columns = await _delete(connection, HOUR_S, hours)
    await connection.execute(sql("ingest.history", "roll_up_hours"), *columns)


async def _delete(
    connection: Connection, span_s: int, buckets: Collection[Bucket]
) -> tuple[list[UUID], list[datetime], datetime, datetime]:
    devices = [device for device, _ in buckets]
    moments = [at.astimezone(UTC) for _, at in buckets]
    bounds = min(moments), max(moments)
    await connection.execute(
        sql("ingest.history", "delete_rollups"), span_s, devices, moments, *bounds
    )
    return devices, moments, *bounds
