"""The line that is played back: few points, none of them an outlier, true in place and time."""

from random import Random

from bench.trips.model import Day, fix_at, seconds_of, seen, working
from fieldops.model import Fix
from geo.trips.journey import State
from geo.trips.looking.points import Point, draw
from geo.trips.track import apart_m
from tests.geo.trips.test_journey import drive, stand


def place_at(points: list[Point], at_s: float) -> tuple[float, float]:
    """Return where a player would show the vehicle."""
    before = max((p for p in points if seconds_of(p.at) <= at_s), key=lambda p: p.at)
    after = min((p for p in points if seconds_of(p.at) > at_s), key=lambda p: p.at, default=before)
    if before.state is not State.MOVING:
        return before.lon, before.lat
    share = (at_s - seconds_of(before.at)) / max(seconds_of(after.at) - seconds_of(before.at), 1)
    return (
        before.lon + share * (after.lon - before.lon),
        before.lat + share * (after.lat - before.lat),
    )


def truth_at(day: Day, index: int) -> Fix:
    return fix_at(day.at_s[index], *day.places[index])


def test_a_noisy_day_is_played_back_near_the_truth_with_few_points() -> None:
    rng = Random(3)
    day = working(rng, drives=4, every_s=5)
    fixes = seen(rng, day, 5.0)

    points = draw(fixes, fixes[-1].observed_at)

    assert len(points) < len(fixes) / 5
    off_m = []
    for index in range(0, len(day.at_s), 7):
        lon, lat = place_at(points, day.at_s[index])
        true = truth_at(day, index)
        off_m.append(apart_m(lon, lat, true.lon, true.lat))
    off_m.sort()
    assert off_m[len(off_m) // 2] < 10
    assert off_m[int(len(off_m) * 0.98)] < 60


def test_a_stand_is_one_place_and_a_gap_is_said() -> None:
    fixes = [*stand(0, 600, 0), *drive(600, 900), *drive(1300, 1600, from_m=6000)]

    points = draw(fixes, fixes[-1].observed_at)

    assert [(seconds_of(p.at), p.state) for p in points] == [
        (0, State.STOPPED),
        (600, State.MOVING),
        (890, State.GAP),
        (1300, State.MOVING),
        (1590, State.GAP),
    ]
    assert (points[0].lon, points[0].lat) == (points[1].lon, points[1].lat)


def test_no_fix_draws_nothing() -> None:
    assert draw([], fix_at(0, 0).observed_at) == []
