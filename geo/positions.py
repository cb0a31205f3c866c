"""Where each device was last: the table ingest keeps, read once by who then follows the stream."""

from fieldops.database import Connection, sql
from fieldops.model import Fix, Flag

POSITIONS_MOST = 200_000


async def latest_fixes(connection: Connection) -> list[Fix]:
    """Return the newest trustworthy fix of every device; run, sequence and source are not kept."""
    return [
        Fix(
            row["device_id"],
            row["observed_at"],
            row["received_at"],
            row["lon"],
            row["lat"],
            accuracy_m=row["accuracy_m"],
            speed_mps=row["speed_mps"],
            heading_deg=row["heading_deg"],
            battery_pct=row["battery_pct"],
            flags=Flag(row["flags"]),
        )
        for row in await connection.fetch(sql("geo", "latest_fixes"), POSITIONS_MOST)
    ]
