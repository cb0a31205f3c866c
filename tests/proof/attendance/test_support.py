"""Presence as an aid: a confirmed entry that stands takes a weak position's doubt away."""

from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from fieldops.model import new_id
from fieldops.schema import tables
from tests.proof.attendance.crew import Gang, at, gang_of
from tests.world import World

pytestmark = pytest.mark.services


@pytest_asyncio.fixture(scope="module")
async def gang(world: World) -> Gang:
    await world.pool.execute("update attendance_rule set presence_aid = true")
    return await gang_of(world)


async def phone_of(gang: Gang, worker: UUID | None) -> UUID:
    name = f"p-{new_id().hex[-8:]}"
    phone = await gang.world.insert(
        tables.device, name=name, label=name, kind="phone", purpose="dispatch"
    )
    await gang.world.insert(
        tables.device_binding, device_id=phone, worker_id=worker,
        valid_from=at("08:00") - timedelta(days=9),
    )  # fmt: skip
    return phone


async def enter(
    gang: Gang, phone: UUID, kind: str, clock: str, status: str, replaced: UUID | None = None
) -> UUID:
    """Enter a crossing of the site's fence in the ledger, as the ledger does."""
    pool = gang.world.pool
    fence = await pool.fetchval("select id from fence where site_id = $1", gang.site)
    entry = await gang.world.insert(
        tables.presence_event, device_id=phone, fence_id=fence, kind=kind, status=status,
        at=at(clock), supersedes=replaced,
    )  # fmt: skip
    if replaced is not None:
        await pool.execute(
            "update presence_event set superseded_by = $2 where id = $1", replaced, entry
        )
    return entry


async def codes(gang: Gang, *crossings: tuple[str, str, str], withdraw: bool = False) -> list[str]:
    """Return why an `in` of 08:00 without a position is judged as it is, after these crossings."""
    me = await gang.member()
    phone = await phone_of(gang, me.worker_id)
    entry = None
    for kind, clock, status in crossings:
        entry = await enter(gang, phone, kind, clock, status)
    if withdraw:
        kind, clock, _ = crossings[-1]
        await enter(gang, phone, kind, clock, "withdrawn", entry)
    said = await gang.say(me, "in", "08:00")
    return [reason["code"] for reason in said["reasons"]]


async def test_a_confirmed_entry_supports_until_one_has_left(gang: Gang) -> None:
    came, left = ("entered", "07:40", "confirmed"), ("left", "07:50", "confirmed")

    assert await codes(gang, came) == ["presence_supports"]
    assert await codes(gang, came, left) == ["no_position"]
    assert await codes(gang) == ["no_position"]


async def test_what_is_provisional_neither_supports_nor_ends_support(gang: Gang) -> None:
    came, maybe_left = ("entered", "07:40", "confirmed"), ("left", "07:50", "provisional")

    assert await codes(gang, ("entered", "07:40", "provisional")) == ["no_position"]
    assert await codes(gang, came, maybe_left) == ["presence_supports"]


async def test_what_was_withdrawn_never_was(gang: Gang) -> None:
    came, left = ("entered", "07:40", "confirmed"), ("left", "07:50", "confirmed")

    assert await codes(gang, came, withdraw=True) == ["no_position"]
    assert await codes(gang, came, left, withdraw=True) == ["presence_supports"]
