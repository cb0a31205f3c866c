"""Each bench of ingest for a second or two: it runs, and what it tells is of what happened."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bench.chaos import ChaosPlan, measure_chaos
from bench.conditions import Hub
from bench.ingest.run import IngestPlan, measure_ingest
from bench.latency import Api, LatencyPlan, measure_latency, serving
from bench.own_stack import own_stack
from bench.rig import Rig, await_lease, rig
from bench.storm import StormPlan, measure_storm
from fieldops.settings import Settings
from fieldops.stack import Ports
from fieldops.stack.progress import SILENT

pytestmark = pytest.mark.services


@dataclass(frozen=True, slots=True)
class AtWork:
    """A small hub on services of its own."""

    bed: Rig
    hub: Hub
    api: Api
    ports: Ports


@pytest_asyncio.fixture(scope="module")
async def at_work(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("bench")
    async with (
        own_stack(Settings(), SILENT) as (own, urls, ports),
        rig(own, urls, folder) as bed,
        # One process for all: three would start for seconds.
        serving(bed, ["ingest", "geo", "api"]) as api,
    ):
        pool = await bed.pool()
        await await_lease(pool, "ingest")
        await await_lease(pool, "geo")
        yield AtWork(bed, Hub(api.worker, api.worker), api, ports)


# The first of them: its books are those of the whole tenant.
async def test_chaos_in_small(at_work: AtWork) -> None:
    # One blow a second in; what comes back only after several waits ever longer between tries.
    plan = ChaosPlan(
        devices=10, minutes=0.03, every_s=0.1, pause_s=(1.0, 1.0), targets=["mqtt"], resend_s=0.5
    )

    report = await measure_chaos(at_work.bed, at_work.ports, at_work.hub, plan, SILENT)

    told = report.figures
    goals = {name: told[name] for name in report.goals}
    assert goals == dict.fromkeys(goals, 0), report.notes
    assert told["sequences"] > 50
    assert told["kills_mqtt"] >= 1
    assert told["kills_postgres"] == 0
    assert told["looks"] >= 1
    assert told["privacy_drops"] > 0
    assert told["longest_stall_s"] > 0


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


async def test_latency_to_the_commit_the_hub_and_a_viewer(at_work: AtWork) -> None:
    plan = LatencyPlan(rate=100, seconds=1.5, devices=20, warm_s=0.5)

    report = await measure_latency(at_work.bed, at_work.api, plan, SILENT)

    told = report.figures
    assert told["sequences_sent"] == 160
    assert told["unsettled"] == told["fixes_not_shown"] == 0
    assert 0 < told["fixes_timed"] < 160
    assert 0 < told["fix_to_receipt_ms_p50"] <= told["fix_to_commit_ms_p50"]
    assert told["fix_to_commit_ms_p50"] < told["fix_to_frame_ms_p99"]
    assert told["receipt_to_hub_ms_p50"] > 0
    assert report.goals.keys() <= told.keys()


async def test_a_storm_of_a_few(at_work: AtWork) -> None:
    plan = StormPlan(devices=10, backlog=3, calm_s=0.2)

    report = await measure_storm(at_work.bed, at_work.hub, plan, SILENT)

    told = report.figures
    assert told["sequences"] == 60
    assert told["rows_missing"] == told["restarts"] == told["forgotten"] == 0
    assert told["memory_ratio"] == told["ingest_memory_after_mb"] / told["ingest_memory_before_mb"]
    assert min(told[f"{who}_memory_start_mb"] for who in ("ingest", "geo", "broker")) > 0
    assert report.goals.keys() <= told.keys()
