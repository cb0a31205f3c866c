"""How simulated things move: along bent roads at town speed, with the noise a receiver has.

Pure: a place and a clock in, a place out. Distances are metres on a plane at Lyon's latitude, good
to a part in a thousand over a city.
"""

import random
from dataclasses import dataclass, field
from math import atan2, cos, degrees, exp, hypot, radians, sqrt

from fieldops.model import EARTH_RADIUS_M

Place = tuple[float, float]
METRE_DEG = degrees(1 / EARTH_RADIUS_M)
NOISE_CORRELATION_S = 90.0  # a receiver's error wanders, it does not jump


def moved(place: Place, east_m: float, north_m: float) -> Place:
    """Return the place that many metres away."""
    lon, lat = place
    return lon + east_m * METRE_DEG / cos(radians(lat)), lat + north_m * METRE_DEG


def offset_m(origin: Place, target: Place) -> tuple[float, float]:
    """Return metres east and north from one place to another."""
    east = (target[0] - origin[0]) / METRE_DEG * cos(radians((origin[1] + target[1]) / 2))
    return east, (target[1] - origin[1]) / METRE_DEG


def distance_m(origin: Place, target: Place) -> float:
    """Return metres between two places."""
    return hypot(*offset_m(origin, target))


def road(origin: Place, target: Place, chance: random.Random) -> list[Place]:
    """Return a bent line between two places: streets are longer than the straight line."""
    length = distance_m(origin, target)
    bends = max(1, min(6, int(length // 700)))
    points = [origin]
    for n in range(1, bends + 1):
        share = n / (bends + 1)
        straight = (
            origin[0] + share * (target[0] - origin[0]),
            origin[1] + share * (target[1] - origin[1]),
        )
        sway = length * 0.12
        points.append(moved(straight, chance.uniform(-sway, sway), chance.uniform(-sway, sway)))
    return [*points, target]


@dataclass(slots=True)
class Mover:
    """Something that stands or drives. speed_mps is what it drives at, already times the day's."""

    place: Place
    speed_mps: float
    path: list[Place] = field(default_factory=list)
    heading_deg: float = 0.0

    @property
    def moving(self) -> bool:
        return bool(self.path)

    def drive(self, path: list[Place]) -> None:
        """Follow a line that begins here."""
        self.path = path[1:]

    def advance(self, seconds: float) -> None:
        """Go on along the path for a while."""
        left = self.speed_mps * seconds
        while self.path and left > 0:
            east, north = offset_m(self.place, self.path[0])
            gap = hypot(east, north)
            if gap > 0:
                self.heading_deg = degrees(atan2(east, north)) % 360
            if gap <= left:
                self.place, left = self.path.pop(0), left - gap
            else:
                self.place = moved(self.place, east * left / gap, north * left / gap)
                left = 0


@dataclass(slots=True)
class Receiver:
    """A GNSS receiver's error: AR(1) on each axis, sigma in metres."""

    chance: random.Random
    sigma_m: float
    east_m: float = 0.0
    north_m: float = 0.0

    def observe(self, place: Place, seconds: float) -> tuple[Place, float]:
        """Return what the receiver says after `seconds`, and the accuracy it claims in metres."""
        keep = exp(-seconds / NOISE_CORRELATION_S)
        fresh = self.sigma_m * sqrt(1 - keep * keep)
        self.east_m = keep * self.east_m + self.chance.gauss(0, fresh)
        self.north_m = keep * self.north_m + self.chance.gauss(0, fresh)
        accuracy_m = max(3.0, self.sigma_m * self.chance.uniform(0.7, 1.6))
        return moved(place, self.east_m, self.north_m), accuracy_m
