from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from fieldops.commands.purge import purged
from fieldops.errors import Unavailable
from fieldops.model import now
from fieldops.process import Process
from fieldops.tenancy import Tenant, transaction
from identity.audit import first_break, read_audit
from identity.tenants import create_tenant, drop_tenant
from ingest.history.compression import compress
from ingest.history.purge import due, purge
from ingest.history.retention import before
from ingest.history.rollups import roll_up
from ingest.history.steps import beside
from tests.ingest.scene import Scene, said

pytestmark = pytest.mark.services

NOON = now().replace(hour=12, minute=0, second=0, microsecond=0)
CHUNKS = "select count(*) from timescaledb_information.chunks where hypertable_name = 'fix'"


@pytest_asyncio.fixture
async def scene(process: Process) -> AsyncIterator[Scene]:
    """A tenant of each test's own: a purge reaches everything."""
    tenant: Tenant = await create_tenant(
        process, f"test-purge-{now().timestamp():.6f}".replace(".", "-"), name="P", country="FR"
    )
    yield Scene(tenant.slug, await process.tenants.database(tenant.slug))
    await drop_tenant(process, tenant.slug)


async def test_fixes_go_at_the_end_of_their_term_whole_chunks_and_single_days(
    scene: Scene,
) -> None:
    device = await scene.add_tracker("van")
    await _store(scene, "van", 400, 399, 100, 63, 61, 1)
    await roll_up(scene.pool, beside)

    removed = await purge(scene.pool, beside, NOON)

    assert await _ages(scene, device) == [61, 1]
    assert [(r.rows, r.chunks, r.purpose) for r in removed if r.what == "fix"] == [
        (1, 1, None),
        (1, 1, None),
        (1, 0, "dispatch"),
        (1, 0, "dispatch"),
    ]
    buckets = "select count(*) from fix_rollup where span_s = $1"
    assert [await scene.count(buckets, span) for span in (300, 3600)] == [2, 2]


async def test_each_removal_has_its_receipt_in_an_unbroken_chain(scene: Scene) -> None:
    await scene.add_tracker("van")
    await _store(scene, "van", 400, 100)

    removed = await purge(scene.pool, beside, NOON)
    again = await purge(scene.pool, beside, NOON)

    rows = await read_audit(scene.pool, 0)
    receipts = [row for row in rows if row["action"] == "purged"]
    assert [(r["object"], r["body"]["rows"], r["body"]["chunks"]) for r in receipts] == [
        ("fix", 1, 1),
        ("fix", 1, 0),
        *[(r.what, r.rows, r.chunks) for r in removed[2:]],
    ]
    assert receipts[1]["body"]["before"] == _json(before(NOON, 99))
    assert (receipts[1]["body"]["days"], receipts[1]["body"]["purpose"]) == (62, "dispatch")
    assert first_break(rows) is None
    assert again == []


async def test_a_chunk_whose_receipt_cannot_be_written_is_still_there(scene: Scene) -> None:
    await scene.add_tracker("van")
    await _store(scene, "van", 400)

    async with transaction(scene.pool, "log") as connection:
        await connection.execute("select pg_advisory_xact_lock(360)")
        with pytest.raises(Unavailable, match="LockNotAvailable"):
            await purge(scene.pool, beside, NOON)

    assert await scene.count(CHUNKS) == 1
    assert next(r.chunks for r in await purge(scene.pool, beside, NOON)) == 1


async def test_a_devices_policy_says_more_than_its_purpose(scene: Scene) -> None:
    marie = await scene.add_worker()
    short, long = await scene.add_phone("short", marie), await scene.add_phone("long", marie)
    await scene.rows("update tracking_policy set valid_from = '2020-01-01'")
    await scene.rows("update device_binding set valid_until = now(), valid_from = '2025-01-01'")
    await scene.rows("update tracking_policy set retention_days = 10 where name = 'short'")
    await scene.rows("update tracking_policy set retention_days = 2000 where name = 'long'")
    for name in ("short", "long"):
        await _store(scene, name, 700, 20, 5)

    removed = await purge(scene.pool, beside, NOON)

    assert (await _ages(scene, short), await _ages(scene, long)) == ([5], [700, 20, 5])
    assert {r.days for r in removed if r.what == "fix"} == {10}
    assert sum(r.chunks for r in removed) == 0


async def test_a_stamp_that_says_nothing_is_kept_from_its_receipt(scene: Scene) -> None:
    device = await scene.add_tracker("van")
    unset, future = datetime(2004, 1, 1, tzinfo=UTC), NOON + timedelta(days=365)
    second = timedelta(seconds=1)
    async with scene.leased() as (store, _):
        for days, shift in ((70, second), (1, 2 * second)):
            received_at = NOON - timedelta(days=days)
            for seq, at in enumerate((unset + shift, future + shift)):
                await store.keep([scene.message("van", said(seq, at), at=received_at)])

    await purge(scene.pool, beside, NOON)

    rows = await scene.rows(
        "select observed_at from fix where device_id = $1 order by observed_at", device
    )
    assert [row["observed_at"] for row in rows] == [unset + 2 * second, future + 2 * second]


async def test_the_newest_position_of_a_silent_device_goes_with_its_fixes(scene: Scene) -> None:
    silent, heard = await scene.add_tracker("silent"), await scene.add_tracker("heard")
    await _store(scene, "silent", 80)
    await _store(scene, "heard", 80, 2)

    await purge(scene.pool, beside, NOON)

    rows = await scene.rows("select device_id from latest_fix")
    assert [row["device_id"] for row in rows] == [heard]
    assert silent != heard


async def test_trips_and_stops_go_with_the_fixes_they_come_from(scene: Scene) -> None:
    device = await scene.add_tracker("goes-round")
    for days in (80, 2):
        at = NOON - timedelta(days=days)
        await scene.pool.execute(
            "insert into trip (id, device_id, vehicle_id, started_at, ended_at, last_at, start_lon,"
            " start_lat, end_lon, end_lat, distance_m, unseen_m, unseen_s, halted_s)"
            " values (gen_random_uuid(), $1, $1, $2, $2, $2, 0, 0, 0, 0, 0, 0, 0, 0)",
            device, at,
        )  # fmt: skip
        await scene.pool.execute(
            "insert into vehicle_stop (id, device_id, vehicle_id, started_at, ended_at, lon, lat,"
            " accuracy_m) values (gen_random_uuid(), $1, $1, $2, $2, 0, 0, 5)",
            device,
            at,
        )

    removed = await purge(scene.pool, beside, NOON)

    assert {each.what for each in removed} >= {"trip", "vehicle_stop"}
    for table in ("trip", "vehicle_stop"):
        rows = await scene.rows(f"select started_at from {table} where device_id = $1", device)  # noqa: S608
        assert [row["started_at"] for row in rows] == [NOON - timedelta(days=2)]


async def test_attendance_is_kept_its_own_term_and_goes_with_its_verdicts(scene: Scene) -> None:
    marie, device = await scene.add_worker(), await scene.add_tracker("kiosk")
    ages = (1830, 1827, 1825, 100)
    for seq, days in enumerate(ages):
        at = NOON - timedelta(days=days)
        await scene.pool.execute(
            "insert into attendance_event (id, worker_id, kind, source, device_at, server_at,"
            " skew_ms, device_id, run, seq) values ($1, $2, 'in', 'kiosk', $3, $3, 0, $4, 'r', $5)",
            UUID(int=days), marie, at, device, seq,
        )  # fmt: skip
        await scene.pool.execute(
            "insert into attendance_verdict (event_id, revision, at, worker_id, device_at, verdict,"
            " cause) values ($1, 1, $2, $3, $2, 'conform', 'recorded')",
            UUID(int=days), at, marie,
        )  # fmt: skip
    async with scene.pool.acquire() as connection:
        would = await due(connection, NOON)

    removed = await purge(scene.pool, beside, NOON)

    for table, name in (("attendance_event", "id"), ("attendance_verdict", "event_id")):
        rows = await scene.rows(f"select {name} as id from {table} order by 1")  # noqa: S608
        assert [row["id"].int for row in rows] == [100, 1825]
    assert [(r.what, r.rows, r.days) for r in removed] == [("attendance", 2, 1826)]
    assert [(r.what, r.rows) for r in would] == [("attendance", 2)]
    assert await _receipts(scene) == [("attendance", 2, 1826)]


async def test_crossings_go_with_the_fixes_of_their_device(scene: Scene) -> None:
    van, fence = await scene.add_tracker("van"), UUID(int=1)
    for days in (63, 61):
        for status in ("confirmed", "withdrawn"):
            await scene.pool.execute(
                "insert into presence_event (id, device_id, fence_id, kind, status, at)"
                " values (gen_random_uuid(), $1, $2, 'entered', $3, $4)",
                van, fence, status, NOON - timedelta(days=days),
            )  # fmt: skip

    removed = await purge(scene.pool, beside, NOON)

    rows = await scene.rows("select distinct at from presence_event")
    assert [row["at"] for row in rows] == [NOON - timedelta(days=61)]
    assert [(r.what, r.rows, r.days, r.purpose) for r in removed] == [
        ("presence_event", 2, 62, "dispatch")
    ]
    assert await _receipts(scene) == [("presence_event", 2, 62)]


async def test_an_opened_day_is_forgotten_a_week_after_it_ended(scene: Scene) -> None:
    user, vehicle = UUID(int=1), UUID(int=2)
    await scene.pool.execute(
        "insert into app_user (id, login, display_name, profile, password_hash)"
        " values ($1, 'm', 'M', 'manager', '!')",
        user,
    )
    await scene.pool.execute(
        "insert into vehicle (id, plate, label) values ($1, 'AA', 'A')", vehicle
    )
    for days in (8, 6):
        at = NOON - timedelta(days=days)
        await scene.pool.execute(
            "insert into replay (id, user_id, vehicle_id, day, from_at, until_at, expires_at)"
            " values (gen_random_uuid(), $1, $2, $3, $4, $4, $4)",
            user, vehicle, at.date(), at,
        )  # fmt: skip

    removed = await purge(scene.pool, beside, NOON)

    rows = await scene.rows("select expires_at from replay")
    assert [row["expires_at"] for row in rows] == [NOON - timedelta(days=6)]
    assert [(r.what, r.rows, r.days) for r in removed] == [("replays", 1, 7)]
    assert await _receipts(scene) == [("replays", 1, 7)]


async def test_raw_bytes_set_aside_are_kept_seven_days(scene: Scene) -> None:
    await scene.add_tracker("van")
    async with scene.leased() as (store, _):
        for days in (8, 6):
            received_at = NOON - timedelta(days=days)
            await store.keep([scene.message("van", b"{" * days, at=received_at)])

    await purge(scene.pool, beside, NOON)

    rows = await scene.rows("select payload from quarantine")
    assert [bytes(row["payload"]) for row in rows] == [b"{" * 6]


async def test_a_sequence_space_is_forgotten_only_when_its_device_has_left_it(
    scene: Scene,
) -> None:
    await scene.add_tracker("moved-on")
    await scene.add_tracker("silent")
    await scene.add_tracker("revoked")
    async with scene.leased() as (store, _):
        for name, run in (("moved-on", "old"), ("silent", "only"), ("revoked", "gone")):
            await store.keep([scene.message(name, said(1, run=run))])
        await scene.rows("update settlement set updated_at = now() - interval '400 days'")
        await store.keep([scene.message("moved-on", said(1, run="new"))])
    await scene.rows("update device set status = 'revoked' where name = 'revoked'")

    removed = await purge(scene.pool, beside, now())

    rows = await scene.rows("select run from settlement order by run")
    assert [row["run"] for row in rows] == ["new", "only"]
    assert [(r.what, r.rows) for r in removed] == [("settlements", 2)]


async def test_a_dry_run_counts_and_removes_nothing(process: Process, scene: Scene) -> None:
    device = await scene.add_tracker("van")
    await _store(scene, "van", 100, 99, 1)

    would = await purged(process, scene.slug, dry_run=True)
    kept = await _ages(scene, device)
    done = await purged(process, scene.slug, dry_run=False)

    assert [(r.what, r.rows) for r in would] == [("fix", 2)]
    assert kept == [100, 99, 1]
    assert sum(r.rows for r in done if r.what == "fix") == 2
    async with scene.pool.acquire() as connection:
        assert await due(connection, NOON) == []


async def test_the_apache_edition_compresses_nothing(scene: Scene) -> None:
    assert await scene.rows("select current_setting('timescaledb.license') as name") == [
        ("apache",)
    ]
    assert await compress(scene.pool, beside, NOON) is None


async def _store(scene: Scene, name: str, *ages: int) -> None:
    """Store a fix for each age in days, received when it was observed."""
    async with scene.leased() as (store, _):
        for seq, age in enumerate(ages):
            at = NOON - timedelta(days=age)
            await store.keep([scene.message(name, said(seq, at), at=at)])


async def _ages(scene: Scene, device: UUID) -> list[int]:
    rows = await scene.rows(
        "select observed_at from fix where device_id = $1 order by observed_at", device
    )
    return [(NOON - row["observed_at"]).days for row in rows]


async def _receipts(scene: Scene) -> list[tuple[str, int, int]]:
    rows = await read_audit(scene.pool, 0)
    assert first_break(rows) is None
    return [
        (row["object"], row["body"]["rows"], row["body"]["days"])
        for row in rows
        if row["action"] == "purged"
    ]


def _json(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
