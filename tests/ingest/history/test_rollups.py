import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fieldops.leases import new_owner, release_lease, take_lease
from fieldops.model import UNTRUSTED_TIME
from ingest.history.rollups import roll_up
from ingest.history.steps import beside, owning
from tests.ingest.scene import Scene, said

pytestmark = pytest.mark.services

DAY = datetime(2026, 11, 20, 6, tzinfo=UTC)
EXACT = (
    "fixes", "flags", "first_at", "last_at", "west", "south", "east", "north",
    "speeds", "min_speed_mps", "max_speed_mps", "accuracies",
)  # fmt: skip
MEANS = ("mean_lon", "mean_lat", "mean_speed_mps", "mean_accuracy_m")
Key = tuple[UUID, int, datetime]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_rollups_equal_a_recomputation_after_shuffled_late_and_replaced_fixes(
    scene: Scene, seed: int
) -> None:
    chance = random.Random(seed)
    names = [f"van-{seed}-{n}" for n in range(3)]
    for name in names:
        await scene.add_tracker(name)
    sayings = [(name, _random_fix(chance, seq)) for name in names for seq in range(300)]
    repeated = [(name, {**what, "seq": what["seq"] - 1}) for name, what in sayings[::7]]
    sayings += repeated + sayings[::5]
    chance.shuffle(sayings)

    async with scene.leased() as (store, _):
        while sayings:
            some, sayings = sayings[:97], sayings[97:]
            await store.keep([scene.message(name, what) for name, what in some])
            if chance.random() < 0.5:
                await roll_up(scene.pool, beside)
    await roll_up(scene.pool, beside)

    await _assert_rollups_are_what_the_fixes_say(scene)


async def test_a_bucket_whose_only_fix_turns_out_untrusted_is_gone(scene: Scene) -> None:
    device = await scene.add_tracker("replaced")
    at = DAY + timedelta(days=1)
    hours_before = at - timedelta(hours=1)
    async with scene.leased() as (store, _):
        await store.keep([scene.message("replaced", said(5, at), at=at)])
        await roll_up(scene.pool, beside)
        before = await _buckets(scene, device)
        await store.keep([scene.message("replaced", said(1, at), at=hours_before)])
        await roll_up(scene.pool, beside)

    assert (before, await _buckets(scene, device)) == (2, 0)


async def test_nothing_new_computes_nothing_and_the_lease_is_asked(scene: Scene) -> None:
    await scene.add_tracker("leased")
    async with scene.leased() as (store, _):
        await store.keep([scene.message("leased", said(1))])
    lease = await take_lease(scene.pool, "jobs", new_owner(), 30)
    assert lease is not None

    first = await roll_up(scene.pool, owning(lease))
    again = await roll_up(scene.pool, owning(lease))
    await release_lease(scene.pool, lease)

    assert (first, again) == (1, 0)


def _random_fix(chance: random.Random, seq: int) -> dict[str, Any]:
    what = said(2 * seq + 2, DAY + timedelta(seconds=chance.randrange(3 * 3600)))
    what["lon"] += chance.uniform(-0.1, 0.1)
    what["lat"] += chance.uniform(-0.1, 0.1)
    if chance.random() < 0.8:
        what["spd"] = chance.uniform(0, 30)
    if chance.random() < 0.8:
        what["acc"] = chance.uniform(3, 60)
    if chance.random() < 0.05:
        what["at"] = "2004-01-01T00:00:00Z"
    return what | {"mock": chance.random() < 0.1}


async def _buckets(scene: Scene, device: UUID) -> int:
    return await scene.count("select count(*) from fix_rollup where device_id = $1", device)


async def _assert_rollups_are_what_the_fixes_say(scene: Scene) -> None:
    expected = _recomputed(await scene.rows("select * from fix"))
    stored = {
        (row["device_id"], row["span_s"], row["bucket_at"]): row
        for row in await scene.rows("select * from fix_rollup")
    }
    assert stored.keys() == expected.keys()
    for key, row in stored.items():
        assert {name: row[name] for name in EXACT} == {n: expected[key][n] for n in EXACT}
        for name in MEANS:
            mean = expected[key][name]
            assert row[name] == (None if mean is None else pytest.approx(mean, rel=1e-12))


def _recomputed(fixes: Iterable[Any]) -> dict[Key, dict[str, Any]]:
    """Compute the roll-ups of both spans straight from the fixes."""
    buckets: dict[Key, list[Any]] = defaultdict(list)
    for fix in fixes:
        if fix["flags"] & UNTRUSTED_TIME:
            continue
        for span_s in (300, 3600):
            start_s = fix["observed_at"].timestamp() // span_s * span_s
            bucket_at = datetime.fromtimestamp(start_s, UTC)
            buckets[fix["device_id"], span_s, bucket_at].append(fix)
    return {key: _summary(rows) for key, rows in buckets.items()}


def _summary(rows: list[Any]) -> dict[str, Any]:
    speeds = [r["speed_mps"] for r in rows if r["speed_mps"] is not None]
    accuracies = [r["accuracy_m"] for r in rows if r["accuracy_m"] is not None]
    flags = 0
    for row in rows:
        flags |= row["flags"]
    return {
        "fixes": len(rows),
        "flags": flags,
        "first_at": min(r["observed_at"] for r in rows),
        "last_at": max(r["observed_at"] for r in rows),
        "west": min(r["lon"] for r in rows),
        "south": min(r["lat"] for r in rows),
        "east": max(r["lon"] for r in rows),
        "north": max(r["lat"] for r in rows),
        "mean_lon": sum(r["lon"] for r in rows) / len(rows),
        "mean_lat": sum(r["lat"] for r in rows) / len(rows),
        "speeds": len(speeds),
        "min_speed_mps": min(speeds, default=None),
        "max_speed_mps": max(speeds, default=None),
        "mean_speed_mps": sum(speeds) / len(speeds) if speeds else None,
        "accuracies": len(accuracies),
        "mean_accuracy_m": sum(accuracies) / len(accuracies) if accuracies else None,
    }
