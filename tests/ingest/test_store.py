from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from devices.topics import Lane
from fieldops.model import Flag, new_id, now
from tests.ingest.scene import ROWS_OF_DEVICE, STARTED_AT, Scene, said, start_private

pytestmark = pytest.mark.services


async def test_a_message_delivered_again_makes_no_second_row(scene: Scene) -> None:
    device = await scene.add_tracker("again")
    batch = [scene.message("again", said(n)) for n in range(10)]

    async with scene.leased() as (store, _):
        [first] = await store.keep(batch)
        [second] = await store.keep(batch)

    assert (first.inserted, first.duplicates) == (10, 0)
    assert (second.inserted, second.duplicates, list(second.fixes)) == (0, 10, [])
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 10


async def test_of_two_messages_with_one_key_the_lowest_sequence_wins_in_any_order(
    scene: Scene,
) -> None:
    device = await scene.add_tracker("rivals")
    at = STARTED_AT

    async with scene.leased() as (store, _):
        [first] = await store.keep([scene.message("rivals", said(5, at, spd=5))])
        [higher] = await store.keep([scene.message("rivals", said(9, at, spd=9))])
        [lower] = await store.keep([scene.message("rivals", said(2, at, spd=2))])

    assert (first.inserted, first.replaced, first.duplicates) == (1, 0, 0)
    assert (higher.inserted, higher.replaced, higher.duplicates) == (0, 0, 1)
    assert (lower.inserted, lower.replaced, lower.duplicates) == (0, 1, 0)
    rows = await scene.rows("select seq, speed_mps, batch from fix where device_id = $1", device)
    assert [tuple(row) for row in rows] == [(2, 2.0, lower.batch)]
    latest = await scene.rows("select speed_mps from latest_fix where device_id = $1", device)
    assert [tuple(row) for row in latest] == [(2.0,)]


async def test_the_latest_fix_never_goes_back_in_time_nor_to_an_untrusted_one(
    scene: Scene,
) -> None:
    device = await scene.add_tracker("latest")
    moments = [
        STARTED_AT,
        datetime(2031, 1, 1, tzinfo=UTC),
        datetime(2004, 1, 1, tzinfo=UTC),
        STARTED_AT - timedelta(hours=2),
    ]

    async with scene.leased() as (store, _):
        for seq, at in enumerate(moments):
            await store.keep([scene.message("latest", said(seq, at))])

    rows = await scene.rows("select observed_at from latest_fix where device_id = $1", device)
    assert [row["observed_at"] for row in rows] == [STARTED_AT]
    assert await scene.count("select count(*) from fix where device_id = $1", device) == 4


async def test_malformed_messages_are_set_aside_once_and_the_rest_is_stored(scene: Scene) -> None:
    await scene.add_tracker("broken")
    batch = [
        scene.message("broken", b"\x00\xff not JSON"),
        scene.message("broken", said(2, lat=95)),
        scene.message("broken", said(3)),
        scene.message("stranger", said(4)),
    ]

    async with scene.leased() as (store, _):
        [first] = await store.keep(batch)
        [second] = await store.keep(batch)

    assert (first.inserted, first.quarantined) == (1, 3)
    assert (second.inserted, second.quarantined, second.duplicates) == (0, 0, 4)
    rows = await scene.rows(
        "select device, code from quarantine where topic like '%broken%' or topic like '%stranger%'"
        " order by code"
    )
    assert [tuple(row) for row in rows] == [
        ("broken", "bad_json"),
        ("broken", "out_of_range"),
        (None, "unknown_device"),
    ]


async def test_an_array_too_long_is_set_aside_once_and_its_sequences_are_settled(
    scene: Scene,
) -> None:
    device = await scene.add_tracker("endless")
    array = scene.message("endless", [{"run": "r1", "seq": n} for n in range(1001)])

    async with scene.leased() as (store, _):
        [first] = await store.keep([array])
        [second] = await store.keep([array])

    assert (first.quarantined, second.quarantined, second.duplicates) == (1, 0, 1)
    assert await scene.count("select upto from settlement where device_id = $1", device) == 1000


async def test_dates_no_clock_gives_make_no_chunks(scene: Scene) -> None:
    device = await scene.add_tracker("wild")
    years = (50, 1970, 2004, 2031, 2050, 9000)
    batch = [
        scene.message("wild", said(n, datetime(y, 5, 1, tzinfo=UTC))) for n, y in enumerate(years)
    ]
    chunks = "select count(*) from show_chunks('fix')"
    before = await scene.count(chunks)

    async with scene.leased() as (store, _):
        [stored] = await store.keep(batch)

    assert (stored.inserted, stored.quarantined) == (2, 4)
    assert await scene.count(chunks) <= before + 2
    assert await scene.count("select upto from settlement where device_id = $1", device) == 5
    codes = await scene.rows("select distinct code from quarantine where device = 'wild'")
    assert [row["code"] for row in codes] == ["time_out_of_range"]


async def test_settled_sequences_outlive_the_worker(scene: Scene) -> None:
    device = await scene.add_tracker("settled")

    async with scene.leased() as (store, _):
        await store.keep([scene.message("settled", said(n)) for n in (0, 1, 2, 7)])
    async with scene.leased() as (successor, _):
        [stored] = await successor.keep([scene.message("settled", said(8, lat=95))])

    [space] = stored.spaces
    assert space == (device, "r1")
    assert successor.settlements.message(space) == b'{"run":"r1","upto":2,"ranges":[[7,8]]}'
    rows = await scene.rows("select upto, ranges from settlement where device_id = $1", device)
    assert [tuple(row) for row in rows] == [(2, [[7, 8]])]


async def test_messages_without_position_are_counted_once_however_often_they_come(
    scene: Scene,
) -> None:
    device = await scene.add_tracker("indoors")
    batch = [
        scene.message("indoors", said(0)),
        scene.message("indoors", said(1, lon=None, lat=None)),
        scene.message("indoors", said(1, lon=None, lat=None)),
        scene.message("indoors", said(3, lon=None, lat=None)),
    ]

    async with scene.leased() as (store, _):
        await store.keep(batch)
        await store.keep([*batch, scene.message("indoors", said(4, lon=None, lat=None))])

    rows = await scene.rows(
        "select upto, ranges, unlocated from settlement where device_id = $1", device
    )
    assert [tuple(row) for row in rows] == [(1, [[3, 4]], 3)]


async def test_each_sequence_is_a_row_or_a_counted_duplicate_however_it_comes(
    scene: Scene,
) -> None:
    device = await scene.add_tracker("twins")
    at = [STARTED_AT + timedelta(seconds=10 * n) for n in range(4)]
    say = scene.message
    # Four moments: a twin in the same batch, one before, one behind, and one of another run.
    batches = [
        [say("twins", said(0, at[0])), say("twins", said(1, at[0])), say("twins", said(3, at[1]))],
        [say("twins", said(2, at[1])), say("twins", said(4, at[2])), say("twins", said(4, at[2]))],
        [say("twins", said(5, at[2])), say("twins", [said(6, at[3]), said(7, at[3])])],
        [say("twins", said(0, at[3], run="r2")), say("twins", said(1, at[0], run="r2"))],
    ]

    async with scene.leased() as (store, _):
        for batch in batches:
            await store.keep(batch)
            await store.keep(batch)  # delivered again, it counts nothing
        # All of it once more, beside something new that moves what is settled.
        await store.keep([*chain(*batches), say("twins", said(8, at[3] + timedelta(seconds=5)))])

    rows = "select run, seq from fix where device_id = $1 order by observed_at"
    assert [tuple(r) for r in await scene.rows(rows, device)] == [
        ("r1", 0), ("r1", 2), ("r1", 4), ("r1", 6), ("r1", 8),
    ]  # fmt: skip
    counted = "select run, upto, duplicates from settlement where device_id = $1 order by run"
    assert [tuple(r) for r in await scene.rows(counted, device)] == [("r1", 8, 4), ("r2", 1, 2)]


async def test_a_fix_in_a_private_period_leaves_a_count_and_nothing_else(scene: Scene) -> None:
    marie = await scene.add_worker()
    phone = await scene.add_phone("private", marie)
    await start_private(scene, marie)
    batch = [
        scene.message("private", said(0, now())),
        scene.message("private", b"{broken"),
        scene.message("private", {**said(1, now()), "lat": 95}),
    ]
    before = await scene.count("select count(*) from quarantine")

    async with scene.leased() as (store, _):
        [first] = await store.keep(batch)
        [second] = await store.keep(batch[:1])

    assert (first.private, list(first.fixes)) == (3, [])
    assert (second.private, second.duplicates) == (0, 1)
    assert await scene.count(ROWS_OF_DEVICE, phone) == 0
    assert await scene.count("select count(*) from quarantine") == before
    assert await scene.count("select sum(fixes) from privacy_drop where reason = 'private'") == 3
    assert await scene.count("select upto from settlement where device_id = $1", phone) == 1


async def test_a_period_that_starts_between_two_batches_holds_for_the_second(
    scene: Scene,
) -> None:
    marie = await scene.add_worker("Marie 2")
    await scene.add_phone("switch", marie)

    async with scene.leased() as (store, _):
        [before] = await store.keep([scene.message("switch", said(0, now()))])
        await start_private(scene, marie)
        [after] = await store.keep([scene.message("switch", said(1, now()))])

    assert (before.inserted, before.private) == (1, 0)
    assert (after.inserted, after.private) == (0, 1)


async def test_a_device_added_later_is_known_to_the_next_batch(scene: Scene) -> None:
    async with scene.leased() as (store, _):
        [before] = await store.keep([scene.message("newcomer", said(0))])
        await scene.add_tracker("newcomer")
        [after] = await store.keep([scene.message("newcomer", said(1))])

    assert (before.quarantined, after.inserted) == (1, 1)


async def test_attendance_is_recorded_with_skew_and_source_and_once(scene: Scene) -> None:
    marie = await scene.add_worker("Marie 4", employee_no="E-104")
    paul = await scene.add_worker("Paul", employee_no="E-105")
    phone = await scene.add_phone("attend", marie)
    received_at = now()
    at = received_at - timedelta(seconds=90)
    own = {**said(0, at), "kind": "in", "worker": "E-104", "acc": 6.5}
    called = {**said(1, at), "kind": "in", "worker": str(paul)}
    batch = [
        scene.message("attend", [own, called], Lane.ATTENDANCE, at=received_at),
        scene.message("attend", {**own, "seq": 2, "worker": "E-999"}, Lane.ATTENDANCE),
    ]

    async with scene.leased() as (store, _):
        [first] = await store.keep(batch)
        [second] = await store.keep(batch)

    assert (first.attendance, first.quarantined, first.rings) == (2, 1, True)
    assert (second.attendance, second.duplicates, second.rings) == (0, 3, False)
    rows = await scene.rows(
        "select worker_id, kind, source, skew_ms, lon, seq from attendance_event"
        " where device_id = $1 order by seq",
        phone,
    )
    assert [tuple(row) for row in rows] == [
        (marie, "in", "self", 90_000, 4.8357, 0),
        (paul, "in", "roll_call", 90_000, 4.8357, 1),
    ]
    events = await scene.rows("select body from event where kind = 'attendance.recorded'")
    assert [event["body"]["worker_id"] for event in events] == [str(marie), str(paul)]
    assert not {"lon", "lat", "position"} & events[0]["body"].keys()
    codes = await scene.rows("select code from quarantine where device = 'attend'")
    assert [tuple(row) for row in codes] == [("unknown_worker",)]


async def test_a_correction_names_what_it_corrects(scene: Scene) -> None:
    marie = await scene.add_worker("Marie 5")
    phone = await scene.add_phone("correct", marie)
    wrong = new_id()
    content = {**said(0), "kind": "out", "worker": str(marie), "corrects": str(wrong)}

    async with scene.leased() as (store, _):
        await store.keep([scene.message("correct", content, Lane.ATTENDANCE)])

    rows = await scene.rows(
        "select source, corrects_id from attendance_event where device_id = $1", phone
    )
    assert [tuple(row) for row in rows] == [("correction", wrong)]


async def test_a_fix_that_looks_new_and_is_there_already_is_a_rival_like_any_other(
    scene: Scene,
) -> None:
    device = await scene.add_tracker("returner")
    ahead = now() + timedelta(minutes=10)
    async with scene.leased() as (store, _):
        await store.keep([scene.message("returner", said(5, ahead))])
        # The clock was right after all: the moment comes, and its fix with it.
        rival, next_one = said(9, ahead), said(10, ahead + timedelta(seconds=1))
        [stored] = await store.keep(
            [scene.message("returner", each, at=ahead) for each in (rival, next_one)]
        )

    rows = await scene.rows(
        "select seq, flags from fix where device_id = $1 order by observed_at", device
    )
    assert [(row["seq"], row["flags"]) for row in rows] == [(5, Flag.FUTURE), (10, Flag.NONE)]
    assert (stored.inserted, stored.duplicates) == (1, 1)
