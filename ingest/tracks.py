"""Where each device was last, to tell a speed nobody drives.

`IMPLAUSIBLE_SPEED`: the straight line from the previous fix in time needs more than 70 m/s. Known
as previous are the newest trustworthy fix of each device and those of the batch; a late fix is
compared with its neighbours in the batch only.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.model import UNTRUSTED_TIME, Fix, Flag, great_circle_m

PLAUSIBLE_MPS = 70.0
DEVICES_MOST = 200_000

Place: TypeAlias = tuple[datetime, float, float]


class Tracks:
    """The newest place of each device; `judge` reads it, `advance` moves it after the commit."""

    def __init__(self, places: dict[UUID, Place]) -> None:
        self._places = places

    def judge(self, fixes: Sequence[Fix]) -> list[Fix]:
        """Return the fixes, in order of time, with the flag added where it belongs."""
        judged: list[Fix] = []
        before: dict[UUID, Place] = {}
        for fix in fixes:
            if fix.flags and fix.flags & UNTRUSTED_TIME:
                judged.append(fix)
                continue
            last = before.get(fix.device)
            known = self._places.get(fix.device)
            if known is not None and known[0] < fix.observed_at and (not last or last < known):
                last = known
            implausible = last is not None and _needs_mps(last, fix) > PLAUSIBLE_MPS
            judged.append(fix.flagged(Flag.IMPLAUSIBLE_SPEED) if implausible else fix)
            before[fix.device] = (fix.observed_at, fix.lon, fix.lat)
        return judged

    def advance(self, fixes: Sequence[Fix]) -> None:
        """Take the committed fixes, in order of time, as the newest places."""
        for fix in fixes:
            if fix.flags and fix.flags & UNTRUSTED_TIME:
                continue
            known = self._places.get(fix.device)
            if known is None or known[0] <= fix.observed_at:
                self._places[fix.device] = (fix.observed_at, fix.lon, fix.lat)


def _needs_mps(last: Place, fix: Fix) -> float:
    elapsed_s = (fix.observed_at - last[0]).total_seconds()
    distance_m = great_circle_m(last[1], last[2], fix.lon, fix.lat)
    return distance_m / max(elapsed_s, 0.001)


async def load_tracks(connection: Connection) -> Tracks:
    """Read the latest fix of each device; one row a device."""
    rows = await connection.fetch(sql("ingest", "read_latest"), DEVICES_MOST)
    return Tracks({r["device_id"]: (r["observed_at"], r["lon"], r["lat"]) for r in rows})
