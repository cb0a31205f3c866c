"""A vehicle's day with known truth, seen through a noisy receiver.

The noise is that of the presence model: AR(1) on each axis with correlation exp(-Δt / 90 s); a
burst of outliers starts at a fix with probability 0.015, lasts 1 to 4 fixes and is off by 60 to
400 m in one direction; the reported accuracy is max(3, σ·U(0.7, 1.6)) m, in an outlier, with
probability 0.6, its offset times U(0.6, 1.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import cos, exp, hypot, pi, radians, sin, sqrt
from random import Random
from uuid import UUID

from fieldops.model import Fix
from geo.trips.track import METRES_A_DEGREE

LON, LAT = 4.85, 45.75
T0 = datetime(2026, 11, 23, 6, tzinfo=UTC)
VAN = UUID(int=1)
CORRELATION_S = 90.0
OUTLIER_CHANCE = 0.015


@dataclass(frozen=True, slots=True)
class Drive:
    """A true drive: from a second to a second, so many metres along its path."""

    start_s: float
    end_s: float
    length_m: float


@dataclass(frozen=True, slots=True)
class Day:
    """Where the vehicle truly is at each second asked, and its drives."""

    at_s: list[float]
    places: list[tuple[float, float]]
    drives: list[Drive]


def parked(hours: float, every_s: float) -> Day:
    """Return a day without a drive."""
    count = int(hours * 3600 / every_s)
    return Day([i * every_s for i in range(count)], [(0.0, 0.0)] * count, [])


def working(rng: Random, *, drives: int, every_s: float) -> Day:
    """Return a day of drives over streets of 150 to 900 m, with red lights, between long stops."""
    seconds: list[tuple[float, float]] = []
    found: list[Drive] = []
    place = (0.0, 0.0)
    _stand(seconds, place, rng.uniform(900, 3000))
    for _ in range(drives):
        start_s = float(len(seconds))
        place, length_m = _drive(rng, seconds, place)
        found.append(Drive(start_s, float(len(seconds)), length_m))
        _stand(seconds, place, rng.uniform(900, 3000))
    step = round(every_s)
    return Day([float(i) for i in range(0, len(seconds), step)], seconds[::step], found)


def _stand(seconds: list[tuple[float, float]], place: tuple[float, float], for_s: float) -> None:
    seconds.extend([place] * int(for_s))


def _drive(
    rng: Random, seconds: list[tuple[float, float]], place: tuple[float, float]
) -> tuple[tuple[float, float], float]:
    """Drive some streets, mostly onwards; return where it ends and how long the way was."""
    heading, total_m = rng.uniform(0, 2 * pi), 0.0
    (x, y), speed_mps = place, 0.0
    streets = rng.randint(6, 16)
    for street in range(streets):
        street_m, limit_mps = rng.uniform(150, 900), rng.choice((8.0, 13.0, 20.0))
        left_m = street_m
        while left_m > 0:
            # Brakes towards the corner at 2 m/s², speeds up at 1.5.
            speed_mps = min(speed_mps + 1.5, limit_mps, max(sqrt(4 * left_m), 2.0))
            step_m = min(speed_mps, left_m)
            x, y, left_m = x + step_m * cos(heading), y + step_m * sin(heading), left_m - step_m
            seconds.append((x, y))
        total_m += street_m
        if street < streets - 1 and rng.random() < 0.4:
            _stand(seconds, (x, y), rng.uniform(10, 90))
            speed_mps = 0.0
        heading += rng.choice((-pi / 2, 0.0, 0.0, pi / 2)) + rng.gauss(0, 0.1)
    return (x, y), total_m


def seen(rng: Random, day: Day, sigma_m: float) -> list[Fix]:
    """Return the day's fixes as a receiver with this noise reports them."""
    east, north = rng.gauss(0, sigma_m), rng.gauss(0, sigma_m)
    off, left = (0.0, 0.0), 0
    fixes: list[Fix] = []
    last_s = day.at_s[0]
    for at_s, (x, y) in zip(day.at_s, day.places, strict=True):
        keep = exp(-(at_s - last_s) / CORRELATION_S)
        fresh = sigma_m * sqrt(1 - keep * keep)
        east, north = keep * east + rng.gauss(0, fresh), keep * north + rng.gauss(0, fresh)
        last_s = at_s
        if left == 0 and rng.random() < OUTLIER_CHANCE:
            size_m, way, left = rng.uniform(60, 400), rng.uniform(0, 2 * pi), rng.randint(1, 4)
            off = size_m * cos(way), size_m * sin(way)
        accuracy_m = max(3.0, sigma_m * rng.uniform(0.7, 1.6))
        dx, dy = off if left else (0.0, 0.0)
        if left:
            left -= 1
            if rng.random() < 0.6:
                accuracy_m = hypot(*off) * rng.uniform(0.6, 1.2)
        fixes.append(fix_at(at_s, x + east + dx, y + north + dy, accuracy_m=accuracy_m))
    return fixes


def fix_at(
    at_s: float, east_m: float, north_m: float = 0.0, *, accuracy_m: float | None = 5.0,
    device: UUID = VAN,
) -> Fix:  # fmt: skip
    """Return a fix so many metres from the middle of the model's world."""
    at = T0 + timedelta(seconds=at_s)
    lon = LON + east_m / (METRES_A_DEGREE * cos(radians(LAT)))
    lat = LAT + north_m / METRES_A_DEGREE
    return Fix(device, at, at, lon, lat, accuracy_m=accuracy_m)


def seconds_of(at: datetime) -> float:
    """Return a moment as seconds of the model's day."""
    return (at - T0).total_seconds()


def naive_trips(
    fixes: Sequence[Fix], *, moving_mps: float = 1.5, stop_s: float = 180.0
) -> list[tuple[float, float, float]]:
    """Cut trips as a plain tracker does: moving while the speed between two fixes is above a limit.

    Returns start and end in seconds and metres; a trip ends after `stop_s` below the limit.
    """
    trips: list[tuple[float, float, float]] = []
    points = [
        (seconds_of(f.observed_at), f.lon * METRES_A_DEGREE * cos(radians(LAT)),
         f.lat * METRES_A_DEGREE)
        for f in fixes
    ]  # fmt: skip
    start_s, last_s, length_m = None, 0.0, 0.0
    for (t0, x0, y0), (t1, x1, y1) in pairwise(points):
        step_m = hypot(x1 - x0, y1 - y0)
        if step_m / (t1 - t0) > moving_mps:
            start_s = t0 if start_s is None else start_s
            last_s, length_m = t1, length_m + step_m
        elif start_s is not None and t1 - last_s >= stop_s:
            trips.append((start_s, last_s, length_m))
            start_s, length_m = None, 0.0
    if start_s is not None:
        trips.append((start_s, last_s, length_m))
    return trips
