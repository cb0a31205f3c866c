"""Old chunks of fixes compressed, where TimescaleDB's edition can; the Apache edition cannot."""

from datetime import datetime, timedelta

from fieldops.database import Pool, sql, translated
from ingest.history.steps import Enter, step

EDITION = "timescale"
AFTER = timedelta(days=7)
CHUNKS_MOST = 100


async def compress(pool: Pool, enter: Enter, at: datetime) -> int | None:
    """Compress the chunks that ended 7 days ago, one a transaction; return how many, None where
    the edition has no compression.

    Late fixes still go into a compressed chunk, and deletes work (TimescaleDB 2.11 and later).
    """
    with translated("compression"):
        if await pool.fetchval(sql("ingest.history", "read_license")) != EDITION:
            return None
    for done in range(CHUNKS_MOST):
        async with step(pool, enter, "compression") as connection:
            if not await connection.fetchval(sql("ingest.history", "compression_on")):
                await connection.execute(sql("ingest.history", "enable_compression"))
            chunk = await connection.fetchval(sql("ingest.history", "compress_chunk"), at - AFTER)
        if chunk is None:
            return done
    return CHUNKS_MOST
