"""A day is agreed on step by step, by others than who worked it, and opens only with a reason."""

import pytest
import pytest_asyncio

from fieldops.errors import BadInput, Conflict, Forbidden
from fieldops.model import Profile
from tests.proof.attendance.crew import DAY, Gang, at, gang_of
from tests.world import World

pytestmark = pytest.mark.services


@pytest_asyncio.fixture(scope="module")
async def gang(world: World) -> Gang:
    return await gang_of(world)


async def test_a_day_goes_its_way_and_only_a_manager_with_a_reason_opens_it_again(
    gang: Gang,
) -> None:
    me = await gang.member()
    await gang.say(me, "in", "08:00")
    await gang.say(me, "out", "12:00")

    for actor, step in (
        (me, "submit"), (gang.chef, "validate"), (gang.boss, "lock"), (gang.boss, "export"),
    ):  # fmt: skip
        stand = await gang.step(actor, step, me.worker_id)  # type: ignore[arg-type]

    assert (stand["status"], stand["version"]) == ("exported", 4)
    with pytest.raises(Forbidden):
        await gang.step(gang.chef, "reopen", me.worker_id, why="erreur")
    with pytest.raises(BadInput):
        await gang.step(gang.boss, "reopen", me.worker_id)
    assert (await gang.step(gang.boss, "reopen", me.worker_id, why="erreur"))["status"] == "open"
    steps = await gang.world.pool.fetch(
        "select action, openings from audit where object = 'attendance_day' and subject = $1 "
        "order by seq",
        me.worker_id,
    )
    assert [s["action"] for s in steps] == ["submit", "validate", "lock", "export", "reopen"]
    assert steps[-1]["openings"]["why"]["value"] == "erreur"


async def test_nobody_validates_his_own_work(gang: Gang) -> None:
    await gang.say(gang.chef, "in", "08:00")
    await gang.say(gang.chef, "out", "12:00")
    await gang.step(gang.chef, "submit", gang.chef.worker_id)

    with pytest.raises(Forbidden) as own:
        await gang.step(gang.chef, "validate", gang.chef.worker_id)

    assert own.value.code == "own_work"


async def test_what_is_not_finished_or_not_submitted_is_not_validated(gang: Gang) -> None:
    me = await gang.member()
    with pytest.raises(Conflict) as elsewhere:
        await gang.step(gang.chef, "submit", me.worker_id)
    await gang.say(me, "in", "08:00")
    with pytest.raises(Conflict) as unfinished:
        await gang.step(gang.chef, "submit", me.worker_id)
    await gang.say(me, "out", "12:00")
    with pytest.raises(Conflict) as early:
        await gang.step(gang.chef, "validate", me.worker_id)

    assert elsewhere.value.code == "day_elsewhere"
    assert unfinished.value.code == "day_unfinished"
    assert (early.value.code, early.value.params["status"]) == ("bad_step", "open")


async def test_a_chef_of_another_site_has_no_say(gang: Gang) -> None:
    me = await gang.member()
    await gang.say(me, "in", "08:00")
    await gang.say(me, "out", "12:00")
    other = gang.world.actor(Profile.SITE_MANAGER, site_ids=frozenset({await gang.world.site()}))

    with pytest.raises(Conflict) as elsewhere:
        await gang.step(other, "submit", me.worker_id)

    assert elsewhere.value.code == "day_elsewhere"


async def test_a_closed_day_takes_late_declarations_and_shows_them_and_no_corrections(
    gang: Gang,
) -> None:
    me = await gang.member()
    await gang.say(me, "in", "08:00")
    out = await gang.say(me, "out", "12:00")
    await gang.step(me, "submit", me.worker_id)
    await gang.step(gang.chef, "validate", me.worker_id)
    assert not (await gang.day(me.worker_id))["changed"]

    with pytest.raises(Conflict) as closed:
        await gang.fix(gang.chef, out["id"], device_at=at("13:00"))
    await gang.say(me, "in", "13:00")
    await gang.say(me, "out", "14:00")

    day = await gang.day(me.worker_id)
    assert closed.value.code == "day_closed"
    assert (day["status"], day["changed"], day["worked_s"]) == ("validated", True, 5 * 3600)


async def test_a_worker_disputes_and_the_chef_sees_it(gang: Gang) -> None:
    me, mate = await gang.member(), await gang.member()
    await gang.say(me, "in", "08:00")
    await gang.say(me, "out", "12:00")
    await gang.step(gang.chef, "submit", me.worker_id)

    await gang.step(me, "dispute", me.worker_id, why="parti à 13 h")

    assert (await gang.day(me.worker_id))["dispute"] == "parti à 13 h"
    with pytest.raises(Conflict):
        await gang.step(mate, "dispute", me.worker_id, why="x")
    await gang.step(gang.chef, "validate", me.worker_id)
    assert (await gang.day(me.worker_id, DAY))["dispute"] is None
