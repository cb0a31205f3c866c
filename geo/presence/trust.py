"""Whether a fix is where the device is: outliers come in runs, lie about their accuracy and end.

    trusted ──a step that rest and motion explain badly──▶ doubted
       ▲                                                      │
       ├──────── goes on as a real move would ◀───────────────┤   (real)
       └──────── back where it was ◀──────────────────────────┘   (astray)

A forward filter over two hypotheses, told apart by where each next fix lands: a device that drove
off goes on, or rests longer than outliers last; an outlier keeps its offset and comes back. It is
about the device alone and knows no fence.
"""

from math import cos, exp, hypot, log, radians, sqrt
from typing import Literal

import msgspec

from geo.presence.belief import (
    ASTRAY_CHANCE,
    CERTAIN,
    astray,
    drift,
    free,
    news,
    spread,
)

SIGMA_LEAST_M = 4.0
SIGMA_UNKNOWN_M = 15.0  # for a device that tells no accuracy
TRUSTED = 3.0
REAL = 4.0
DOUBT_MOST = 6.0
# A device at rest starts to move about once in ten minutes.
STARTS_A_S = 1 / 600
# Chance that a run of outliers goes on after 1, 2, 3 … fixes: they last 1 to 4, seldom more.
GOES_ON = (0.7, 0.65, 0.6, 0.25, 0.15)
# Four in five keep their offset from fix to fix, and one in twenty of the people under them walks.
KEEPS_OFFSET = 0.8
WALKS, WALK_M = 0.05, 40.0
STOPS, RESTS = 0.4, 0.9
# An accuracy three times the usual is told in most outliers and hardly ever else.
VAGUE, VAGUE_LEAST_M, VAGUE_ODDS = 3.0, 30.0, 3.4
DEGREE_M = 111_195.0
BESIDE = 3.0  # deviations: a step within is no step


class Tracker(msgspec.Struct, frozen=True, gc=False):
    """What is known of a device's motion.

    Attributes:
        at, lon, lat, sigma_m: the last fix, its time in seconds since 1970.
        usual_m: the accuracy it usually tells.
        known_at, known_lon, known_lat, known_m: the last trusted fix.
        east, north: trusted motion, m/s.
        doubt_east, doubt_north: motion of the doubted run, m/s.
        trust: log-odds that the last fix is real.
        doubted: fixes in the doubted run. still: how many of them stayed in place.
    """

    at: float
    lon: float
    lat: float
    sigma_m: float
    usual_m: float
    known_at: float
    known_lon: float
    known_lat: float
    known_m: float
    east: float = 0.0
    north: float = 0.0
    doubt_east: float = 0.0
    doubt_north: float = 0.0
    trust: float = TRUSTED
    doubted: int = 0
    still: int = 0


class Sight(msgspec.Struct, frozen=True, gc=False):
    """One fix as every fence sees it.

    Attributes:
        at: seconds since 1970. gap_s: since the last fix that counts.
        accuracy_m: as told. sigma_m: what it is taken for: never better than usual.
        trust: log-odds that it is real. trusted: it counts.
        ended: how a doubted run ended with this fix, if one did.
        moved: it is further from the last than noise explains.
        news: share of an independent fix.
    """

    at: float
    gap_s: float
    accuracy_m: float | None
    sigma_m: float
    trust: float
    trusted: bool
    ended: Literal["real", "astray"] | None
    moved: bool
    news: float


class _Step(msgspec.Struct, frozen=True, gc=False):
    """From one fix to another: seconds, metres east and north, variance of an axis at rest."""

    gap_s: float
    east_m: float
    north_m: float
    variance: float

    @property
    def moved(self) -> bool:
        return hypot(self.east_m, self.north_m) > BESIDE * sqrt(self.variance)

    def at_rest(self) -> float:
        return spread(self.east_m, self.north_m, self.variance)

    def going_on(self, east: float, north: float, slack: float) -> float:
        """Return the density had it gone on at this motion (m/s), give or take a share of it."""
        gap = self.gap_s
        variance = (slack * hypot(east, north) * gap) ** 2 + self.variance
        return spread(self.east_m - east * gap, self.north_m - north * gap, variance)

    def driving(self) -> float:
        return free(self.east_m, self.north_m, self.gap_s, self.variance)


def begin(at: float, lon: float, lat: float, accuracy_m: float | None) -> Tracker:
    """Return the tracker of a device's first fix."""
    usual = SIGMA_UNKNOWN_M if accuracy_m is None else accuracy_m
    sigma = max(SIGMA_LEAST_M, usual)
    return Tracker(at, lon, lat, sigma, usual, at, lon, lat, sigma)


def look(at: float, accuracy_m: float | None, tracker: Tracker) -> Sight:
    """Return how a device's first fix is seen: believed less than one that others bear out."""
    return Sight(at, 3600.0, accuracy_m, tracker.sigma_m, TRUSTED, True, None, True, 1.0)


def observe(
    before: Tracker, at: float, lon: float, lat: float, accuracy_m: float | None
) -> tuple[Tracker, Sight]:
    """Take a device's next fix, later than the last."""
    told = before.usual_m if accuracy_m is None else accuracy_m
    usual = before.usual_m + 0.1 * (min(told, 2 * before.usual_m) - before.usual_m)
    if told < usual / VAGUE:
        usual = 1.5 * told
    sigma = max(SIGMA_LEAST_M, usual)
    vague = VAGUE_ODDS if told > max(VAGUE * usual, VAGUE_LEAST_M) else 0.0
    last = _step(before.at, before.lon, before.lat, before.sigma_m, at, lon, lat, sigma)
    if before.doubted == 0:
        trust, trusted, ended, step = _doubt(before, last, vague)
    else:
        known = _step(
            before.known_at, before.known_lon, before.known_lat, before.known_m, at, lon, lat, sigma
        )
        trust, ended = _weigh(before, last, known, vague)
        trusted, step = ended is not None, known if ended == "astray" else last
    tracker = _after(before, Tracker(at, lon, lat, sigma, usual, at, lon, lat, sigma), step,
                     trust, trusted, ended)  # fmt: skip
    return tracker, Sight(
        at, step.gap_s, accuracy_m, max(sigma, told), trust, trusted, ended, step.moved,
        news(step.gap_s),
    )  # fmt: skip


def _doubt(
    before: Tracker, step: _Step, vague: float
) -> tuple[float, bool, Literal["real", "astray"] | None, _Step]:
    """Judge a fix that follows a trusted one."""
    speed = hypot(before.east, before.north)
    starts = min(0.5, STARTS_A_S * step.gap_s)
    if speed * step.gap_s > BESIDE * sqrt(step.variance):
        starts += max(0.0, 0.2 - starts) * min(1.0, speed / 5)
        real = (0.8 - starts) * step.going_on(before.east, before.north, 0.3)
        real += 0.2 * step.at_rest() + starts * step.driving()
    else:
        real = (1 - starts) * step.at_rest() + starts * step.driving()
    lost = ASTRAY_CHANCE * astray(step.east_m, step.north_m)
    trust = _log_ratio(real, lost) - vague
    if trust >= TRUSTED or not step.moved:
        return max(trust, TRUSTED), True, None, step
    return trust, False, None, step


def _weigh(
    before: Tracker, last: _Step, known: _Step, vague: float
) -> tuple[float, Literal["real", "astray"] | None]:
    """Judge a fix that follows a doubted one: did the run go on as a real move or as an error."""
    rests = STOPS if before.still == 0 else RESTS
    going = 0.6 * last.going_on(before.doubt_east, before.doubt_north, 0.35) + 0.4 * last.driving()
    real = (1 - rests) * going + rests * last.at_rest()

    goes_on = GOES_ON[min(before.still, len(GOES_ON) - 1)]
    offset = 0.5 * last.at_rest() + 0.5 * last.going_on(before.east, before.north, 0.35)
    walked = spread(last.east_m, last.north_m, WALK_M**2 + last.variance)
    kept = KEEPS_OFFSET * ((1 - WALKS) * offset + WALKS * walked)
    jumped = (1 - KEEPS_OFFSET) * astray(known.east_m, known.north_m)
    # The run so far was real and only this fix begins to be wrong.
    fresh = exp(before.trust) * ASTRAY_CHANCE * astray(last.east_m, last.north_m)
    lost = goes_on * (kept + jumped) + fresh

    home = 0.7 * known.at_rest() + 0.2 * known.going_on(before.east, before.north, 0.35)
    home += 0.1 * spread(known.east_m, known.north_m, WALK_M**2 + known.variance)
    back = (1.1 - goes_on) * home

    change = _log_ratio(real, lost + back)
    trust = max(-DOUBT_MOST, min(CERTAIN, before.trust + change)) - vague
    if back > real and back > lost and trust < TRUSTED:
        return TRUSTED, "astray"
    return trust, "real" if trust >= REAL else None


def _after(
    before: Tracker,
    new: Tracker,
    step: _Step,
    trust: float,
    trusted: bool,
    ended: Literal["real", "astray"] | None,
) -> Tracker:
    """Return the tracker with motion and doubt brought up to date."""
    east, north = step.east_m / step.gap_s, step.north_m / step.gap_s
    if ended == "astray":
        gap = step.gap_s
        on = hypot(step.east_m - before.east * gap, step.north_m - before.north * gap)
        went = hypot(before.east, before.north) > 3 and on < hypot(step.east_m, step.north_m)
        motion = (before.east, before.north) if went else (0.0, 0.0)
        return _moving(new, motion, TRUSTED)
    if trusted:
        return _moving(new, (east, north), min(CERTAIN, trust))
    still = before.still + 1 if before.doubted and not step.moved else 0
    return Tracker(
        new.at, new.lon, new.lat, new.sigma_m, new.usual_m,
        before.known_at, before.known_lon, before.known_lat, before.known_m,
        before.east, before.north, east, north, trust, before.doubted + 1, still,
    )  # fmt: skip


def _moving(new: Tracker, motion: tuple[float, float], trust: float) -> Tracker:
    return msgspec.structs.replace(new, east=motion[0], north=motion[1], trust=trust)


def _step(
    at0: float, lon0: float, lat0: float, sigma0_m: float,
    at: float, lon: float, lat: float, sigma_m: float,
) -> _Step:  # fmt: skip
    gap = max(1e-3, at - at0)
    turn = (lon - lon0 + 540.0) % 360.0 - 180.0
    east = turn * DEGREE_M * cos(radians(lat))
    return _Step(gap, east, (lat - lat0) * DEGREE_M, drift(gap, sigma_m, sigma0_m))


def _log_ratio(real: float, lost: float) -> float:
    if lost <= 0:
        return CERTAIN
    return max(-CERTAIN, min(CERTAIN, log(real / lost) if real > 0 else -CERTAIN))
