import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldops.errors import BadInput
from fieldops.model import great_circle_m
from geo.roads.estimate import travel_matrix

POSITIONS = st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=4)


def test_a_degree_of_longitude_on_the_equator_takes_a_known_time() -> None:
    # 111,195 m x 1.4 / 10 m/s = 15,567.3 s
    travel = travel_matrix(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]), speed_mps=10.0)

    assert travel.tolist() == [[15_568]]


@settings(max_examples=50)
@given(POSITIONS, POSITIONS)
def test_times_are_the_great_circle_with_its_detour_rounded_up(
    origins: list[tuple[float, float]], targets: list[tuple[float, float]]
) -> None:
    travel = travel_matrix(np.array(origins), np.array(targets), speed_mps=14.0)

    assert travel.shape == (len(origins), len(targets))
    for i, origin in enumerate(origins):
        for j, target in enumerate(targets):
            # Near antipodes a float's last digit is worth a second.
            assert 0 <= travel[i, j] - great_circle_m(*origin, *target) / 10 < 1.01


@pytest.mark.parametrize("position", [(181.0, 2.0), (4.8, 95.0), (float("nan"), 0.0)])
def test_a_position_off_the_globe_is_refused(position: tuple[float, float]) -> None:
    with pytest.raises(BadInput, match="off the globe"):
        travel_matrix(np.array([position]), np.array([[0.0, 0.0]]))


def test_a_speed_of_zero_is_refused() -> None:
    with pytest.raises(BadInput, match="speed 0"):
        travel_matrix(np.array([[0.0, 0.0]]), np.array([[0.0, 0.0]]), speed_mps=0)
