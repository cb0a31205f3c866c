"""What a dispatcher knows of its roads is read by others, and is the estimate where it is not."""

import httpx
import numpy as np
import pytest
from redis.asyncio import Redis

from fieldops.model import new_id
from fieldops.process import Process
from geo.roads.estimate import travel_matrix
from geo.roads.kept import keeping, kept_roads
from geo.roads.known import RoadNetwork
from geo.roads.network import GreatCircle, Roads
from geo.roads.osrm import Osrm
from tests.geo.roads.service import serving

pytestmark = pytest.mark.services

HERE = np.array([[4.80, 45.70], [4.85, 45.75], [4.90, 45.80]])
NORTH = np.array([[4.80, 46.10]])
ELSEWHERE = np.array([[4.70, 45.60]])


async def test_what_the_dispatcher_was_told_others_read_without_asking(process: Process) -> None:
    name, places = f"t-{new_id().hex[-8:]}", np.vstack([HERE, NORTH])
    async with serving() as service, httpx.AsyncClient(base_url=service.url, timeout=3) as http:
        network = RoadNetwork(Osrm(http), timeout_s=3.0, cells_most=10_000)
        told = await keeping(network, process.valkey, name).matrix(places, places)
        asked = len(service.cells)
        # Within eleven metres it is the same place.
        asking = np.vstack([HERE[::-1] + 0.00004, NORTH, ELSEWHERE])
        read = await (await kept_roads(process.valkey, name)).matrix(asking, asking)

        assert len(service.cells) == asked
    assert read.source == "osrm"
    assert (read.seconds[:3, :3] == told.seconds[:3, :3][::-1, ::-1]).all()
    assert not read.guessed[:3, :3].any()
    assert read.guessed[3:].all()
    assert (read.seconds[4] == travel_matrix(ELSEWHERE, asking)[0]).all()
    assert read.estimated == 16 / 25


async def test_what_is_not_kept_is_the_estimate(process: Process) -> None:
    name = f"t-{new_id().hex[-8:]}"
    async with serving() as service, httpx.AsyncClient(base_url=service.url, timeout=3) as http:
        roads: Roads = RoadNetwork(Osrm(http), timeout_s=3.0, cells_most=10_000)
        roads = keeping(roads, process.valkey, name)
        await roads.matrix(HERE, HERE, ask=False)
        await roads.matrix(HERE, ELSEWHERE)
        nothing = await kept_roads(process.valkey, name)

    lost = await kept_roads(Redis(host="127.0.0.1", port=1), name)

    assert isinstance(nothing, GreatCircle)
    assert isinstance(lost, GreatCircle)
    estimate = GreatCircle()
    assert keeping(estimate, process.valkey, name) is estimate


async def test_a_plan_is_made_though_nothing_can_be_kept() -> None:
    async with serving() as service, httpx.AsyncClient(base_url=service.url, timeout=3) as http:
        network = RoadNetwork(Osrm(http), timeout_s=3.0, cells_most=10_000)
        roads = keeping(network, Redis(host="127.0.0.1", port=1), "lost")

        told = await roads.matrix(HERE, HERE)

    assert told.estimated == 0
