"""Trips and stops of days whose truth is known."""

from datetime import timedelta
from random import Random

import pytest

from bench.trips.model import T0, Drive, fix_at, naive_trips, parked, seconds_of, seen, working
from fieldops.model import Fix, Flag
from geo.trips.journey import Journey, Segment, State, Trip, derive_journey, mark_idling


def journey_of(fixes: list[Fix], *, later_s: float = 0) -> Journey:
    """Derive as of the newest fix, or so many seconds later."""
    newest = max(fix.observed_at for fix in fixes)
    return derive_journey(fixes, newest + timedelta(seconds=later_s))


def spans(journey: Journey) -> list[tuple[float, float | None]]:
    return [
        (seconds_of(t.started_at), None if t.ended_at is None else seconds_of(t.ended_at))
        for t in journey.trips
    ]


def drive(start_s: float, end_s: float, *, from_m: float = 0.0, mps: float = 10.0) -> list[Fix]:
    """Return fixes every 10 s of a vehicle that drives east."""
    count = int((end_s - start_s) / 10)
    return [fix_at(start_s + 10 * i, from_m + 10 * i * mps) for i in range(count)]


def stand(start_s: float, end_s: float, at_m: float) -> list[Fix]:
    return [fix_at(s, at_m) for s in range(int(start_s), int(end_s), 10)]


@pytest.mark.parametrize("every_s", [10.0, 30.0, 60.0])
@pytest.mark.parametrize("sigma_m", [3.0, 12.0, 20.0])
def test_a_parked_car_makes_no_trip_in_a_day_of_noise(sigma_m: float, every_s: float) -> None:
    naive = 0
    for seed in range(6):
        fixes = seen(Random(seed), parked(24, every_s), sigma_m)

        journey = journey_of(fixes)

        assert journey.trips == []
        assert [stop.ended_at for stop in journey.stops] == [None]
        naive += len(naive_trips(fixes))
    assert naive > 6 * 5  # the noise is there: a plain speed limit sees a trip every few hours


@pytest.mark.parametrize("sigma_m", [3.0, 12.0, 20.0])
@pytest.mark.parametrize("seed", range(4))
def test_every_drive_is_one_trip_of_about_its_length(seed: int, sigma_m: float) -> None:
    rng = Random(seed)
    day = working(rng, drives=5, every_s=10)
    fixes = seen(rng, day, sigma_m)

    journey = journey_of(fixes)

    assert len(journey.trips) == len(day.drives) == 5
    assert len(journey.stops) == 6
    for trip, truth in zip(journey.trips, day.drives, strict=True):
        assert abs(seconds_of(trip.started_at) - truth.start_s) <= 60
        assert trip.ended_at is not None
        assert abs(seconds_of(trip.ended_at) - truth.end_s) <= 60
    assert distance_error(journey.trips, day.drives) < 0.05


def distance_error(trips: list[Trip], drives: list[Drive]) -> float:
    return abs(sum(t.distance_m for t in trips) / sum(d.length_m for d in drives) - 1)


def test_a_red_light_is_a_halt_inside_the_trip_and_adds_no_metre() -> None:
    fixes = [
        *stand(0, 600, 0),
        *drive(600, 900),
        *stand(900, 1000, 3000),
        *drive(1000, 1300, from_m=3000),
        *stand(1300, 2000, 6000),
    ]

    journey = journey_of(fixes)

    (trip,) = journey.trips
    assert spans(journey) == [(600.0, 1300.0)]
    assert trip.distance_m == pytest.approx(6000, rel=0.01)
    assert trip.halted_s == pytest.approx(100, abs=10)
    assert [s.state for s in journey.segments] == ["stopped", "moving"] * 2 + ["stopped"]


def test_a_trip_under_way_has_no_end_and_a_silence_ends_it_where_it_was_last_seen() -> None:
    fixes = [*stand(0, 600, 0), *drive(600, 900)]

    assert spans(journey_of(fixes)) == [(600.0, None)]
    assert spans(journey_of(fixes, later_s=1199)) == [(600.0, None)]
    assert spans(journey_of(fixes, later_s=1201)) == [(600.0, 890.0)]


def test_what_was_not_seen_is_a_gap_and_no_distance() -> None:
    tunnel = [*stand(0, 600, 0), *drive(600, 900), *drive(1300, 1600, from_m=6000)]
    home = [*tunnel, *stand(1600, 2200, 9000)]

    journey = journey_of(home)

    (trip,) = journey.trips
    assert trip.unseen_s == 410
    assert trip.unseen_m == pytest.approx(3100, rel=0.01)
    assert trip.distance_m == pytest.approx(5900, rel=0.01)
    assert State.GAP in [s.state for s in journey.segments]


def test_a_long_silence_makes_no_trip_of_its_own_and_no_stop_through_the_night() -> None:
    fixes = [*stand(0, 600, 0), *stand(50_000, 50_600, 8000)]

    journey = journey_of(fixes)

    assert journey.trips == []
    assert [(seconds_of(s.started_at), s.ended_at) for s in journey.stops] == [
        (0.0, T0 + timedelta(seconds=590)),
        (50_000.0, None),
    ]
    assert [s.state for s in journey.segments] == ["stopped", "gap", "stopped"]


def test_shunting_in_the_yard_is_no_trip() -> None:
    fixes = [*stand(0, 600, 0), *drive(600, 640, mps=2), *stand(640, 1800, 80)]

    assert journey_of(fixes).trips == []


def test_a_round_that_comes_back_is_a_trip() -> None:
    out = drive(600, 900)
    back = [fix_at(900 + 10 * i, 3000 - 100 * i) for i in range(30)]
    fixes = [*stand(0, 600, 0), *out, *back, *stand(1200, 2000, 0)]

    assert spans(journey_of(fixes)) == [(600.0, 1200.0)]


def test_fixes_of_a_clock_that_lies_are_not_asked() -> None:
    fixes = [*stand(0, 600, 0), *drive(600, 900), *stand(900, 1500, 3000)]
    lies = [fix.flagged(Flag.FUTURE) for fix in drive(5000, 9000, from_m=3000)]

    assert journey_of([*fixes, *lies]).trips == journey_of(fixes).trips


def test_no_fix_and_one_fix_are_no_journey() -> None:
    assert derive_journey([], T0) == Journey([], [], [])
    assert journey_of([fix_at(0, 0)]) == Journey([], [], [])


def test_a_stand_idles_only_while_the_engine_is_known_to_run() -> None:
    def at(s: float) -> object:
        return T0 + timedelta(seconds=s)

    stands = [
        Segment(State.STOPPED, T0, T0 + timedelta(seconds=100)),
        Segment(State.MOVING, T0 + timedelta(seconds=100), T0 + timedelta(seconds=200)),
    ]
    engine = [(T0 + timedelta(seconds=30), True), (T0 + timedelta(seconds=70), False)]

    marked = mark_idling(stands, engine)

    assert [(s.state, s.from_at, s.to_at) for s in marked] == [
        (State.STOPPED, at(0), at(30)),
        (State.IDLING, at(30), at(70)),
        (State.STOPPED, at(70), at(100)),
        (State.MOVING, at(100), at(200)),
    ]
    assert mark_idling(stands, []) == stands
