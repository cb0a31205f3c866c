"""A noisy working day around one fence, seeded: where a device was, and where it said it was.

Four visits. Each is a drive in at 10 m/s on a straight line from 1,200 m at a random bearing to
the centre, 90 min at a point uniform in the disc (at each fix with probability 0.02 a new point),
and a drive out at another random bearing. Noise is AR(1) per axis with correlation exp(−Δt/90 s).
Outliers start with probability 0.015 a fix, last 1 to 4 fixes and keep one offset of 60 to 400 m.
The reported accuracy is σ·U(0.7, 1.6), 3 m at least; in an outlier it is offset·U(0.6, 1.2) with
probability 0.6 and the ordinary value else: the device does not know that it is lost.
"""

from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["entered", "left"]

VISITS = 4
FAR_M = 1_200.0
DRIVE_MPS = 10.0
STAY_S = 90 * 60.0
STAY_RADIUS = 0.98
MOVE_CHANCE = 0.02
CORRELATION_S = 90.0
OUTLIER_CHANCE = 0.015
OUTLIER_FIXES = (1, 4)
OUTLIER_M = (60.0, 400.0)
OUTLIER_TOLD_CHANCE = 0.6


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table: the fence's radius, the noise of an axis, seconds between fixes."""

    radius_m: float
    sigma_m: float
    every_s: float

    @property
    def name(self) -> str:
        """`r40_s6_10s`."""
        return f"r{self.radius_m:.0f}_s{self.sigma_m:.0f}_{self.every_s:.0f}s"


COLUMNS = (
    Column(40, 6, 10),
    Column(40, 12, 10),
    Column(100, 12, 10),
    Column(100, 12, 30),
    Column(60, 20, 10),
)


@dataclass(frozen=True, slots=True)
class Truth:
    """A true crossing: seconds from the day's start, the fence's name, what happened."""

    at_s: float
    fence: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Track:
    """What a device said: seconds, metres east and north of the scene's origin, accuracy; (n,)."""

    at_s: Floats
    x_m: Floats
    y_m: Floats
    accuracy_m: Floats

    @property
    def hours(self) -> float:
        """From the first fix to the last."""
        return float(self.at_s[-1] - self.at_s[0]) / 3600


def working_day(column: Column, seed: int) -> tuple[Track, list[Truth]]:
    """Return a day's fixes around the circle "site" at the origin, and its true crossings."""
    rng = np.random.default_rng([seed, int(column.radius_m), int(column.sigma_m)])
    places, truth, begins = [], [], 0.0
    for _ in range(VISITS):
        visit, crossings, lasted = _visit(rng, column)
        places.append(visit)
        truth += [Truth(begins + at, "site", kind) for at, kind in crossings]
        begins += lasted
    true: Floats = np.concatenate(places, dtype=np.float64)
    at_s: Floats = np.arange(len(true), dtype=np.float64) * column.every_s
    return observed(rng, at_s, true, column.sigma_m), truth


def _visit(
    rng: np.random.Generator, column: Column
) -> tuple[Floats, list[tuple[float, Kind]], float]:
    """Return a visit's true places (n, 2), its crossings by seconds from its start, its seconds."""
    every, radius = column.every_s, column.radius_m
    drive = np.arange(0, FAR_M / DRIVE_MPS, every) * DRIVE_MPS
    stay = int(STAY_S / every)
    moves = rng.random(stay) < MOVE_CHANCE
    moves[0] = True
    points = STAY_RADIUS * radius * in_disc(rng, int(moves.sum()))
    there = points[np.cumsum(moves) - 1]
    places = np.concatenate(
        [np.outer(FAR_M - drive, bearing(rng)), there, np.outer(drive, bearing(rng))]
    )
    leaves = (len(drive) + stay) * every
    crossings: list[tuple[float, Kind]] = [
        ((FAR_M - radius) / DRIVE_MPS, "entered"),
        (leaves + radius / DRIVE_MPS, "left"),
    ]
    return places, crossings, len(places) * every


def bearing(rng: np.random.Generator) -> Floats:
    """Return a random unit vector."""
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])


def in_disc(rng: np.random.Generator, count: int) -> Floats:
    """Return points uniform in the unit disc, (count, 2)."""
    angle, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def observed(
    rng: np.random.Generator,
    at_s: Floats,
    true: Floats,
    sigma_m: float,
    *,
    outlier_chance: float = OUTLIER_CHANCE,
) -> Track:
    """Return what a receiver says of true places (n, 2) at these seconds."""
    offset, told_m = _outliers(rng, len(true), outlier_chance)
    said: Floats = true + _noise(rng, at_s, sigma_m) + offset
    ordinary = np.maximum(3.0, sigma_m * rng.uniform(0.7, 1.6, len(true)))
    accuracy = np.where(np.isnan(told_m), ordinary, told_m)
    return Track(at_s, said[:, 0], said[:, 1], accuracy)


def _noise(rng: np.random.Generator, at_s: Floats, sigma_m: float) -> Floats:
    """Return AR(1) noise for both axes, (n, 2)."""
    noise = rng.normal(0, sigma_m, (len(at_s), 2))
    for i, gap_s in enumerate(np.diff(at_s), start=1):
        kept = exp(-gap_s / CORRELATION_S)
        noise[i] = kept * noise[i - 1] + sqrt(1 - kept * kept) * noise[i]
    return noise


def _outliers(rng: np.random.Generator, count: int, chance: float) -> tuple[Floats, Floats]:
    """Return the offset of each fix (n, 2) and the accuracy told in its stead, NaN if not."""
    offset, told_m = np.zeros((count, 2)), np.full(count, np.nan)
    i = 0
    while i < count:
        if rng.random() >= chance:
            i += 1
            continue
        ends = min(count, i + int(rng.integers(OUTLIER_FIXES[0], OUTLIER_FIXES[1] + 1)))
        size_m = rng.uniform(*OUTLIER_M)
        offset[i:ends] = size_m * bearing(rng)
        told = rng.random(ends - i) < OUTLIER_TOLD_CHANCE
        told_m[i:ends] = np.where(told, size_m * rng.uniform(0.6, 1.2, ends - i), np.nan)
        i = ends
    return offset, told_m
