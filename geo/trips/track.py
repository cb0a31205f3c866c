"""One device's fixes as plain numbers: seconds, metres in a plane, and how far each may be off.

The plane touches the globe at the first fix (equirectangular). Over a day's work of 100 km it is
right to a few per thousand, which is enough to compare places; lengths are taken step by step.
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


@dataclass(frozen=True, slots=True)
class Track:
    """Fixes in order of time, as parallel lists; `sigma` is the error to reckon with, in metres."""

    at_s: list[float]
    x: list[float]
    y: list[float]
    sigma: list[float]

    def __len__(self) -> int:
        return len(self.at_s)

    def distance_m(self, index: int, x: float, y: float) -> float:
        """Return how far a fix lies from a point of the plane."""
        return hypot(self.x[index] - x, self.y[index] - y)

    def step_m(self, a: int, b: int) -> float:
        """Return the straight line between two fixes."""
        return hypot(self.x[a] - self.x[b], self.y[a] - self.y[b])

    def until(self, first: int, at_s: float, most: int) -> int:
        """Return one past the last fix at or before `at_s`, in [first, most]."""
        return bisect_right(self.at_s, at_s, first, most)


def track_of(fixes: Sequence[Fix]) -> Track:
    """Return the track of fixes that are in order of time; empty for none."""
    if not fixes:
        return Track([], [], [], [])
    lon, lat = fixes[0].lon, fixes[0].lat
    east = METRES_A_DEGREE * cos(radians(lat))
    return Track(
        [fix.observed_at.timestamp() for fix in fixes],
        [east * ((fix.lon - lon + 180.0) % 360.0 - 180.0) for fix in fixes],
        [METRES_A_DEGREE * (fix.lat - lat) for fix in fixes],
        [_sigma_m(fix.accuracy_m) for fix in fixes],
    )


def middle(track: Track, indices: Sequence[int]) -> tuple[float, float, float]:
    """Return the median east, north and error of some fixes: up to half may be anywhere."""
    return (
        median(track.x[i] for i in indices),
        median(track.y[i] for i in indices),
        median(track.sigma[i] for i in indices),
    )


def _sigma_m(accuracy_m: float | None) -> float:
    if accuracy_m is None:
        return SIGMA_UNSAID_M
    return min(max(accuracy_m, SIGMA_LEAST_M), SIGMA_MOST_M)
