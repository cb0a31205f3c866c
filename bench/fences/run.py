"""`fieldops bench fences`: who is where among thousands of fences, and whether PostGIS agrees.

Three ways take turns over the same points, a batch at a time: the index of `geo`, which also says
how far every edge is; the ceiling, shapely's `STRtree` asked in bulk which polygons hold a point
and nothing more; and PostGIS, asked once a batch. The index is read from the database's own
versions, and its answer is compared with PostGIS's for every point that PostGIS is asked about.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
import shapely

from bench.fences.drawing import Floats, Town, drawn_town
from bench.report import Report, median
from bench.rig import rig
from fieldops.database import Pool, sql
from fieldops.local import service_urls
from fieldops.model import new_id
from fieldops.settings import Settings
from fieldops.stack.progress import Progress
from geo.fences.watched import watched_fences
from geo.index import FenceIndex

GOALS = {"of_strtree": ">= 0.5", "disagreements": "== 0"}
BATCH = 500  # what ingest gathers in 10 ms at 50,000 fixes a second
SEED = 1


@dataclass(frozen=True, slots=True)
class FencesPlan:
    """How many fences and points; PostGIS is asked about the first `asked` points."""

    fences: int = 5_000
    points: int = 200_000
    asked: int = 50_000
    rounds: int = 5


async def run_fences(settings: Settings, plan: FencesPlan, progress: Progress) -> Report:
    """Measure on the services of `settings`, in a tenant that is dropped at the end.

    Raises:
        Unavailable: the database does not answer.
    """
    town = drawn_town(plan.fences, plan.points, SEED)
    with tempfile.TemporaryDirectory() as folder:
        async with rig(settings, service_urls(settings), Path(folder)) as bed:
            pool = await bed.pool()
            await _draw(pool, town)
            async with pool.acquire() as connection:
                fences = await watched_fences(connection)
            started = time.perf_counter()
            index = FenceIndex(fences)
            built_s = time.perf_counter() - started
            tree = shapely.STRtree([fence.polygon for fence in fences])
            ours, raw = [], []
            for number in range(plan.rounds):
                progress.advance("measured", number, plan.rounds)
                ours.append(plan.points / _index_s(index, town))
                raw.append(plan.points / _tree_s(tree, town))
            truth, truth_s = await _postgis(pool, town, plan.asked)
    said = _said(index, town.lons[: plan.asked], town.lats[: plan.asked])
    return Report(
        "fences",
        {
            "index_points_per_s": median(ours),
            "of_strtree": median([a / b for a, b in zip(ours, raw, strict=True)]),
            "of_postgis": median(ours) / (plan.asked / truth_s),
            "disagreements": float(len(said ^ truth)),
            "points_compared": float(plan.asked),
            "pairs_inside": float(len(truth)),
            "fences": float(len(index)),
            "index_built_ms": 1000 * built_s,
        },
        {"strtree_points_per_s": median(raw), "postgis_points_per_s": plan.asked / truth_s},
        GOALS,
    )


async def _draw(pool: Pool, town: Town) -> None:
    ids = [new_id() for _ in town.polygons]
    wkb = [polygon.wkb for polygon in town.polygons]
    await pool.execute(sql("bench.fences", "draw_fences"), ids, wkb)
    await pool.execute("analyze fence_version")


def _batches(town: Town, upto: int) -> list[tuple[Floats, Floats]]:
    return [(town.lons[i : i + BATCH], town.lats[i : i + BATCH]) for i in range(0, upto, BATCH)]


def _index_s(index: FenceIndex, town: Town) -> float:
    started = time.perf_counter()
    for lons, lats in _batches(town, len(town.lons)):
        index.locate(lons, lats)
    return time.perf_counter() - started


def _tree_s(tree: shapely.STRtree, town: Town) -> float:
    started = time.perf_counter()
    for lons, lats in _batches(town, len(town.lons)):
        tree.query(shapely.points(lons, lats), predicate="intersects")
    return time.perf_counter() - started


async def _postgis(pool: Pool, town: Town, asked: int) -> tuple[set[tuple[int, UUID]], float]:
    """Return (point, fence) wherever PostGIS finds one inside, and the seconds it took."""
    inside: set[tuple[int, UUID]] = set()
    started = time.perf_counter()
    for number, (lons, lats) in enumerate(_batches(town, asked)):
        rows = await pool.fetch(sql("bench.fences", "locate_points"), lons.tolist(), lats.tolist())
        inside.update((number * BATCH + row["point"], row["fence_id"]) for row in rows)
    return inside, time.perf_counter() - started


def _said(index: FenceIndex, lons: Floats, lats: Floats) -> set[tuple[int, UUID]]:
    found = index.locate(lons, lats)
    inside = np.flatnonzero(found.edge_m <= 0)
    return {(int(found.points[i]), index.fence(int(found.places[i])).id) for i in inside}
