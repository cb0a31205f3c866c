"""The recorded fleet of Helsinki through the real broker and the real ingest, to the last row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fieldops.commands.replay import replay_into
from fieldops.errors import BadInput, Unavailable
from fieldops.process import Process
from fieldops.stack.progress import SILENT
from fieldops.tenancy import Tenant
from ingest.role import run_ingest
from simulators.hfp import read_capture
from simulators.replay import Replayed

pytestmark = pytest.mark.services
CAPTURE = "hfp_helsinki_5000.jsonl"
ONE = """{"topic": "/hfp/v1/journey/ongoing/tram/0999/00001",
 "payload": {"VP": {"tst": "2018-10-09T04:32:52Z", "lat": 60.17, "long": 24.94}}}
""".replace("\n ", " ")


@asynccontextmanager
async def serving(process: Process) -> AsyncIterator[None]:
    """Run the ingest role in the meantime."""
    async with asyncio.TaskGroup() as group:
        role = group.create_task(run_ingest(process))
        try:
            yield
        finally:
            role.cancel()


async def said(process: Process, tenant: Tenant, file: Path, settle_s: float = 30) -> Replayed:
    return await replay_into(process, tenant.slug, file, settle_s=settle_s, progress=SILENT)


async def number(process: Process, tenant: Tenant, statement: str, *values: Any) -> int:
    pool = await process.tenants.database(tenant.slug)
    return int(await pool.fetchval(statement, *values))


def excerpt(shared_data: Path, folder: Path, lines: int) -> Path:
    """Write the first lines of the capture to a file of their own."""
    whole = (shared_data / CAPTURE).read_bytes().splitlines(keepends=True)
    file = folder / "excerpt.jsonl"
    file.write_bytes(b"".join(whole[:lines]))
    return file


async def test_without_an_ingest_it_says_so_and_does_not_hang(
    process: Process, tenant: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(ONE)

    with pytest.raises(Unavailable, match="no ingest serves tenant"):
        await said(process, tenant, file, settle_s=1)


async def test_a_file_that_is_no_capture_is_refused_before_anything_is_registered(
    process: Process, tenant: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text('{"topic": "x"}\n')
    before = await number(process, tenant, "select count(*) from device")

    with pytest.raises(BadInput, match="line 1"):
        await said(process, tenant, file)

    assert await number(process, tenant, "select count(*) from device") == before


async def test_five_thousand_recorded_messages_are_rows_duplicates_or_without_position(
    process: Process, tenant: Tenant, shared_data: Path
) -> None:
    with (shared_data / CAPTURE).open("rb") as lines:
        run = read_capture(lines).run

    async with serving(process):
        done = await said(process, tenant, shared_data / CAPTURE)

    async def count(statement: str) -> int:
        return await number(process, tenant, statement, run)

    rows = await count("select count(*) from fix where run = $1")
    devices = await count("select count(distinct device_id) from fix where run = $1")
    settled = await count("select sum(upto + 1) from settlement where run = $1")
    unlocated = await count("select sum(unlocated) from settlement where run = $1")
    assert (done.messages, done.devices, done.settled) == (5000, 1460, 5000)
    assert (rows, devices) == (4705, 1420)
    assert unlocated == 146
    duplicates = await count("select sum(duplicates) from settlement where run = $1")
    assert settled - rows - unlocated == duplicates == 149
    assert await count("select count(*) from settlement where run = $1 and ranges <> '[]'") == 0
    assert await number(process, tenant, "select count(*) from quarantine") == 0


async def test_a_replay_repeated_changes_nothing(
    process: Process, tenant: Tenant, shared_data: Path, tmp_path: Path
) -> None:
    file = excerpt(shared_data, tmp_path, 60)
    async with serving(process):
        await said(process, tenant, file)
        rows = await number(process, tenant, "select count(*) from fix")

        done = await said(process, tenant, file)

    assert done.settled == 60
    assert await number(process, tenant, "select count(*) from fix") == rows
