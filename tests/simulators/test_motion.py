"""Movers arrive where they are sent, and a receiver errs as much as it says."""

import random
from itertools import pairwise
from math import hypot
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from simulators.motion import Mover, Receiver, distance_m, moved, offset_m, road

LYON = (4.85, 45.75)
metres = st.floats(-20_000, 20_000)


@given(metres, metres)
def test_moving_away_and_measuring_agree(east_m: float, north_m: float) -> None:
    east, north = offset_m(LYON, moved(LYON, east_m, north_m))

    assert abs(east - east_m) <= 1 + 0.005 * abs(east_m)
    assert abs(north - north_m) <= 0.01


@given(metres, metres, st.integers(0, 2**32), st.floats(0.1, 5))
def test_a_mover_arrives_at_the_end_of_its_road(
    east_m: float, north_m: float, seed: int, step_s: float
) -> None:
    target = moved(LYON, east_m, north_m)
    mover = Mover(LYON, speed_mps=200.0)

    mover.drive(road(LYON, target, random.Random(seed)))
    for _ in range(20_000):
        if not mover.moving:
            break
        mover.advance(step_s)

    assert mover.place == target


def test_a_mover_is_as_fast_as_it_says() -> None:
    mover = Mover(LYON, speed_mps=10.0)
    mover.drive([LYON, moved(LYON, 5000, 0)])

    mover.advance(60)

    assert abs(distance_m(LYON, mover.place) - 600) < 1
    assert abs(mover.heading_deg - 90) < 0.1


def test_roads_are_longer_than_the_straight_line_and_the_same_for_a_seed() -> None:
    target = moved(LYON, 6000, 2000)

    path = road(LYON, target, random.Random(7))

    length = sum(distance_m(a, b) for a, b in pairwise(path))
    assert path == road(LYON, target, random.Random(7))
    assert 1.02 < length / distance_m(LYON, target) < 2.0


def test_a_receiver_errs_by_its_sigma_and_wanders() -> None:
    receiver = Receiver(random.Random(3), sigma_m=10.0)
    errors, steps, before = [], [], (0.0, 0.0)
    for _ in range(20_000):
        place, accuracy_m = receiver.observe(LYON, 10.0)
        error = offset_m(LYON, place)
        errors.append(hypot(*error))
        steps.append(hypot(error[0] - before[0], error[1] - before[1]))
        before = error
        assert accuracy_m >= 3

    # The mean of a Rayleigh distribution is sigma * sqrt(pi / 2); neighbours are closer than that.
    assert 11.0 < fmean(errors) < 14.0
    assert fmean(steps) < 0.6 * fmean(errors)
