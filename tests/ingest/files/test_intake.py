import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fieldops.commands.ingest_file import Source, taken_in
from fieldops.errors import BadInput
from fieldops.model import Flag
from fieldops.process import Process
from fieldops.stack.progress import SILENT
from fieldops.stream import read_batches
from ingest.files.intake import BATCH_FIXES, Taken
from ingest.files.table import Columns, columns_from
from ingest.history.rollups import roll_up
from ingest.history.steps import beside
from tests.ingest.scene import Scene, said

pytestmark = pytest.mark.services

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


async def test_a_file_is_stored_as_its_device_would_have_said_it(
    process: Process, scene: Scene, tmp_path: Path
) -> None:
    sayings = [said(n, MORNING + timedelta(seconds=10 * n), spd=n % 30) for n in range(12_000)]
    from_file, from_device = await scene.add_tracker("file"), await scene.add_tracker("device")
    for seq in (7, BATCH_FIXES):  # the second is the first of its batch
        sayings[seq]["lon"] += 0.5

    taken = await _take(process, scene, "file", _lines(tmp_path, sayings))
    async with scene.leased() as (store, _):
        for start in range(0, len(sayings), 500):
            part = sayings[start : start + 500]
            await store.keep([scene.message("device", part)])

    assert (taken.fixes, taken.inserted, taken.unusable) == (12_000, 12_000, 0)
    rows = "select observed_at, lon, lat, speed_mps, flags, run, seq from fix where device_id = $1"
    assert sorted(await scene.rows(rows, from_file)) == sorted(await scene.rows(rows, from_device))
    flagged = await scene.rows(
        "select seq, flags from fix where device_id = $1 and flags & 8 <> 0 order by seq", from_file
    )
    assert [row["seq"] for row in flagged] == [7, 8, 5000, 5001]
    assert flagged[0]["flags"] == Flag.LATE | Flag.IMPLAUSIBLE_SPEED


async def test_a_file_read_again_makes_no_second_row(
    process: Process, scene: Scene, tmp_path: Path
) -> None:
    device = await scene.add_tracker("twice")
    file = _lines(tmp_path, [said(n, MORNING + timedelta(seconds=n)) for n in range(50)])

    await _take(process, scene, "twice", file)
    again = await _take(process, scene, "twice", file)

    assert (again.inserted, again.duplicates) == (0, 50)
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 50


async def test_what_cannot_be_used_is_told_by_line_and_the_rest_is_stored(
    process: Process, scene: Scene, tmp_path: Path
) -> None:
    await scene.add_tracker("broken")
    sayings: list[Any] = [said(1), said(2) | {"lat": 95}, said(3), {"run": "r", "seq": 4}]
    file = _lines(tmp_path, sayings)
    with file.open("ab") as more:
        more.write(b"{\n")

    taken = await _take(process, scene, "broken", file)

    assert (taken.inserted, taken.unusable) == (2, 3)
    told = [json.loads(line) for line in _errors(file).read_text().splitlines()]
    assert [each["line"] for each in told] == [2, 4, 5]
    assert "95" in told[0]["reason"]


async def test_what_is_no_utf_8_or_no_csv_costs_a_table_that_line_only(
    process: Process, scene: Scene, tmp_path: Path
) -> None:
    await scene.add_tracker("table")
    at = MORNING.isoformat().encode()
    later = (MORNING + timedelta(seconds=60)).isoformat().encode()
    file = tmp_path / "fixes.csv"
    file.write_bytes(
        b"t,x,y,note\n"
        + at + b',4.8,45.7,"caf\xe9"\n'
        + at + b",4\xe9,45.7,\n"
        + at + b',4.8,45.7,"open\n'
        + later + b",4.8,45.7,\n"
    )  # fmt: skip
    columns = Columns(columns_from("at=t,lon=x,lat=y"))

    source = Source(file, "csv", columns)
    taken = await taken_in(process, scene.slug, "table", source, _errors(file), SILENT)

    assert (taken.inserted, taken.unusable) == (2, 2)
    told = [json.loads(line) for line in _errors(file).read_text().splitlines()]
    assert [(each["line"], each["code"]) for each in told] == [(3, "bad_field"), (4, "bad_csv")]


async def test_private_fixes_of_a_file_leave_a_count_and_nothing_else(
    process: Process, scene: Scene, tmp_path: Path
) -> None:
    marie = await scene.add_worker()
    device = await scene.add_phone("phone", marie)
    await scene.rows(
        "insert into private_period (id, worker_id, kind, starts_at, ends_at)"
        " values (gen_random_uuid(), $1, 'break', $2, $3)",
        marie,
        MORNING + timedelta(seconds=10),
        MORNING + timedelta(seconds=20),
    )
    file = _lines(tmp_path, [said(n, MORNING + timedelta(seconds=n)) for n in range(30)])

    taken = await _take(process, scene, "phone", file)

    assert (taken.inserted, dict(taken.private)) == (20, {"break": 10})
    assert await scene.count("select sum(fixes) from privacy_drop where reason = 'break'") == 10
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 20


async def test_followers_of_the_batches_hear_of_a_file(
    process: Process, scene: Scene, tmp_path: Path
) -> None:
    device = await scene.add_tracker("followed")
    before = await scene.count("select last_batch from lease where role = 'ingest'")
    at = MORNING + timedelta(days=1)

    await _take(process, scene, "followed", _lines(tmp_path, [said(1, at)]))
    await roll_up(scene.pool, beside)

    [(batch, fixes)] = await read_batches(scene.pool, before, before + 10)
    assert (batch, [fix.observed_at for fix in fixes]) == (before + 1, [at])
    assert await scene.count("select count(*) from fix_rollup where device_id = $1", device) == 2


async def test_a_csv_of_buses_is_stored_when_its_zone_is_said(
    process: Process, scene: Scene, shared_data: Path, tmp_path: Path
) -> None:
    await scene.add_tracker("bus")
    names = columns_from("at=timestamp,lon=longitude,lat=latitude,hdg=bearing")
    source = Source(
        shared_data / "liverpool_bus_route14.csv", "csv", Columns(names, zone=ZoneInfo("UTC"))
    )

    taken = await taken_in(process, scene.slug, "bus", source, tmp_path / "errors", SILENT)

    assert taken.fixes == len(source.path.read_text().splitlines()) - 1
    assert (taken.unusable, taken.inserted + taken.duplicates) == (0, taken.fixes)


async def test_a_device_the_tenant_does_not_have_is_refused(
    process: Process, scene: Scene, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="not registered"):
        await _take(process, scene, "nobody", _lines(tmp_path, []))


def _lines(folder: Path, sayings: list[dict[str, Any]]) -> Path:
    file = folder / "fixes.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in sayings))
    return file


def _errors(file: Path) -> Path:
    return file.with_name("errors.jsonl")


async def _take(process: Process, scene: Scene, device: str, file: Path) -> Taken:
    return await taken_in(process, scene.slug, device, Source(file, "json"), _errors(file), SILENT)
