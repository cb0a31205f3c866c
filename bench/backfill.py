"""`fieldops bench backfill`: a file through `ingest-file`, beside COPY and `insert … on conflict`.

The peer is what a database alone can do with the same rows: binary COPY to a temporary table, then
`insert … on conflict do nothing` into `fix`, a transaction for as many rows as ours; no reading, no
privacy, no judging of speeds, no newest position. The two take turns, each with rows of its own.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.conditions import require_durable
from bench.report import Report, median
from bench.rig import Rig, register, rig
from devices.topics import DeviceName
from fieldops.commands.ingest_file import Source, taken_in
from fieldops.database import sql
from fieldops.errors import Unavailable
from fieldops.local import service_urls
from fieldops.settings import Settings
from fieldops.stack.progress import SILENT, Progress
from ingest.files.intake import BATCH_FIXES

GOAL = ">= 0.6"
START, EVERY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(milliseconds=250)
NAMES = (DeviceName("file"), DeviceName("copy"))
_COLUMNS = (
    "device_id", "observed_at", "received_at", "lon", "lat", "accuracy_m", "speed_mps",
    "heading_deg", "altitude_m", "battery_pct", "source", "flags", "run", "seq", "batch",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """How many rows a leg stores, and how many rounds of two legs there are."""

    rows: int = 200_000
    rounds: int = 3


async def run_backfill(settings: Settings, plan: BackfillPlan, progress: Progress) -> Report:
    """Measure on the services of `settings`, in a tenant that is dropped at the end.

    Raises:
        Prerequisite: the database forgets what it confirms. Unavailable: a line was not stored.
    """
    with tempfile.TemporaryDirectory() as folder:
        async with rig(settings, service_urls(settings), Path(folder)) as bed:
            await require_durable(await bed.pool())
            ids = await register(bed, list(NAMES), progress=SILENT)
            ours: list[float] = []
            peer: list[float] = []
            for number in range(plan.rounds):
                progress.advance("measured", 2 * number, 2 * plan.rounds)
                ours.append(await _file(bed, plan.rows, number, Path(folder)))
                progress.advance("measured", 2 * number + 1, 2 * plan.rounds)
                peer.append(await _copy(bed, ids[NAMES[1]], plan.rows, number))
            progress.advance("measured", 2 * plan.rounds, 2 * plan.rounds)
    return Report(
        "backfill",
        {
            "file_rows_per_s": median(ours),
            "of_copy_on_conflict": median([a / b for a, b in zip(ours, peer, strict=True)]),
            "rows": float(plan.rows),
        },
        {"copy_on_conflict_rows_per_s": median(peer)},
        {"of_copy_on_conflict": GOAL},
    )


def _said(number: int, rows: int, seq: int) -> dict[str, Any]:
    at = START + (number * rows + seq) * EVERY
    lon, lat = 4.8 + seq % 1000 * 1e-5, 45.7 + seq % 700 * 1e-5
    return {
        "run": "bench", "seq": number * rows + seq, "at": at.isoformat(), "lon": lon, "lat": lat,
        "acc": 6.5, "spd": 12.4, "hdg": 271.0, "alt": 172.0, "bat": 84, "src": "gnss",
    }  # fmt: skip


async def _file(bed: Rig, rows: int, number: int, folder: Path) -> float:
    path = folder / f"{number}.jsonl"
    with path.open("w") as file:
        for seq in range(rows):
            file.write(json.dumps(_said(number, rows, seq)) + "\n")
    began = time.perf_counter()
    taken = await taken_in(
        bed.process, bed.tenant.slug, NAMES[0], Source(path, "json"), folder / "errors", SILENT
    )
    seconds = time.perf_counter() - began
    if taken.inserted != rows:
        raise Unavailable(f"{taken.inserted} of {rows} rows were stored")
    return rows / seconds


async def _copy(bed: Rig, device: UUID, rows: int, number: int) -> float:
    records = [
        (
            device, START + (number * rows + seq) * EVERY, START, 4.8 + seq % 1000 * 1e-5,
            45.7 + seq % 700 * 1e-5, 6.5, 12.4, 271.0, 172.0, 84, "gnss", 1, "bench", seq, 0,
        )
        for seq in range(rows)
    ]  # fmt: skip
    pool = await bed.pool()
    async with pool.acquire() as connection:
        await connection.execute(sql("bench", "create_incoming"))
        began = time.perf_counter()
        for at in range(0, rows, BATCH_FIXES):
            async with connection.transaction():
                await connection.copy_records_to_table(
                    "incoming", records=records[at : at + BATCH_FIXES], columns=_COLUMNS
                )
                await connection.execute(sql("bench", "insert_incoming"))
                await connection.execute(sql("bench", "empty_incoming"))
        seconds = time.perf_counter() - began
        await connection.execute(sql("bench", "drop_incoming"))
    return rows / seconds
