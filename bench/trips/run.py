"""Trips beside a truth: false trips of a parked car, and how far a distance is off.

The peer is what a plain tracker does: moving while two fixes are faster than 1.5 m/s, over after
3 min. Each figure is the worst over receivers of 3, 6, 12 and 20 m and the fix intervals named.
"""

from dataclasses import dataclass
from random import Random
from statistics import mean

from bench.report import Report
from bench.trips.model import Day, naive_trips, parked, seconds_of, seen, working
from fieldops.model import Fix
from geo.trips.journey import derive_journey

SIGMAS_M = (3.0, 6.0, 12.0, 20.0)
PARKED_EVERY_S = (10.0, 30.0, 60.0)
DRIVING_EVERY_S = (1.0, 10.0)
DRIVES = 5
GOALS = {
    "false_trips_24h": "<= 0",
    "drives_missed_or_split": "<= 0",
    "distance_error": "<= 0.03",
}


@dataclass(frozen=True, slots=True)
class Drives:
    """How the drives of some days were found, and the days' relative error of distance."""

    missed: int
    start_s: list[float]
    end_s: list[float]
    error: list[float]
    naive_error: list[float]


def run_trips(seeds: int) -> Report:
    """Measure over `seeds` days of each kind."""
    false, naive = 0.0, []
    for sigma_m in SIGMAS_M:
        for every_s in PARKED_EVERY_S:
            ours, theirs = _parked(seeds, sigma_m, every_s)
            false = max(false, ours)
            naive.append(theirs)
    kinds = [_driven(seeds, s, e) for s in SIGMAS_M for e in DRIVING_EVERY_S]
    return Report(
        "trips",
        {
            "false_trips_24h": false,
            "parked_days": len(SIGMAS_M) * len(PARKED_EVERY_S) * seeds,
            "drives": len(kinds) * seeds * DRIVES,
            "drives_missed_or_split": sum(kind.missed for kind in kinds),
            "start_error_p50_s": max(_middle(kind.start_s) for kind in kinds),
            "end_error_p50_s": max(_middle(kind.end_s) for kind in kinds),
            "distance_error": max(abs(mean(kind.error)) for kind in kinds),
        },
        peers={
            "naive_false_trips_24h_least": min(naive),
            "naive_false_trips_24h_most": max(naive),
            "naive_distance_error_least": min(mean(kind.naive_error) for kind in kinds),
            "naive_distance_error_most": max(mean(kind.naive_error) for kind in kinds),
        },
        goals=GOALS,
        notes=("a model of noise, not a measured receiver; see bench/trips/model.py",),
    )


def _parked(seeds: int, sigma_m: float, every_s: float) -> tuple[float, float]:
    ours = theirs = 0
    for seed in range(seeds):
        fixes = seen(Random(seed), parked(24, every_s), sigma_m)  # noqa: S311
        ours += len(derive_journey(fixes, fixes[-1].observed_at).trips)
        theirs += len(naive_trips(fixes))
    return ours / seeds, theirs / seeds


def _driven(seeds: int, sigma_m: float, every_s: float) -> Drives:
    drives = Drives(0, [], [], [], [])
    missed = 0
    for seed in range(seeds):
        rng = Random(seed)  # noqa: S311
        day = working(rng, drives=DRIVES, every_s=every_s)
        missed += _compare(day, seen(rng, day, sigma_m), drives)
    return Drives(missed, drives.start_s, drives.end_s, drives.error, drives.naive_error)


def _compare(day: Day, fixes: list[Fix], into: Drives) -> int:
    """Note how a day's drives were found; return how many were not found as one trip each."""
    trips = derive_journey(fixes, fixes[-1].observed_at).trips
    truth_m = sum(drive.length_m for drive in day.drives)
    into.error.append(sum(trip.distance_m for trip in trips) / truth_m - 1)
    into.naive_error.append(sum(length for *_, length in naive_trips(fixes)) / truth_m - 1)
    missed = 0
    for drive in day.drives:
        found = [
            trip
            for trip in trips
            if seconds_of(trip.started_at) < drive.end_s
            and seconds_of(trip.last_at) > drive.start_s
        ]
        if len(found) != 1:
            missed += 1
            continue
        into.start_s.append(abs(seconds_of(found[0].started_at) - drive.start_s))
        into.end_s.append(abs(seconds_of(found[0].last_at) - drive.end_s))
    return missed + max(0, len(trips) - len(day.drives))


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else float("nan")
