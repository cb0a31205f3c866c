"""A break people declare is private time, whenever one hears of it."""

from datetime import timedelta

import pytest

from devices.topics import Lane
from fieldops.events import read_events
from fieldops.model import new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.breaks import Said, break_spans
from ingest.history.rollups import roll_up
from ingest.history.steps import beside
from tests.ingest.scene import Scene, said

NOON = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
MINUTE = timedelta(minutes=1)


def spans(*told: tuple[str, int]) -> list[tuple[int, int | None]]:
    made = break_spans(Said(new_id(), kind, NOON + m * MINUTE) for kind, m in told)
    return [
        (
            round((s.starts_at - NOON) / MINUTE),
            None if s.ends_at is None else round((s.ends_at - NOON) / MINUTE),
        )
        for s in made
    ]


def test_a_break_ends_with_whatever_comes_next() -> None:
    assert spans(("in", 0), ("break_start", 10), ("break_end", 40)) == [(10, 40)]
    assert spans(("break_start", 10), ("out", 50)) == [(10, 50)]
    assert spans(("break_start", 10), ("break_start", 20), ("break_end", 30)) == [(10, 30)]
    assert spans(("break_end", 5), ("break_start", 10)) == [(10, None)]
    assert spans(("break_end", 40), ("break_start", 10)) == [(10, 40)]


async def _scene(process: Process, tenant: Tenant) -> Scene:
    return Scene(tenant.slug, await process.tenants.database(tenant.slug))


def _attendance(seq: int, kind: str, minute: int, worker: object) -> dict[str, object]:
    at = (NOON + minute * MINUTE).isoformat()
    return {"run": "a", "seq": seq, "at": at, "kind": kind, "worker": str(worker)}


@pytest.mark.services
async def test_positions_of_a_break_in_one_batch_with_it_are_never_stored(
    process: Process, tenant: Tenant
) -> None:
    scene = await _scene(process, tenant)
    marie = await scene.add_worker()
    device = await scene.add_phone("p-batch", marie)
    fixes = [scene.message("p-batch", said(m, NOON + m * MINUTE)) for m in range(0, 60, 10)]
    start, end = _attendance(1, "break_start", 15, marie), _attendance(2, "break_end", 45, marie)

    async with scene.leased() as (store, _):
        [stored] = await store.keep(
            [*fixes, *(scene.message("p-batch", a, Lane.ATTENDANCE) for a in (start, end))]
        )

    kept = await scene.rows(
        "select observed_at from fix where device_id = $1 order by observed_at", device
    )
    assert [round((r["observed_at"] - NOON) / MINUTE) for r in kept] == [0, 10, 50]
    assert (stored.inserted, stored.private, stored.attendance) == (3, 3, 2)
    assert len(stored.fixes) == 3


@pytest.mark.services
async def test_a_break_one_hears_of_late_takes_its_positions_away_with_a_receipt(
    process: Process, tenant: Tenant
) -> None:
    scene = await _scene(process, tenant)
    marie = await scene.add_worker()
    device = await scene.add_phone("p-late", marie)
    async with scene.leased() as (store, _):
        await store.keep(
            [scene.message("p-late", said(m, NOON + m * MINUTE)) for m in range(0, 60, 10)]
        )
        await roll_up(scene.pool, beside)
        before = await scene.count(
            "select sum(fixes) from fix_rollup where device_id = $1 and span_s = 3600", device
        )
        await scene.rows(
            "insert into presence_event (id, device_id, fence_id, kind, at) "
            "values ($1, $2, $3, 'left', $4)",
            new_id(), device, new_id(), NOON + 20 * MINUTE,
        )  # fmt: skip
        drops = await scene.count(
            "select coalesce(sum(fixes), 0) from privacy_drop where reason = 'break'"
        )

        # Newest first, as a phone's backlog comes: the end, then the start.
        for told in (
            _attendance(2, "break_end", 45, marie),
            _attendance(1, "break_start", 15, marie),
        ):
            await store.keep([scene.message("p-late", told, Lane.ATTENDANCE)])
    await roll_up(scene.pool, beside)

    assert before == 6
    kept = await scene.rows("select observed_at from fix where device_id = $1", device)
    assert sorted(round((r["observed_at"] - NOON) / MINUTE) for r in kept) == [0, 10, 50]
    assert (
        await scene.count(
            "select sum(fixes) from fix_rollup where device_id = $1 and span_s = 3600", device
        )
        == 3
    )
    assert (
        await scene.count("select count(*) from presence_event where device_id = $1", device) == 0
    )
    assert drops + 3 == await scene.count(
        "select sum(fixes) from privacy_drop where reason = 'break'"
    )
    [receipt] = await scene.rows(
        "select body from audit where action = 'purged' and subject = $1", marie
    )
    assert (receipt["body"]["rows"], receipt["body"]["crossings"]) == (3, 1)
    newest = await scene.rows("select observed_at from latest_fix where device_id = $1", device)
    assert newest[0]["observed_at"] == NOON + 50 * MINUTE


@pytest.mark.services
async def test_an_open_break_takes_the_newest_position_off_the_map(
    process: Process, tenant: Tenant
) -> None:
    scene = await _scene(process, tenant)
    marie = await scene.add_worker()
    device = await scene.add_phone("p-open", marie)
    async with scene.leased() as (store, _):
        await store.keep([scene.message("p-open", said(1, NOON))])
        start = _attendance(1, "break_start", 5, marie)
        await store.keep([scene.message("p-open", start, Lane.ATTENDANCE)])
        await store.keep([scene.message("p-open", said(2, NOON + 30 * MINUTE))])

    assert await scene.count("select count(*) from latest_fix where device_id = $1", device) == 0
    told = [e for e in await read_events(scene.pool, 0, 5000) if e.kind == "position.hidden"]
    assert told[-1].body == {"devices": [str(device)]}
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 1


@pytest.mark.services
async def test_a_corrected_break_moves_its_private_time(process: Process, tenant: Tenant) -> None:
    scene = await _scene(process, tenant)
    marie = await scene.add_worker()
    await scene.add_phone("p-moved", marie)
    async with scene.leased() as (store, _):
        for told in (
            _attendance(1, "break_start", 0, marie),
            _attendance(2, "break_end", 30, marie),
        ):
            await store.keep([scene.message("p-moved", told, Lane.ATTENDANCE)])
        [wrong] = await scene.rows(
            "select id from attendance_event where worker_id = $1 and kind = 'break_start'", marie
        )
        fixed = _attendance(3, "break_start", 10, marie) | {"corrects": str(wrong["id"])}
        await store.keep([scene.message("p-moved", fixed, Lane.ATTENDANCE)])

    rows = await scene.rows(
        "select starts_at, ends_at from private_period where worker_id = $1", marie
    )
    assert [
        (round((r["starts_at"] - NOON) / MINUTE), round((r["ends_at"] - NOON) / MINUTE))
        for r in rows
    ] == [(10, 30)]
