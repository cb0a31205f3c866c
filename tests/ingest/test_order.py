"""Whatever the order and however often fixes come, the rows say the same.

But for what follows from when a message came first: see docs/ingest.md, "What depends on receipt".
"""

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from devices.topics import DeviceName, Lane, device_topic
from fieldops.model import Flag, great_circle_m, new_id
from ingest.message import Message
from simulators.hfp import read_line
from tests.ingest.scene import Scene

pytestmark = pytest.mark.services

# Device, what it says, and when it is received.
Sent: TypeAlias = tuple[str, dict[str, Any], datetime]
START = datetime(2026, 11, 22, 8, tzinfo=UTC)
KM_NORTH = 0.008_993
# Stamped ten minutes after it came; were it trusted, it would make two fixes implausible.
AHEAD_AT, AHEAD_CAME_AT = START + timedelta(minutes=40.01), START + timedelta(minutes=30)
# All a payload says of a fix, and of the flags all but LATE, which is about its receipt.
SAID = (
    "observed_at, lon, lat, run, seq, accuracy_m, speed_mps, heading_deg, altitude_m, battery_pct,"
    f" source, flags & ~{int(Flag.LATE)}"
)


def capture(seed: int) -> list[dict[str, Any]]:
    """Return an hour of a van: leaps, two runs that contradict each other, clocks gone wrong."""
    chance = random.Random(seed)
    at, north_km, said = START, 0.0, []
    for seq in range(300):
        at += timedelta(seconds=chance.choice((1, 5, 10, 10, 30)))
        north_km += chance.choice((0.0, 0.05, 0.1, 0.1, 0.3))
        leap_km = chance.choice((2.0, 9.0)) if chance.random() < 0.06 else 0.0
        said.append(message(seq, at, north_km + leap_km, acc=chance.randint(3, 40)))
        if chance.random() < 0.08:  # another message says otherwise of the same moment
            run = chance.choice(("r0", "r2"))
            said.append(message(seq, at, north_km + chance.choice((0.0, 5.0)), run=run))
    said += [message(900 + n, datetime(2031, 3, n, tzinfo=UTC), 40 * n) for n in (1, 2, 3)]
    said += [message(910 + n, datetime(2004, 1, 1, 0, n, tzinfo=UTC), 90 * n) for n in (1, 2, 3)]
    return said


def message(seq: int, at: datetime, north_km: float, *, run: str = "r1", **more: Any) -> Any:
    place = {"lon": 4.8357, "lat": 45.0 + north_km * KM_NORTH}
    return {"run": run, "seq": seq, "at": at.isoformat(), **place, **more}


async def send(scene: Scene, messages: Iterable[Sent], sizes: random.Random) -> None:
    """Store (device, content, receipt) in this order, in batches of any size."""
    waiting = [
        Message(
            device_topic(scene.slug, DeviceName(name), Lane.BACKFILL),
            json.dumps(content).encode(),
            received_at,
            1,
        )
        for name, content, received_at in messages
    ]
    async with scene.leased(120) as (store, _):
        while waiting:
            size = sizes.choice((1, 7, 60, 400))
            await store.keep(waiting[:size])
            del waiting[:size]


def on_time(
    name: str, said: Sequence[dict[str, Any]]
) -> list[tuple[str, dict[str, Any], datetime]]:
    """Return each as received a second after it was observed; a clock gone wrong: at the end."""
    usual = [datetime.fromisoformat(content["at"]) for content in said]
    last = max(at for at in usual if at.year == START.year)
    return [
        (name, content, (at if at.year == START.year else last) + timedelta(seconds=1))
        for content, at in zip(said, usual, strict=True)
    ]


def late(name: str, said: Sequence[dict[str, Any]], chance: random.Random) -> list[Sent]:
    """Return each three times, anyhow, within the 24 h after the last."""
    last = START + timedelta(hours=3)
    thrice = [
        (name, content, last + timedelta(hours=24 * chance.random())) for content in [*said] * 3
    ]
    return sorted(thrice, key=lambda each: each[2])


def ahead(name: str, came_at: datetime = AHEAD_CAME_AT) -> Sent:
    return name, message(950, AHEAD_AT, 90), came_at


async def digest(scene: Scene, devices: Iterable[UUID]) -> str:
    """Return a hash of the devices' rows, their ids left out."""
    whole = hashlib.sha256()
    for device in devices:
        rows = await scene.rows(
            f"select {SAID} from fix where device_id = $1 order by observed_at",  # noqa: S608
            device,
        )
        for row in rows:
            whole.update(repr(tuple(row)).encode())
    return whole.hexdigest()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_day_comes_out_the_same_in_order_and_three_times_shuffled(
    scene: Scene, seed: int
) -> None:
    chance = random.Random(seed)
    once = await scene.add_tracker(f"once-{seed}")
    thrice = await scene.add_tracker(f"thrice-{seed}")
    said = capture(seed)

    await send(scene, [*on_time(f"once-{seed}", said), ahead(f"once-{seed}")], chance)
    again = late(f"thrice-{seed}", [*said, message(950, AHEAD_AT, 90)], chance)
    await send(scene, [ahead(f"thrice-{seed}"), *again], chance)

    assert await scene.count("select count(*) from fix where device_id = $1", once) == 307
    assert await digest(scene, [thrice]) == await digest(scene, [once])
    flags = "select bit_or(flags) from fix where device_id = $1"
    assert await scene.count(flags, once) == int(
        Flag.FUTURE | Flag.CLOCK_UNSET | Flag.IMPLAUSIBLE_SPEED
    )
    for device in (once, thrice):
        assert await flagged(scene, device) == await oracle(scene, device)
        latest = "select observed_at, flags from latest_fix where device_id = $1"
        newest = (
            "select observed_at, flags from fix where device_id = $1 and flags & 6 = 0"
            " order by observed_at desc limit 1"
        )
        assert await scene.rows(latest, device) == await scene.rows(newest, device)


async def test_a_stamp_ahead_is_what_its_first_receipt_makes_it(scene: Scene) -> None:
    early, tardy = [await scene.add_tracker(name) for name in ("early", "tardy")]
    track = [message(n, AHEAD_AT + timedelta(seconds=n - 60), 0) for n in (0, 120)]
    after = AHEAD_AT + timedelta(minutes=2)
    chance = random.Random(1)
    for name, came_at in (("early", AHEAD_CAME_AT), ("tardy", after)):
        await send(scene, on_time(name, track), chance)
        # However it comes again, in its batch or after, the row keeps what came first.
        twice = [ahead(name, came_at), ahead(name, after + timedelta(hours=1))]
        array = Message(
            device_topic(scene.slug, DeviceName(name), Lane.BACKFILL),
            json.dumps([twice[0][1]]).encode(),
            came_at,
        )
        async with scene.leased() as (store, _):
            await store.keep([array, scene.message(name, twice[1][1], at=twice[1][2])])
        await send(scene, twice[1:], chance)

    flags = "select flags & 15 as flags from fix where device_id = $1 order by observed_at"
    told = [[row["flags"] for row in await scene.rows(flags, device)] for device in (early, tardy)]
    assert told == [
        [Flag.NONE, Flag.FUTURE, Flag.NONE],
        [Flag.NONE, Flag.IMPLAUSIBLE_SPEED, Flag.IMPLAUSIBLE_SPEED],
    ]


async def flagged(scene: Scene, device: UUID) -> list[datetime]:
    rows = await scene.rows(
        "select observed_at from fix where device_id = $1 and flags & 8 <> 0 order by observed_at",
        device,
    )
    return [row["observed_at"] for row in rows]


async def oracle(scene: Scene, device: UUID) -> list[datetime]:
    """Return what is implausible when all that is stored is looked at once, in order of time."""
    rows = await scene.rows(
        "select observed_at, lon, lat from fix where device_id = $1 and flags & 6 = 0"
        " order by observed_at",
        device,
    )
    return [
        this["observed_at"]
        for last, this in pairwise(rows)
        if great_circle_m(last["lon"], last["lat"], this["lon"], this["lat"])
        > 70 * (this["observed_at"] - last["observed_at"]).total_seconds()
    ]


async def test_a_late_fix_is_judged_and_the_one_after_it_again(scene: Scene) -> None:
    device = await scene.add_tracker("between")
    [first, leap, between] = [
        message(0, START, 0),
        message(1, START + timedelta(seconds=100), 10),
        message(2, START + timedelta(seconds=95), 9.9),
    ]
    chance = random.Random(1)

    await send(scene, on_time("between", [first, leap]), chance)
    before = await flagged(scene, device)
    async with scene.leased() as (store, _):
        [stored] = await store.keep([scene.message("between", between)])

    assert before == [START + timedelta(seconds=100)]
    assert await flagged(scene, device) == [START + timedelta(seconds=95)]
    # Followers hear of both: the one that is new and the one that is judged otherwise now.
    assert [f.observed_at.second for f in stored.fixes] == [35, 40]
    assert [bool(f.flags & Flag.IMPLAUSIBLE_SPEED) for f in stored.fixes] == [True, False]
    batches = await scene.rows(
        "select batch from fix where device_id = $1 order by observed_at", device
    )
    assert [row["batch"] for row in batches][1:] == [stored.batch] * 2
    assert await scene.count("select flags & 8 from latest_fix where device_id = $1", device) == 0


async def test_what_follows_a_replaced_row_is_judged_again(scene: Scene) -> None:
    device = await scene.add_tracker("replaced")
    far, near = message(5, START, 10), message(2, START, 0)
    after = message(6, START + timedelta(seconds=10), 0.1)
    chance = random.Random(1)

    await send(scene, on_time("replaced", [far, after]), chance)
    before = await flagged(scene, device)
    await send(scene, on_time("replaced", [near]), chance)

    assert before == [START + timedelta(seconds=10)]
    assert await flagged(scene, device) == []


async def test_a_row_stored_beside_this_worker_is_a_neighbour_too(scene: Scene) -> None:
    device = await scene.add_tracker("beside")
    said = [message(n, START + timedelta(seconds=10 * n), 5.0 * (n == 1)) for n in range(3)]

    async with scene.leased() as (store, _):
        await store.keep([scene.message("beside", said[0])])
        await scene.pool.execute("update lease set last_batch = last_batch + 1")
        await scene.pool.execute(
            "with beside as ("
            " insert into fix (device_id, observed_at, received_at, lon, lat, run, seq, batch)"
            " values ($1, $2, now(), 4.8357, 45.045, 'r1', 1, 1) returning *)"
            " update latest_fix set observed_at = beside.observed_at, lat = beside.lat"
            " from beside where latest_fix.device_id = beside.device_id",
            device,
            START + timedelta(seconds=10),
        )
        await store.keep([scene.message("beside", said[2])])

    assert await flagged(scene, device) == [START + timedelta(seconds=20)]


async def test_the_helsinki_capture_comes_out_the_same(scene: Scene, shared_data: Path) -> None:
    chance = random.Random(7)
    said = hfp(shared_data / "hfp_helsinki_5000.jsonl")
    names = sorted({name for name, _, _ in said})
    once, thrice = [await add_trackers(scene, f"{side}-", names) for side in ("o", "t")]

    await send(scene, [(f"o-{name}", content, at) for name, content, at in said], chance)
    again = [
        (f"t-{name}", content, received_at + timedelta(hours=24 * chance.random()))
        for name, content, received_at in said * 3
    ]
    await send(scene, sorted(again, key=lambda each: each[2]), chance)

    assert await scene.count("select count(*) from fix where device_id = any($1)", once) == 4705
    assert await digest(scene, thrice) == await digest(scene, once)


def hfp(path: Path) -> list[Sent]:
    """Return the capture in our own format, in its order: vehicle, content, receipt."""
    said = []
    for seq, line in enumerate(path.read_bytes().splitlines()):
        read = read_line(line)
        content = {"run": "hfp", "seq": seq, "at": read.at.isoformat()}
        content |= {
            "lon": read.lon,
            "lat": read.lat,
            "spd": read.speed_mps,
            "hdg": read.heading_deg,
        }
        received_at = datetime.fromisoformat(json.loads(line)["recv"])
        said.append((str(read.device), content, received_at))
    return said


async def add_trackers(scene: Scene, prefix: str, names: Sequence[str]) -> list[UUID]:
    """Add trackers at once, in the order of their names; return their ids in that order."""
    ids = [new_id() for _ in names]
    await scene.pool.execute(
        "insert into device (id, name, label, kind, purpose)"
        " select id, name, name, 'tracker', 'dispatch'"
        " from unnest($1::uuid[], $2::text[]) as given (id, name)",
        ids,
        [prefix + name for name in names],
    )
    return ids
