"""The index is measured on real fences, and its disagreements with PostGIS are really counted."""

import numpy as np
import pytest

from bench.fences.drawing import drawn_town
from bench.fences.run import FencesPlan, run_fences
from fieldops.process import Urls
from fieldops.settings import Settings
from fieldops.stack.progress import SILENT


def test_a_town_has_valid_fences_of_every_shape() -> None:
    town = drawn_town(40, 1000, 1)

    assert all(polygon.is_valid and polygon.geom_type == "Polygon" for polygon in town.polygons)
    assert any(polygon.interiors for polygon in town.polygons)
    assert np.array_equal(town.lons, drawn_town(40, 1000, 1).lons)


@pytest.mark.services
async def test_every_point_is_compared_with_postgis(stack_urls: Urls) -> None:
    report = await run_fences(Settings(), FencesPlan(400, 2000, 2000, 1), SILENT)

    assert report.figures["fences"] == 420  # the bench's tenant has twenty of its own
    assert report.figures["pairs_inside"] > 200
    assert report.figures["disagreements"] == 0
    assert report.figures["of_strtree"] == pytest.approx(
        report.figures["index_points_per_s"] / report.peers["strtree_points_per_s"]  # type: ignore[operator]
    )
