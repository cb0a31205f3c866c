"""Roads over HTTP: right, remembered, bounded, and never in a plan's way."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from fieldops.errors import BadInput, Prerequisite, Unavailable
from fieldops.settings import Settings
from geo.roads.cache import DriveCache
from geo.roads.estimate import travel_matrix
from geo.roads.known import RoadNetwork, blocks
from geo.roads.network import GreatCircle, NoRoad, Roads, TrailPoint
from geo.roads.opening import open_roads
from geo.roads.osrm import Osrm
from geo.roads.valhalla import in_process, polyline
from tests.geo.roads.service import SPEED_MPS, Service, drive_m, encoded, serving

KINDS = pytest.mark.parametrize("kind", ["osrm", "valhalla"])
T0 = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    async with serving() as started:
        yield started


@asynccontextmanager
async def roads_of(service: Service, kind: str, **more: object) -> AsyncIterator[Roads]:
    asked = {"roads_kind": kind, "roads_url": service.url, "roads_timeout_s": 3.0, **more}
    async with open_roads(Settings().model_copy(update=asked)) as roads:
        yield roads


def grid(count: int, west: float = 4.8, south: float = 45.7) -> np.ndarray:
    return np.array([(west + 0.003 * (i % 12), south + 0.003 * (i // 12)) for i in range(count)])


def true_s(origins: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.array([[(drive_m(a, b) or 0) / SPEED_MPS for b in targets] for a in origins])


@KINDS
async def test_a_matrix_larger_than_a_request_is_asked_in_pieces(
    service: Service, kind: str
) -> None:
    origins, targets = grid(70), grid(120, south=45.8)

    async with roads_of(service, kind) as roads:
        travel = await roads.matrix(origins, targets)

    assert (travel.source, travel.estimated, travel.fell_back) == (kind, 0.0, False)
    assert np.abs(travel.seconds - true_s(origins, targets)).max() <= 1
    metres = np.array([[drive_m(a, b) for b in targets] for a in origins])
    assert np.abs(travel.metres - metres).max() < 1
    assert (len(service.cells), sum(service.cells)) == (6, 70 * 120)


@KINDS
async def test_what_was_asked_is_remembered_and_a_new_place_costs_its_row_and_column(
    service: Service, kind: str
) -> None:
    places = grid(30)
    async with roads_of(service, kind) as roads:
        unasked = await roads.matrix(places, places, ask=False)
        assert (unasked.estimated, service.cells) == (1.0, [])
        first = await roads.matrix(places, places)
        service.cells.clear()
        again = await roads.matrix(places + 0.00001, places)
        assert service.cells == []
        moved = np.vstack([places[1:], [[4.9, 45.9]]])
        after = await roads.matrix(moved, moved)

    assert (first.seconds == again.seconds).all()
    assert sum(service.cells) == 30 + 29
    assert (after.seconds[:29, :29] == first.seconds[1:, 1:]).all()
    assert abs(after.seconds[29, 0] - true_s(moved[29:], moved[:1])[0, 0]) <= 1


@KINDS
async def test_a_place_without_a_road_and_a_way_that_is_none_are_estimates_that_say_so(
    service: Service, kind: str
) -> None:
    places = np.array([(4.8, 45.7), (4.81, 45.71), (4.8, 47.0), (5.1, 45.7)])

    async with roads_of(service, kind) as roads:
        travel = await roads.matrix(places, places)
        asked = len(service.cells)
        again = await roads.matrix(places, places)

    estimate = travel_matrix(places, places)
    assert travel.fell_back
    assert travel.estimated == 11 / 16  # the north's row and column, and over the river
    assert abs(travel.seconds[0, 1] - true_s(places[:1], places[1:2])[0, 0]) <= 1
    assert (travel.seconds[2] == estimate[2]).all()
    assert travel.seconds[0, 3] == estimate[0, 3]
    assert (again.seconds == travel.seconds).all()
    assert len(service.cells) == asked


@KINDS
@pytest.mark.parametrize("fault", ["broken", "nonsense", "slow", "gone"])
async def test_a_service_that_fails_leaves_the_estimate_and_is_left_in_peace(
    service: Service, kind: str, fault: str
) -> None:
    places = grid(5)
    url = "http://127.0.0.1:9" if fault == "gone" else service.url
    service.broken, service.nonsense = fault == "broken", fault == "nonsense"
    service.delay_s = 0.7 if fault == "slow" else 0.0

    async with roads_of(service, kind, roads_url=url, roads_timeout_s=0.3) as roads:
        travel = await roads.matrix(places, places)
        started = time.perf_counter()
        service.delay_s, service.broken, service.nonsense = 0.0, False, False
        at_once = await roads.matrix(places, places)
        waited_s = time.perf_counter() - started

    assert (travel.estimated, travel.fell_back, travel.source) == (1.0, True, kind)
    assert (travel.seconds == travel_matrix(places, places)).all()
    assert at_once.estimated == 1.0
    assert service.cells == []
    assert waited_s < 0.3


async def test_it_is_asked_again_after_its_rest(service: Service) -> None:
    places = grid(5)
    async with httpx.AsyncClient(base_url=service.url, timeout=3.0) as http:
        roads = RoadNetwork(Osrm(http), timeout_s=3.0, cells_most=10_000, rest_s=0.0)
        service.broken = True
        lost = await roads.matrix(places, places)
        service.broken = False
        back = await roads.matrix(places, places)

    assert (lost.estimated, back.estimated) == (1.0, 0.0)


@KINDS
async def test_a_trail_is_put_on_its_roads(service: Service, kind: str) -> None:
    trail = [
        TrailPoint(4.8 + 0.0005 * i, 45.7 + 0.0001 * (i % 3), T0 + timedelta(seconds=10 * i), 12.0)
        for i in range(150)
    ]
    trail[7] = TrailPoint(4.8035, 45.7005, trail[7].at, 12.0)

    async with roads_of(service, kind) as roads:
        match = await roads.match(trail)
        lonely = await roads.match(trail[:1])

    assert match is not None
    assert lonely is None
    assert len(match.places) == 150
    assert match.places[7] is None
    assert match.places[8] == pytest.approx((4.804, 45.7))
    assert match.metres == pytest.approx(drive_m((4.8, 45.7), (4.8745, 45.7)), rel=0.02)
    assert match.line[-1] == pytest.approx((4.8745, 45.7))


@KINDS
async def test_where_no_road_fits_there_is_no_match_and_a_dead_service_says_so(
    service: Service, kind: str
) -> None:
    trail = [TrailPoint(4.8, 47.0005, T0), TrailPoint(4.81, 47.0005, T0)]

    async with roads_of(service, kind) as roads:
        assert await roads.match(trail) is None
        service.broken = True
        with pytest.raises(Unavailable, match=f"{kind}: answers 502"):
            await roads.match(trail)


async def test_without_a_service_the_estimate_knows_no_graph() -> None:
    places = grid(4)
    async with open_roads(Settings()) as roads:
        travel = await roads.matrix(places, places)
        match = await roads.match([TrailPoint(4.8, 45.7, T0)] * 3)

    assert isinstance(roads, GreatCircle)
    assert (travel.source, travel.estimated, travel.fell_back) == ("great_circle", 1.0, False)
    assert (travel.seconds == travel_matrix(places, places)).all()
    assert match is None


async def test_a_matrix_too_large_and_a_place_off_the_globe_are_refused() -> None:
    many = np.zeros((2001, 2))

    with pytest.raises(BadInput, match="2001 by 2001 has 4004001 cells, the limit is 4000000"):
        await GreatCircle().matrix(many, many)
    with pytest.raises(BadInput, match="off the globe"):
        await GreatCircle().matrix(np.array([[200.0, 0.0]]), many[:1])


@pytest.mark.parametrize("url", [None, "", "roads", "ftp://host"])
async def test_a_kind_without_its_address_does_not_start(url: str | None) -> None:
    settings = Settings().model_copy(update={"roads_kind": "osrm", "roads_url": url})

    with pytest.raises(BadInput, match="FIELDOPS_ROADS_URL"):
        async with open_roads(settings):
            pass


def test_the_memory_is_bounded_and_forgets_what_nobody_asks_for() -> None:
    cache = DriveCache(100)  # ten places
    first, second, third = (np.array([(x + i / 10, 45.0) for i in range(4)]) for x in (4, 5, 6))
    cache.write(first, first, np.ones((4, 4)), np.ones((4, 4)))
    cache.write(second, second, np.full((4, 4), 2.0), np.full((4, 4), 2.0))
    cache.read(first, first)

    cache.write(third, third, np.full((4, 4), 3.0), np.full((4, 4), 3.0))

    assert len(cache) == 10
    assert (cache.read(first, first)[0] == 1).all()
    assert (cache.read(third, third)[0] == 3).all()
    assert np.isnan(cache.read(second, second)[0]).any()
    assert np.isnan(cache.read(first, third)[0]).all()
    many = np.array([(7 + i / 10, 45.0) for i in range(11)])
    cache.write(many, many, np.zeros((11, 11)), np.zeros((11, 11)))
    assert (cache.read(first, first)[0] == 1).all()


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5), st.integers(0, 99))
def test_blocks_cover_exactly_what_is_missing(n: int, m: int, side: int, seed: int) -> None:
    missing = np.random.default_rng(seed).random((n, m)) < 0.4
    covered = np.zeros((n, m), dtype=int)

    for i, j in blocks(missing, side):
        assert len(i) <= side
        assert len(j) <= side
        covered[np.ix_(i, j)] += 1

    assert (covered == missing).all()


@given(
    st.lists(
        st.tuples(st.integers(-180_000_000, 180_000_000), st.integers(-90_000_000, 90_000_000)),
        max_size=20,
    )
)
def test_a_polyline_is_read_as_it_was_written(micro: list[tuple[int, int]]) -> None:
    line = [(lon / 1e6, lat / 1e6) for lon, lat in micro]

    assert np.allclose(np.array(polyline(encoded(line))), np.array(line))


async def test_the_library_in_this_process_says_where_it_has_no_road(tmp_path: Path) -> None:
    """The real engine; its wheel cannot build tiles, so that it knows no road anywhere."""
    valhalla = pytest.importorskip("valhalla")
    (tmp_path / "tiles").mkdir()
    config = tmp_path / "valhalla.json"
    config.write_text(json.dumps(valhalla.get_config(tile_dir=str(tmp_path / "tiles"))))
    ask = in_process(config)
    place = {"lon": 4.8, "lat": 45.7}

    with pytest.raises(NoRoad):
        await ask("sources_to_targets", {"sources": [place], "targets": [place], "costing": "auto"})


def test_the_library_without_its_configuration_is_a_missing_prerequisite(tmp_path: Path) -> None:
    with pytest.raises(Prerequisite, match="valhalla in this process"):
        in_process(tmp_path / "none.json")
