"""Declarations are recorded once, whatever they say; corrections leave what they correct."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.events import read_events
from fieldops.model import new_id, now
from fieldops.schema import tables
from identity.commands import Change, execute
from proof.attendance.recording import declare, each_alone
from tests.proof.attendance.crew import TZ, Gang, at, gang_of
from tests.world import LYON, World

pytestmark = pytest.mark.services


@pytest_asyncio.fixture(scope="module")
async def gang(world: World) -> Gang:
    return await gang_of(world)


async def kinds(gang: Gang, event: UUID) -> list[str]:
    told = await read_events(gang.world.pool, 0, 5000)
    return [e.kind for e in told if e.body.get("id") == str(event)]


async def test_one_declares_oneself_and_the_fence_of_that_time_judges(gang: Gang) -> None:
    me = await gang.member()
    here = {"lon": LYON[0], "lat": LYON[1], "accuracy_m": 8.0, "provider": "fused"}
    far = here | {"lat": LYON[1] + 0.02}

    came = await gang.say(me, "in", "08:00", **here)
    left = await gang.say(me, "out", "12:00", **far)

    assert (came["source"], came["verdict"], came["reasons"]) == ("self", "conform", [])
    assert came["distance_m"] == 0
    assert left["verdict"] == "incoherent"
    assert [r["code"] for r in left["reasons"]] == ["outside_fence"]
    assert 2000 < left["distance_m"] < 2200
    assert await kinds(gang, came["id"]) == ["attendance.recorded"]
    assert await kinds(gang, left["id"]) == ["attendance.recorded", "attendance.flagged"]


async def test_said_twice_is_one_row_and_an_id_says_one_thing(gang: Gang) -> None:
    me, event = await gang.member(), new_id()

    first = await gang.say(me, "in", "08:00", id=event)
    again = await gang.say(me, "in", "08:00", id=event)
    other_id = await gang.say(me, "in", "08:00", id=new_id())
    with pytest.raises(Conflict) as taken:
        await gang.say(me, "out", "09:00", id=event)

    assert (first["again"], again["again"], other_id["again"]) == (False, True, True)
    assert first["id"] == again["id"] == other_id["id"] == event
    assert taken.value.code == "taken"


async def test_the_same_said_at_once_by_two_phones_is_one_row(gang: Gang) -> None:
    me = await gang.member()

    answers = await asyncio.gather(*(gang.say(me, "in", "08:00") for _ in range(5)))

    assert sorted(a["again"] for a in answers) == [False] + [True] * 4
    assert len({a["id"] for a in answers}) == 1


async def test_the_chef_calls_his_own_sites_roll_and_no_others(gang: Gang) -> None:
    other = await gang.world.site()
    workers = [(await gang.member()).worker_id for _ in range(3)]
    items: list[dict[str, Any]] = [
        {"kind": "in", "worker_id": w, "site_id": gang.site, "device_at": at("07:30")}
        for w in workers
    ]
    items[1]["site_id"] = other
    items[2]["worker_id"] = new_id()

    async def all_of_them(change: Change) -> list[dict[str, Any]]:
        return await each_alone(change, items, lambda item: declare(change, item, TZ))

    told = await execute(gang.world.store, gang.chef, all_of_them, what="test")

    assert [t["done"] for t in told] == [True, False, False]
    assert [t.get("code") for t in told] == [None, "not_found", "bad_input"]
    assert (told[0]["row"]["source"], told[0]["row"]["verdict"]) == ("roll_call", "conform")
    stored = await gang.world.pool.fetch(
        "select worker_id from attendance_event where worker_id = any($1)",
        [w for w in workers if w],
    )
    assert [r["worker_id"] for r in stored] == [workers[0]]


async def test_a_worker_speaks_for_himself_alone(gang: Gang) -> None:
    me, mate = await gang.member(), await gang.member()

    with pytest.raises(NotFound):
        await gang.say(me, "in", "08:00", worker_id=mate.worker_id)
    with pytest.raises(BadInput):
        await gang.say(gang.world.actor(worker_id=None), "in", "08:00")


async def test_a_clock_that_is_off_is_measured_and_a_delay_is_not(gang: Gang) -> None:
    me = await gang.member()
    here = {"lon": LYON[0], "lat": LYON[1], "accuracy_m": 8.0}

    late = await gang.say(me, "in", "08:00", sent_at=now(), **here)
    off = await gang.say(me, "out", "09:00", sent_at=now() - timedelta(minutes=6), **here)

    assert late["skew_ms"] > 3_600_000
    assert late["reasons"] == []
    assert [r["code"] for r in off["reasons"]] == ["clock_skew"]
    assert abs(off["reasons"][0]["params"]["skew_s"] - 360) <= 5


async def test_a_correction_is_another_row_and_the_verdict_of_neighbours_follows(
    gang: Gang,
) -> None:
    me = await gang.member()
    out = await gang.say(gang.chef, "out", "17:00", worker_id=me.worker_id)
    wrong = await gang.say(gang.chef, "in", "17:30", worker_id=me.worker_id)

    right = await gang.fix(gang.chef, wrong["id"], device_at=at("08:00"))

    assert (right["source"], right["corrects_id"], right["why"]) == (
        "correction",
        wrong["id"],
        "oubli",
    )
    rows = await gang.world.pool.fetch(
        "select revision, verdict, reasons, cause from attendance_verdict where event_id = $1 "
        "order by revision",
        out["id"],
    )
    assert [(r["verdict"], r["cause"]) for r in rows] == [
        ("to_check", "recorded"),
        ("conform", "corrected"),
    ]
    assert [r["code"] for r in rows[0]["reasons"]] == ["out_without_in"]
    assert (await kinds(gang, out["id"]))[-1] == "attendance.cleared"
    day = await gang.day(me.worker_id)
    assert day["worked_s"] == 9 * 3600
    assert [e["stands"] for e in day["events"]] == [True, True, False]
    with pytest.raises(Conflict) as twice:
        await gang.fix(gang.chef, wrong["id"], device_at=at("09:00"))
    assert twice.value.code == "already_corrected"


async def test_a_worker_takes_his_own_back_and_that_is_looked_at(gang: Gang) -> None:
    me, mate = await gang.member(), await gang.member()
    mine = await gang.say(me, "in", "08:00", lon=LYON[0], lat=LYON[1], accuracy_m=5.0)
    moved = await gang.fix(me, mine["id"], device_at=at("08:10"))

    assert [r["code"] for r in moved["reasons"]] == ["corrected_by_worker"]
    with pytest.raises(NotFound):
        await gang.fix(mate, moved["id"], void=True)
    await gang.fix(me, moved["id"], void=True)
    assert (await gang.day(me.worker_id))["intervals"] == []


async def test_deleting_every_fix_changes_no_hour(gang: Gang) -> None:
    me = await gang.member()
    device = await gang.world.insert(
        tables.device,
        name=f"p-{new_id().hex[-8:]}", label="p", kind="phone", purpose="dispatch",
    )  # fmt: skip
    for minute in range(0, 240, 5):
        await gang.world.pool.execute(
            "insert into fix (device_id, observed_at, received_at, lon, lat, run, seq, batch) "
            "values ($1, $2, $2, 4.8, 45.7, 'r', $3, 1)",
            device, at("08:00") + timedelta(minutes=minute), minute,
        )  # fmt: skip
    await gang.say(me, "in", "08:00")
    await gang.say(me, "out", "12:00")
    hours = ("worked_s", "break_s", "intervals", "verdict", "flags", "status")
    before = await gang.day(me.worker_id)

    await gang.world.pool.execute("delete from fix")
    await gang.world.pool.execute("delete from presence_event")
    after = await gang.day(me.worker_id)

    assert before["worked_s"] == 4 * 3600
    assert [before[name] for name in hours] == [after[name] for name in hours]


async def test_short_rest_is_told_beside_the_morning(gang: Gang) -> None:
    me = await gang.member()
    await gang.say(gang.chef, "in", "14:00", worker_id=me.worker_id)
    await gang.say(gang.chef, "out", "23:00", worker_id=me.worker_id)

    early = await gang.say(gang.chef, "in", "06:00", worker_id=me.worker_id, day=date(2026, 7, 15))

    assert early["reasons"] == [
        {"code": "rest_short", "params": {"rest_s": 25_200, "least_s": 39_600}}
    ]
