"""One device's fixes as plain lists: seconds, degrees, and how far each may be off.

Distances are between two places alone, on the plane that touches the globe half way (to 0.1 % for
the few kilometres compared here), so nothing depends on which other fixes were read with them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from statistics import median

from fieldops.model import EARTH_RADIUS_M, Fix

# The reported radius is believed within these bounds; trackers that say none are taken for
# ordinary receivers in a town.
SIGMA_LEAST_M = 1.0
SIGMA_MOST_M = 500.0
SIGMA_UNSAID_M = 12.0
METRES_A_DEGREE = radians(1.0) * EARTH_RADIUS_M
_HALF_RADIAN = radians(0.5)


@dataclass(frozen=True, slots=True)
class Track:
    """Fixes in order of time, as parallel lists; `sigma` is the error to reckon with, in metres."""

    at_s: list[float]
    lon: list[float]
    lat: list[float]
    sigma: list[float]

    def __len__(self) -> int:
        return len(self.at_s)

    def distance_m(self, index: int, lon: float, lat: float) -> float:
        """Return how far a fix lies from a place."""
        return apart_m(self.lon[index], self.lat[index], lon, lat)

    def step_m(self, a: int, b: int) -> float:
        """Return the straight line between two fixes."""
        return apart_m(self.lon[a], self.lat[a], self.lon[b], self.lat[b])

    def until(self, first: int, at_s: float, most: int) -> int:
        """Return one past the last fix at or before `at_s`, in [first, most]."""
        return bisect_right(self.at_s, at_s, first, most)


def apart_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the distance of two near places in metres; for decisions, a fifth of a haversine."""
    east = (lon2 - lon1 + 180.0) % 360.0 - 180.0
    return METRES_A_DEGREE * hypot(east * cos(_HALF_RADIAN * (lat1 + lat2)), lat2 - lat1)


def track_of(fixes: Sequence[Fix]) -> Track:
    """Return the track of fixes that are in order of time; empty for none."""
    return Track(
        [fix.observed_at.timestamp() for fix in fixes],
        [fix.lon for fix in fixes],
        [fix.lat for fix in fixes],
        [_sigma_m(fix.accuracy_m) for fix in fixes],
    )


def middle(track: Track, indices: Sequence[int]) -> tuple[float, float, float]:
    """Return the median lon, lat and error of some fixes: up to half may be anywhere."""
    return (
        median(track.lon[i] for i in indices),
        median(track.lat[i] for i in indices),
        median(track.sigma[i] for i in indices),
    )


def _sigma_m(accuracy_m: float | None) -> float:
    if accuracy_m is None:
        return SIGMA_UNSAID_M
    return min(max(accuracy_m, SIGMA_LEAST_M), SIGMA_MOST_M)
