"""The bench of the road on a small hub: what it counts is what happened, and nothing stays."""

import pytest

from bench.road import RoadPlan, run_road
from fieldops.errors import Unavailable
from fieldops.process import Process
from tests.hub import running_hub

pytestmark = pytest.mark.services


async def test_a_short_road_loses_nothing_and_leaves_nothing(process: Process) -> None:
    told: list[tuple[str, int, int]] = []
    before = {tenant.slug for tenant in await process.tenants.all(fresh=True)}

    async with running_hub(process) as hub:
        plan = RoadPlan(hub.base_url, hub.metrics_url, devices=20, seconds=8)
        report = await run_road(process, plan, lambda *said: told.append(said))

    figures = report.figures
    assert figures["fixes_sent"] == figures["fixes_settled"] == 160
    assert 150 <= figures["fixes_in_frames"] <= 160  # a late one gives way to the next
    assert figures["fixes_lost"] == figures["fixes_duplicated"] == 0
    assert figures["tasks_offered"] >= 1
    assert 0 < figures["fix_to_commit_ms_p50"] <= figures["fix_to_frame_ms_p50"] < 1500
    assert {"receipt_to_hub_ms_p99", "task_to_offer_s_max"} <= figures.keys()
    assert report.goals.keys() <= figures.keys()
    assert told[-1] == ("driving", 8, 8)
    assert {tenant.slug for tenant in await process.tenants.all(fresh=True)} == before


async def test_without_a_hub_it_says_so(process: Process) -> None:
    plan = RoadPlan("http://127.0.0.1:9", "http://127.0.0.1:9/metrics")

    with pytest.raises(Unavailable, match="no hub is ready"):
        await run_road(process, plan, lambda *_: None)
