"""Versions of the plan over HTTP: what-if, drafts, publishing, comparing, going back."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from dispatch.engine.pool import SolverPool
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from geo.roads.known import RoadNetwork
from geo.roads.osrm import Osrm
from tests.api.conftest import SignIn
from tests.api.test_facts import Office
from tests.dispatch.live.rounds import Round
from tests.geo.roads.service import SPEED_MPS, drive_m, serving
from tests.world import LYON, World

pytestmark = pytest.mark.services


@pytest_asyncio.fixture(scope="module")
async def world(process: Process, tenant: Tenant) -> World:
    return World(process, tenant, await process.tenants.database(tenant.slug))


@pytest_asyncio.fixture(scope="module")
async def office(client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant) -> Office:
    return Office(client, await sign_in(tenant, Profile.MANAGER, "boss-plan"))


@pytest_asyncio.fixture(scope="module")
async def solvers() -> AsyncIterator[SolverPool]:
    async with SolverPool() as pool:
        yield pool


@pytest_asyncio.fixture
async def day(world: World, solvers: SolverPool) -> Round:
    """Two crews, near and far, and two planned tasks, all with the near one."""
    await world.pool.execute("update task set state = 'cancelled' where state <> 'cancelled'")
    await world.pool.execute("update assignment set state = 'withdrawn' where state <> 'withdrawn'")
    await world.pool.execute("update shift set ended_at = now() where ended_at is null")
    return Round(world, solvers)


class Day:
    """Two crews and two tasks, planned; who has what is asked by name."""

    def __init__(self, office: Office, round_: Round) -> None:
        self.office, self.round = office, round_
        self.near = self.far = self.one = self.two = UUID(int=0)

    async def planned(self) -> "Day":
        world = self.round.world
        self.near, _ = await world.crew("near")
        self.far, _ = await world.crew("far", depot=(LYON[0] + 0.2, LYON[1]))
        site = await world.site()
        ahead = now() + timedelta(hours=3)
        self.one = await world.task(site, opens=ahead, hours=1)
        self.two = await world.task(site, opens=ahead, hours=2)
        await self.round.plan()
        return self

    async def who(self) -> dict[UUID, UUID]:
        return {row["task_id"]: row["crew_id"] for row in await self.round.live()}

    async def version(self) -> int:
        return int((await self.office.send("GET", "/plan", 200))["version"])

    def move(self, task: UUID, crew: UUID | None, **more: Any) -> dict[str, Any]:
        return {"task_id": str(task), "crew_id": None if crew is None else str(crew), **more}

    async def draft(self, *moves: dict[str, Any], status: int = 201) -> dict[str, Any]:
        return await self.office.send("POST", "/plan/drafts", status, {"moves": list(moves)})

    async def publish(
        self, draft: dict[str, Any], status: int = 200, *, force: bool = False
    ) -> dict[str, Any]:
        tag = {"If-Match": f'"{draft["version"]}"'}
        path = f"/plan/drafts/{draft['id']}/publish"
        return await self.office.send("POST", path, status, {"force": force}, **tag)


@pytest_asyncio.fixture
async def scene(office: Office, day: Round) -> Day:
    return await Day(office, day).planned()


async def test_a_what_if_says_cost_times_and_changes_nothing(scene: Day) -> None:
    before = await scene.who()

    body = {"moves": [scene.move(scene.one, scene.far)]}
    answer = await scene.office.send("POST", "/plan/what-if", 200, body)

    assert before == {scene.one: scene.near, scene.two: scene.near}
    assert answer["feasible"] is True
    assert answer["figures"]["cost_delta_s"] > 0
    assert answer["figures"]["moved"] == 1
    (change,) = [c for c in answer["diff"] if c["kind"] == "moved"]
    assert (change["before"]["crew_id"], change["after"]["crew_id"]) == (
        str(scene.near),
        str(scene.far),
    )
    assert await scene.who() == before


async def test_a_what_if_against_the_rules_says_which_and_why(scene: Day) -> None:
    world = scene.round.world
    task = await world.task(await world.site(), skills=("H2V",))

    body = {"moves": [scene.move(task, scene.far)]}
    answer = await scene.office.send("POST", "/plan/what-if", 200, body)

    assert answer["feasible"] is False
    assert [(v["rule"], v["task_id"]) for v in answer["violations"]] == [("skill", str(task))]
    assert [r["code"] for r in answer["reasons"]] == ["SKILL"]


async def test_a_draft_changes_the_plan_when_it_is_published_and_stays_with_its_crew(
    scene: Day,
) -> None:
    version = await scene.version()
    draft = await scene.draft(scene.move(scene.one, scene.far))
    assert (await scene.who())[scene.one] == scene.near

    published = await scene.publish(draft)
    again = await scene.publish(published, 409)
    await scene.round.plan()

    assert (await scene.who())[scene.one] == scene.far
    assert (published["state"], published["published_version"]) == ("published", version + 1)
    assert again["code"] == "draft_decided"
    detail = await scene.office.send("GET", f"/plan/versions/{version + 1}", 200)
    assert (detail["kind"], len(detail["diff"])) == ("draft", 1)
    assert detail["diff"][0]["why"]["by_hand"] is True
    assert detail["figures"]["gain_s"] < 0
    listed = await scene.office.send("GET", "/plan/versions?limit=1", 200)
    assert listed["items"][0]["version"] == version + 1


async def test_a_draft_whose_task_changed_hands_is_stale(scene: Day) -> None:
    draft = await scene.draft(scene.move(scene.one, scene.far))
    body = {"crew_id": str(scene.far)}
    await scene.office.send("POST", f"/tasks/{scene.one}/assign", 200, body)

    refused = await scene.publish(draft, 412)
    tag = {"If-Match": f'"{draft["version"]}"'}
    path = f"/plan/drafts/{draft['id']}"
    renewed = await scene.office.send(
        "PATCH", path, 200, {"moves": [scene.move(scene.one, scene.near)]}, **tag
    )
    done = await scene.publish(renewed)

    assert (refused["code"], refused["params"]["tasks"]) == ("plan_moved_on", [str(scene.one)])
    assert done["state"] == "published"
    assert (await scene.who())[scene.one] == scene.near


async def test_a_draft_that_has_become_impossible_is_refused_with_reasons(scene: Day) -> None:
    draft = await scene.draft(scene.move(scene.one, scene.far))
    await scene.round.world.pool.execute(
        "update task set skills = '{H2V}' where id = $1", scene.one
    )

    refused = await scene.publish(draft, 409)
    forced = await scene.publish(draft, force=True)

    assert refused["code"] == "not_feasible"
    assert [v["rule"] for v in refused["params"]["violations"]] == ["skill"]
    assert [r["code"] for r in refused["params"]["reasons"]] == ["SKILL"]
    assert forced["state"] == "published"
    assert (await scene.who())[scene.one] == scene.far


async def test_going_back_restores_what_has_not_begun_and_says_what_it_cannot(
    scene: Day,
) -> None:
    version = await scene.version()
    draft = await scene.draft(scene.move(scene.one, scene.far), scene.move(scene.two, scene.far))
    await scene.publish(draft)
    await scene.round.world.pool.execute(
        "update assignment set state = 'accepted' "
        "where task_id = $1 and state in ('planned', 'offered')",
        scene.two,
    )

    dry = await scene.office.send(
        "POST", "/plan/revert", 200, {"to_version": version, "dry_run": True}
    )
    assert (await scene.who())[scene.one] == scene.far
    made = await scene.office.send("POST", "/plan/revert", 200, {"to_version": version})

    assert await scene.who() == {scene.one: scene.near, scene.two: scene.far}
    assert (dry["version"], made["version"]) == (None, version + 2)
    assert made["restored"] == dry["restored"] == [str(scene.one)]
    assert [(k["task_id"], k["code"]) for k in made["kept"]] == [(str(scene.two), "LOCKED")]
    diff = await scene.office.send("GET", f"/plan/diff?from={version}&to={version + 2}", 200)
    assert [(c["task_id"], c["kind"]) for c in diff["diff"]] == [(str(scene.two), "moved")]
    back = await scene.office.send("GET", f"/plan/diff?from={version + 1}&to={version}", 200)
    assert {c["after"]["crew_id"] for c in back["diff"]} == {str(scene.near)}
    current = await scene.office.send("POST", "/plan/revert", 409, {"to_version": version + 2})
    assert current["code"] == "nothing_to_revert"


async def test_a_hand_makes_a_version_and_can_be_taken_back(scene: Day) -> None:
    version = await scene.version()
    body = {"crew_id": str(scene.far)}
    given = await scene.office.send("POST", f"/tasks/{scene.one}/assign", 200, body)

    detail = await scene.office.send("GET", f"/plan/versions/{version + 1}", 200)
    free = await scene.office.send("POST", f"/tasks/{scene.one}/unpin", 200)

    assert given["plan_version"] == version + 1
    assert (detail["kind"], detail["diff"][0]["after"]["crew_id"]) == ("by_hand", str(scene.far))
    assert (given["pinned"], free["pinned"]) == (True, False)


async def test_an_offer_by_hand_lives_as_long_as_the_tenant_says(scene: Day) -> None:
    world = scene.round.world
    task = await world.task(await world.site())
    await world.pool.execute("update dispatch_settings set offer_s = 77")

    body = {"crew_id": str(scene.far)}
    given = await scene.office.send("POST", f"/tasks/{task}/assign", 200, body)
    await world.pool.execute("update dispatch_settings set offer_s = null")

    assert given["state"] == "offered"
    lives = datetime.fromisoformat(given["expires_at"]) - datetime.fromisoformat(
        given["offered_at"]
    )
    assert lives == timedelta(seconds=77)


async def test_a_visit_is_pinned_where_it_is_and_a_plan_made_before_is_not_published(
    scene: Day,
) -> None:
    version = await scene.version()
    (before,) = [row for row in await scene.round.live() if row["task_id"] == scene.one]
    worker = await scene.round.dispatcher()
    facts = await worker._facts()

    kept = await scene.office.send("POST", f"/tasks/{scene.one}/pin", 200)
    again = await scene.office.send("POST", f"/tasks/{scene.one}/pin", 200)

    assert (kept["id"], kept["crew_id"]) == (str(before["id"]), str(scene.near))
    assert (kept["pinned"], again["pinned"], kept["version"]) == (True, True, before["version"])
    assert await scene.version() == version
    assert (await worker._facts()).stamp() != facts.stamp()
    lost = await scene.office.send("POST", f"/tasks/{new_id()}/pin", 404)
    assert lost["code"] == "not_found"


async def test_only_who_may_publish_does_and_only_within_reach(
    scene: Day, client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    draft = await scene.draft(scene.move(scene.one, scene.far))
    chef = await sign_in(tenant, Profile.SITE_MANAGER, f"chef-{new_id().hex[-6:]}")
    tag = {"If-Match": '"1"'}

    async def post(path: str, body: Any) -> int:
        answer = await client.post("/api/v1" + path, json=body, headers=chef.headers | tag)
        return answer.status_code

    moves = {"moves": [scene.move(scene.one, scene.far)]}
    statuses = [
        await post(f"/plan/drafts/{draft['id']}/publish", {}),
        await post("/plan/revert", {"to_version": 0}),
        await post("/plan/what-if", moves),
        await post("/plan/drafts", moves),
    ]

    assert statuses == [403, 403, 404, 404]


async def test_who_cannot_take_a_task_is_told_what_would_make_it_fit(scene: Day) -> None:
    world = scene.round.world
    task = await world.task(await world.site(), skills=("H2V",))
    await scene.round.plan()

    plan = await scene.office.send("GET", "/plan", 200)
    ranking = await scene.office.send("GET", f"/tasks/{task}/candidates", 200)

    (left,) = [each for each in plan["unassigned"] if each["task_id"] == str(task)]
    assert {r["code"] for r in left["reasons"]} == {"SKILL"}
    assert [c["code"] for c in left["relaxation"]["changes"]] == ["SKILL"]
    assert {c["crew_id"] for c in ranking} == {str(scene.near), str(scene.far)}  # type: ignore[index]
    assert all(c["relaxation"]["crew_id"] == c["crew_id"] for c in ranking)  # type: ignore[index]


async def test_why_a_version_left_work_out_stays_with_it(scene: Day) -> None:
    world, round_ = scene.round.world, scene.round
    version = await scene.version()

    async def wants(task: UUID, skill: str) -> None:
        await world.pool.execute("update task set skills = array[$2] where id = $1", task, skill)

    async def why(number: int) -> dict[str, Any]:
        detail = await scene.office.send("GET", f"/plan/versions/{number}", 200)
        return {c["task_id"]: c["why"] for c in detail["diff"] if c["kind"] == "removed"}

    await wants(scene.one, "H2V")
    # The reasons of this one are dropped, as when another plan comes before they are found.
    await (await round_.dispatcher())._plan(["test"])
    unsaid = await why(version + 1)
    await wants(scene.two, "B2V")
    await round_.plan()
    said, after = await why(version + 1), await why(version + 2)
    await wants(scene.one, "other")
    await round_.plan()

    assert unsaid == {str(scene.one): {}}
    lacked = {t: [r["params"] for r in w["reasons"]] for t, w in (said | after).items()}
    assert lacked == {
        str(scene.one): [{"missing": ["H2V"]}] * 2,
        str(scene.two): [{"missing": ["B2V"]}] * 2,
    }
    assert [c["code"] for c in said[str(scene.one)]["relaxation"]["changes"]] == ["SKILL"]
    assert (await why(version + 1), await why(version + 2)) == (said, after)
    path = f"/plan/diff?from={version}&to={version + 2}"
    diff = await scene.office.send("GET", path, 200)
    assert {c["task_id"]: c["why"] for c in diff["diff"]} == said | after


async def test_what_people_try_drives_on_the_roads_the_plan_was_made_of(
    office: Office, day: Round
) -> None:
    world, ahead = day.world, now() + timedelta(hours=3)
    place, depot = (LYON[0] + 0.05, LYON[1] + 0.05), (LYON[0] - 0.02, LYON[1])
    async with serving() as service, httpx.AsyncClient(base_url=service.url, timeout=3) as http:
        roads = RoadNetwork(Osrm(http), timeout_s=3.0, cells_most=10_000)
        scene = Day(office, Round(world, day.solvers, roads))
        scene.near, _ = await world.crew("near")
        scene.far, _ = await world.crew("far", depot=depot)
        scene.one = await world.task(
            await world.site(), lon=place[0], lat=place[1], opens=ahead, hours=2
        )
        await scene.round.plan()
        version, asked = await scene.version(), len(service.cells)

        ranking = await office.send("GET", f"/tasks/{scene.one}/candidates", 200)
        moves = {"moves": [scene.move(scene.one, scene.far)]}
        tried = await office.send("POST", "/plan/what-if", 200, moves)
        draft = await scene.draft(*moves["moves"])
        renewed = await office.send(
            "PATCH", f"/plan/drafts/{draft['id']}", 200, moves, **{"If-Match": '"1"'}
        )
        await scene.publish(renewed)
        back = {"to_version": version, "dry_run": True}
        dry = await office.send("POST", "/plan/revert", 200, back)
        given = await office.send(
            "POST", f"/tasks/{scene.one}/assign", 200, {"crew_id": str(scene.near)}
        )
        versions = await office.send("GET", "/plan/versions?limit=2", 200)
        assert len(service.cells) == asked
    await world.process.valkey.delete(f"roads:{{{world.tenant.slug}}}")

    # A crew drives there and back to its depot.
    drives = {
        str(crew): (drive_m(start, place) or 0) / SPEED_MPS
        for crew, start in ((scene.near, LYON), (scene.far, depot))
    }
    added = {c["crew_id"]: c["added_travel_s"] for c in ranking}  # type: ignore[index]
    assert added == {crew: pytest.approx(2 * s, abs=2) for crew, s in drives.items()}
    longer = drives[str(scene.far)] - drives[str(scene.near)]
    assert tried["figures"]["travel_delta_s"] == pytest.approx(longer, abs=2)
    assert given["reason"]["added_travel_s"] == added[str(scene.near)]
    said = [*ranking, dry, *(each["figures"] for each in (tried, draft, renewed))]
    said += [each["figures"] for each in versions["items"]]
    assert {(s["travel_source"], s["travel_estimated"]) for s in said} == {("osrm", 0)}


async def test_accepted_work_is_nobody_elses_to_move(scene: Day) -> None:
    await scene.round.world.pool.execute(
        "update assignment set state = 'accepted' where task_id = $1 and state = 'planned'",
        scene.one,
    )

    body = {"moves": [scene.move(scene.one, scene.far)]}
    refused = await scene.office.send("POST", "/plan/what-if", 409, body)

    assert (refused["code"], refused["params"]["state"]) == ("bad_state", "accepted")
