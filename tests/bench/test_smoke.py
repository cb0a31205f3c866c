"""Each bench of ingest for a second or two: it runs, and what it tells is of what happened."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bench.conditions import Hub
from bench.ingest.run import IngestPlan, measure_ingest
from bench.own_stack import own_stack
from bench.rig import Rig, await_lease, rig
from bench.worker import working
from fieldops.settings import Settings
from fieldops.stack.progress import SILENT

pytestmark = pytest.mark.services


@dataclass(frozen=True, slots=True)
class AtWork:
    """A small hub on services of its own."""

    bed: Rig
    hub: Hub


@pytest_asyncio.fixture(scope="module")
async def at_work(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("bench")
    async with (
        own_stack(Settings(), SILENT) as (own, urls, _),
        rig(own, urls, folder) as bed,
        working(["ingest"], bed.env, bed.folder) as ingest,
        working(["geo"], bed.env, bed.folder) as geo,
    ):
        pool = await bed.pool()
        await await_lease(pool, "ingest")
        await await_lease(pool, "geo")
        yield AtWork(bed, Hub(ingest, geo))


async def test_ingest_beside_its_peers(at_work: AtWork) -> None:
    plan = IngestPlan(devices=20, seconds=0.05, rounds=1, calibrate=5, copy_rows=2000)

    report = await measure_ingest(at_work.bed, at_work.hub, Settings(), plan, SILENT)

    told, peers = report.figures, report.peers
    assert told["rows"] == told["sequences_sent"] == told["sequences_settled"] > 0
    assert told["unsettled"] == told["connections_lost"] == 0
    assert 0 < told["receive_to_commit_p50_ms"] <= told["receive_to_commit_p99_ms"]
    assert {"of_c_subscriber", "of_copy", "geo_lag_s", "geo_behind_fixes"} <= told.keys()
    assert told["total_cpu_us_a_message"] >= told["ingest_cpu_us_a_message"] >= 0
    assert "mosquitto_sub_leg_total_cpu_us_a_message" in peers
    assert peers["binary_copy_rows_per_s"]
    assert report.goals.keys() <= told.keys()
