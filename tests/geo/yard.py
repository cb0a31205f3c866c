"""A fence of 200 m by 200 m near Lyon and fixes at so many metres east of its centre."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import shapely

from fieldops.model import Fix, Flag, now
from geo.index import Fence, FenceIndex, Rules
from geo.presence.batch import REACH_M

LON, LAT = 4.8500, 45.7500
EAST_M = 77_804.0  # metres of a degree of longitude at 45.75° on WGS 84
NORTH_M = 111_147.0
HALF_M = 100.0
# Yesterday at eight: what a late fix may need is kept for 48 hours.
T0 = (now() - timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
VAN = UUID(int=1)
PHONE = UUID(int=2)
YARD = UUID(int=100)
SITE = UUID(int=200)


def square(
    east_m: float = 0.0, north_m: float = 0.0, half_m: float = HALF_M
) -> list[list[tuple[float, float]]]:
    """Return the coordinates of a square around a point so far from the centre."""
    lon, lat = LON + east_m / EAST_M, LAT + north_m / NORTH_M
    dx, dy = half_m / EAST_M, half_m / NORTH_M
    corners = [(-dx, -dy), (dx, -dy), (dx, dy), (-dx, dy), (-dx, -dy)]
    return [[(round(lon + x, 7), round(lat + y, 7)) for x, y in corners]]


def polygon(east_m: float = 0.0, half_m: float = HALF_M) -> shapely.Polygon:
    return shapely.Polygon(square(east_m, half_m=half_m)[0])


def yard(rules: Rules | None = None) -> FenceIndex:
    return FenceIndex([Fence(YARD, SITE, polygon(), rules or Rules())], reach_m=REACH_M)


def fix(
    at_s: float,
    east_m: float,
    *,
    device: UUID = VAN,
    accuracy_m: float | None = 5.0,
    flags: Flag = Flag.NONE,
) -> Fix:
    """Return a fix `east_m` metres east of the yard's centre: its edge is at 100."""
    at = T0 + timedelta(seconds=at_s)
    return Fix(device, at, at, LON + east_m / EAST_M, LAT, accuracy_m=accuracy_m, flags=flags)


def track(places: Sequence[float], *, every_s: float = 10.0, start_s: float = 0.0) -> list[Fix]:
    """Return one fix every so often, at these metres east."""
    return [fix(start_s + i * every_s, east) for i, east in enumerate(places)]
