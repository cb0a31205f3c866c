"""Behind fixes that privacy took away the next is judged again, and every follower hears of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from devices.topics import Lane
from fieldops.model import Flag, now
from fieldops.stream import last_batch, read_batches
from ingest.history.holes import close_holes
from ingest.history.rollups import roll_up
from ingest.history.steps import beside
from tests.ingest.scene import Scene, said

pytestmark = pytest.mark.services

NOON = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
MINUTE = timedelta(minutes=1)
KM_NORTH = 0.008_993


def at_km(seconds: int, north_km: float) -> dict[str, Any]:
    at = NOON + timedelta(seconds=seconds)
    return said(seconds, at) | {"lat": 45.0 + north_km * KM_NORTH}


async def drive(scene: Scene, name: str, *fixes: dict[str, Any]) -> UUID:
    """Store the fixes, then a break from 15 to 45 min that one hears of late."""
    worker = await scene.add_worker()
    phone = await scene.add_phone(name, worker)
    async with scene.leased() as (store, _):
        await store.keep([scene.message(name, fix) for fix in fixes])
        for seq, kind, minute in ((2, "break_end", 45), (1, "break_start", 15)):
            at = (NOON + minute * MINUTE).isoformat()
            told = {"run": "a", "seq": seq, "at": at, "kind": kind, "worker": str(worker)}
            await store.keep([scene.message(name, told, Lane.ATTENDANCE)])
    return phone


async def flagged(scene: Scene, device: UUID) -> list[int]:
    """Return which fixes are implausible, in seconds after noon."""
    rows = await scene.rows(
        "select observed_at from fix where device_id = $1 and flags & 8 <> 0 order by observed_at",
        device,
    )
    return [round((row["observed_at"] - NOON).total_seconds()) for row in rows]


async def test_what_was_implausible_by_an_erased_fix_is_no_more_and_followers_hear_of_it(
    scene: Scene,
) -> None:
    device = await drive(
        scene,
        "away",
        at_km(600, 0),
        at_km(2600, 20),
        at_km(2690, 20),
        at_km(2705, 0),
        at_km(2720, 0),
    )
    before, known = await flagged(scene, device), await last_batch(scene.pool)

    changed = await close_holes(scene.pool, beside)

    assert (before, await flagged(scene, device), changed) == ([2705], [], 1)
    upto = await last_batch(scene.pool)
    [(batch, [heard])] = await read_batches(scene.pool, known, upto)
    assert (batch, heard.device) == (upto, device)
    assert (heard.observed_at, heard.flags & Flag.IMPLAUSIBLE_SPEED) == (
        NOON + timedelta(seconds=2705),
        Flag.NONE,
    )
    await roll_up(scene.pool, beside)
    assert (
        await scene.count("select bit_or(flags) & 8 from fix_rollup where device_id = $1", device)
        == 0
    )
    [side] = await scene.rows("select source from side_batch where batch = $1", batch)
    assert side["source"] == "hole"
    assert await close_holes(scene.pool, beside) == 0
    assert await last_batch(scene.pool) == upto  # nothing to do takes no number


async def test_what_an_erased_fix_explained_is_implausible_now(
    scene: Scene,
) -> None:
    device = await drive(
        scene, "leap", at_km(895, 0), at_km(905, 0.5), at_km(2699, 130), at_km(2700, 130)
    )
    before = await flagged(scene, device)

    changed = await close_holes(scene.pool, beside)

    assert (before, await flagged(scene, device), changed) == ([], [2700], 1)
    assert await scene.count("select flags & 8 from latest_fix where device_id = $1", device) == 8
