import pytest

from bench.backfill import BackfillPlan, run_backfill
from fieldops.process import Urls
from fieldops.settings import Settings
from fieldops.stack.progress import SILENT

pytestmark = pytest.mark.services


async def test_a_file_and_its_peer_are_measured_on_rows_that_are_really_stored(
    stack_urls: Urls,
) -> None:
    report = await run_backfill(Settings(), BackfillPlan(rows=6_000, rounds=1), SILENT)

    assert report.figures["file_rows_per_s"] > 0
    assert report.peers["copy_on_conflict_rows_per_s"]
    assert report.figures["of_copy_on_conflict"] == pytest.approx(
        report.figures["file_rows_per_s"] / report.peers["copy_on_conflict_rows_per_s"]
    )
