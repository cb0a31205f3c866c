"""The arithmetic of belief: log-odds, and the densities that evidence is made of.

A log-odds of 0 is even, 2.94 is 95 %. All lengths are metres, all times seconds.
"""

from math import erfc, exp, hypot, log, pi, sqrt, tanh

ROOT_2 = sqrt(2.0)
Z_MOST = 6.0  # beyond, the normal distribution says nothing about receivers
CERTAIN = 12.0

# A receiver's error is correlated with itself: exp(−Δt / 90 s) (telemetry.md; multipath and the
# ionosphere change over minutes). Two fixes 10 s apart are worth 1.06 independent ones, not 2.
CORRELATION_S = 90.0

# Outliers: one fix in 170 begins a run that looks ordinary; where it lands is unknown, so its
# distance is uniform to 500 m and the density at r falls with 1 / r; nearer than 30 m it is noise.
ASTRAY_CHANCE = 0.006
ASTRAY_REACH_M = 500.0
ASTRAY_LEAST_M = 30.0


def odds(chance: float) -> float:
    """Return the log-odds of a probability inside (0, 1)."""
    return log(chance / (1 - chance))


def chance(log_odds: float) -> float:
    """Return the probability of a log-odds."""
    return 1 / (1 + exp(-max(-60.0, min(60.0, log_odds))))


def side(z: float) -> float:
    """Return the log-odds that the true place is beyond an edge that is z deviations behind it.

    log Φ(z) / Φ(−z): what one fix says of a half plane when nothing was known before.
    """
    z = max(-Z_MOST, min(Z_MOST, z))
    return log(erfc(-z / ROOT_2) / erfc(z / ROOT_2))


def both(first: float, second: float) -> float:
    """Return the log-odds against either of two independent doubts, given those against each."""
    least = min(first, second)
    return least - log(1 + exp(-abs(first - second)))


def spread(east_m: float, north_m: float, variance: float) -> float:
    """Return the density a square metre of a round normal distribution at an offset."""
    return exp(-min(300.0, (east_m**2 + north_m**2) / (2 * variance))) / (2 * pi * variance)


def free(east_m: float, north_m: float, gap_s: float, variance: float) -> float:
    """Return the density of where something that may drive is after a gap: 8 m/s, rarely 20."""
    slow, fast = (8 * gap_s) ** 2 + variance, (20 * gap_s) ** 2 + variance
    return 0.9 * spread(east_m, north_m, slow) + 0.1 * spread(east_m, north_m, fast)


def astray(east_m: float, north_m: float) -> float:
    """Return the density of an outlier at this offset from the true place."""
    far_m = hypot(east_m, north_m)
    near = min(1.0, (far_m / ASTRAY_LEAST_M) ** 2)
    return near / (2 * pi * ASTRAY_REACH_M * max(far_m, ASTRAY_LEAST_M))


def drift(gap_s: float, sigma_m: float, before_m: float) -> float:
    """Return the variance of an axis of the step between two fixes of something at rest, m².

    2σ²(1 − φ) with φ the noise's correlation over the gap; never below 3 m.
    """
    kept = exp(-gap_s / CORRELATION_S)
    mean = (sigma_m * sigma_m + before_m * before_m) / 2
    return max(2 * mean * (1 - kept), (sigma_m - before_m) ** 2, 9.0)


def news(gap_s: float) -> float:
    """Return how much of an independent fix one is that comes so long after the last, 0 to 1.

    (1 − φ) / (1 + φ): the information of a mean under AR(1) noise grows by this share a fix.
    """
    return tanh(gap_s / (2 * CORRELATION_S))
