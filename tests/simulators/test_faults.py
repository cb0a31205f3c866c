"""The default faults are those of the capture they were measured on."""

import random
from statistics import fmean

from simulators import faults


def test_lags_have_the_quantiles_of_the_capture() -> None:
    chance = random.Random(1)
    fault = faults.real(chance)

    lags = [fault.lag_s(chance) for _ in range(50_000)]

    for share, lag_s in ((0.5, 0.67), (0.95, 1.66), (0.99, 37.7)):
        assert abs(fmean(lag <= lag_s for lag in lags) - share) < 0.01


def test_no_lag_is_longer_than_the_longest_seen_or_negative() -> None:
    chance = random.Random(2)
    lags = [faults.real(chance).lag_s(chance) for _ in range(20_000)]

    assert min(lags) >= 0.2
    assert 100.0 < max(lags) <= 113.0


def test_some_clocks_are_ahead_at_most_four_seconds() -> None:
    chance = random.Random(3)
    ahead = [faults.real(chance).clock_ahead_s for _ in range(2_000)]

    assert min(ahead) == 0.0
    assert 4.0 < max(ahead) <= 4.4
    assert 0.2 < fmean(a > 0 for a in ahead) < 0.5


def test_a_perfect_device_has_no_faults() -> None:
    assert faults.NONE.lag_s(random.Random(4)) == 0.0


def test_the_same_seed_has_the_same_faults() -> None:
    def drawn() -> list[float]:
        chance = random.Random(5)
        fault = faults.real(chance)
        return [fault.clock_ahead_s, *(fault.lag_s(chance) for _ in range(100))]

    assert drawn() == drawn()
