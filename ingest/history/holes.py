"""Holes that privacy left in tracks: the fix behind each is judged again by what is before it now.

A fix is implausible by the fix before it in time. That one may have been in time that turned out to
be private, and what it said of the next must go with it. Whoever erases does not hold ingest's
lease, and must not wait for it; so it notes the hole, and the judging gets a batch of its own here,
from which the live map, presence and roll-ups hear of it.
"""

from fieldops.database import Pool, sql, translated
from ingest.aside import draw_batch
from ingest.history.steps import Enter, step
from ingest.tracks import rejudge_behind

HOLES_MOST = 500


async def close_holes(pool: Pool, enter: Enter) -> int:
    """Judge again what is behind all holes; return how many fixes changed their flag.

    Raises:
        LeaseLost: another worker has the jobs. Unavailable: the database is lost.
    """
    changed = 0
    while await _is_any(pool):
        async with step(pool, enter, "holes") as connection:
            batch = await draw_batch(connection, "hole")
            rows = await connection.fetch(sql("ingest.history", "take_holes"), HOLES_MOST)
            holes = [(row["device_id"], row["at"]) for row in rows]
            changed += len(await rejudge_behind(connection, batch, holes))
    return changed


async def _is_any(pool: Pool) -> bool:
    with translated("holes"):
        return bool(await pool.fetchval(sql("ingest.history", "any_hole")))
