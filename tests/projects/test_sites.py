"""Projects and sites: scopes, codes, time zones."""

from typing import Any

import pytest

from api.shapes.work import Project, Site
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import Profile, new_id
from fieldops.schema import tables
from identity.commands import execute
from identity.reach import Reach
from identity.rights import Actor
from identity.users import actor_of
from projects.projects import add_project, view_project, view_projects
from projects.sites import add_site, change_site, view_site
from tests.world import World

pytestmark = pytest.mark.services


async def project(world: World, actor: Actor, code: str) -> dict[str, Any]:
    values = {"code": code, "name": "Tramway T9"}
    return await execute(world.store, actor, lambda c: add_project(c, values), what="test")


async def site(world: World, actor: Actor, **values: Any) -> dict[str, Any]:
    given = {"code": new_id().hex[-8:], "name": "Gare", "tz": "Europe/Paris", **values}
    return await execute(world.store, actor, lambda c: add_site(c, given), what="test")


async def scoped(world: World, profile: Profile = Profile.PROJECT_MANAGER) -> Actor:
    """Return a real user without any scope yet."""
    user = await world.user(await world.worker(), profile)
    async with world.pool.acquire() as connection:
        return await actor_of(connection, world.tenant.slug, user)


async def test_who_makes_a_project_within_a_scope_answers_for_it(world: World) -> None:
    maker = await scoped(world)
    other = await project(world, world.actor(), "OTHER")

    mine = await project(world, maker, "MINE")

    assert maker.user_id is not None
    async with world.pool.acquire() as connection:
        maker = await actor_of(connection, world.tenant.slug, maker.user_id)
        reach = Reach(sites=[], projects=sorted(maker.project_ids))
        assert await view_projects(connection, reach) == [mine]
        with pytest.raises(NotFound):
            await view_project(connection, other["id"], reach)
    assert set(mine) == set(Project.model_fields)
    assert (await site(world, maker, project_id=mine["id"]))["project_id"] == mine["id"]
    with pytest.raises(BadInput, match="project_id names nothing here"):
        await site(world, maker, project_id=other["id"])


async def test_a_code_is_taken_once(world: World) -> None:
    await project(world, world.actor(), "TWICE")

    with pytest.raises(Conflict) as refused:
        await project(world, world.actor(), "TWICE")

    assert (refused.value.code, refused.value.params["field"]) == ("taken", "code")


@pytest.mark.parametrize("tz", ["Mars/Olympus", "Europe", "../etc/passwd", ""])
async def test_a_time_zone_that_is_none_is_refused(world: World, tz: str) -> None:
    of = await world.insert(tables.project, code=new_id().hex[-8:], name="P")

    with pytest.raises(BadInput) as refused:
        await site(world, world.actor(), project_id=of, tz=tz)

    assert refused.value.code == "unknown_tz"


async def test_a_site_has_a_place_once_it_has_a_fence(world: World) -> None:
    of = await world.insert(tables.project, code=new_id().hex[-8:], name="P")
    bare = await site(world, world.actor(), project_id=of)
    fenced = await world.site()

    async with world.pool.acquire() as connection:
        placed = await view_site(connection, fenced)

    assert set(bare) == set(Site.model_fields)
    assert (bare["lon"], bare["lat"]) == (None, None)
    assert placed["lon"] == pytest.approx(4.8357, abs=1e-3)


async def test_a_site_out_of_scope_does_not_exist(world: World) -> None:
    mine, other = await world.site(), await world.site()
    boss = world.actor(Profile.PROJECT_MANAGER, site_ids=frozenset({mine}))

    async def rename(which: Any) -> dict[str, Any]:
        return await execute(
            world.store,
            boss,
            lambda c: change_site(c, which, 1, {"name": "Nord"}),
            what="test",
        )

    assert (await rename(mine))["name"] == "Nord"
    with pytest.raises(NotFound):
        await rename(other)
