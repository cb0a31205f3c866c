"""Users over REST: who may make them, the same answer for the same key, scopes."""

import asyncio

import httpx
import pytest

from fieldops.model import Profile, new_id
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.audit import first_break, read_audit
from identity.users import actor_of
from tests.api.conftest import PASSWORD, SignIn

pytestmark = pytest.mark.services


def _body(login: str, **more: object) -> dict[str, object]:
    return {
        "login": login,
        "display_name": "Une Personne",
        "profile": "crew_member",
        "password": PASSWORD,
    } | more


async def test_the_same_key_and_body_get_the_same_answer_and_one_user(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-same")
    headers = admin.headers | {"Idempotency-Key": "k-same"}

    first = await client.post("/api/v1/users", json=_body("same"), headers=headers)
    second = await client.post("/api/v1/users", json=_body("same"), headers=headers)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()


async def test_the_same_key_with_another_body_is_a_conflict(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-other")
    headers = admin.headers | {"Idempotency-Key": "k-other"}

    await client.post("/api/v1/users", json=_body("one"), headers=headers)
    other = await client.post("/api/v1/users", json=_body("two"), headers=headers)

    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")


async def test_the_same_key_at_once_is_done_once(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-once")
    headers = admin.headers | {"Idempotency-Key": "k-once"}

    answers = await asyncio.gather(
        *(client.post("/api/v1/users", json=_body("once"), headers=headers) for _ in range(5))
    )

    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1


async def test_without_a_key_the_second_is_told_what_is_taken(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-taken")

    await client.post("/api/v1/users", json=_body("taken"), headers=admin.headers)
    second = await client.post("/api/v1/users", json=_body("TAKEN"), headers=admin.headers)

    assert second.status_code == 409
    assert second.json()["params"] == {"object": "app_user", "field": "login"}


async def test_an_id_made_by_the_client_is_kept(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-id")
    own = str(new_id())

    made = await client.post("/api/v1/users", json=_body("own", id=own), headers=admin.headers)

    assert made.json()["id"] == own


async def test_only_an_admin_sees_or_makes_users(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "curious")

    listed = await client.get("/api/v1/users", headers=manager.headers)
    made = await client.post("/api/v1/users", json=_body("nope"), headers=manager.headers)

    assert (listed.status_code, made.status_code) == (403, 403)
    assert made.json()["params"] == {"object": "user", "action": "create"}


async def test_every_wrong_value_is_pointed_at_and_the_password_is_not_repeated(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-wrong")

    answer = await client.post(
        "/api/v1/users",
        json={"login": "", "profile": "boss", "password": "sesame", "colour": 1},
        headers=admin.headers,
    )

    assert answer.status_code == 422
    pointers = {e["pointer"] for e in answer.json()["errors"]}
    assert pointers == {"/login", "/display_name", "/profile", "/password", "/colour"}
    assert "boss" in answer.text
    assert "sesame" not in answer.text


async def test_a_page_ends_where_the_next_begins(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-pages")
    whole = (await client.get("/api/v1/users", headers=admin.headers)).json()["items"]

    logins: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        page = (await client.get(f"/api/v1/users{query}", headers=admin.headers)).json()
        logins += [user["login"] for user in page["items"]]
        cursor = page["next"]

    assert logins == [user["login"] for user in whole]


async def test_a_scoped_profile_reaches_its_sites_and_those_of_its_projects_only(
    client: httpx.AsyncClient, process: Process, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-scopes")
    pool = await process.tenants.database(tenant.slug)
    project, one, two, three = (new_id() for _ in range(4))
    for project_id in (project, three):
        await pool.execute(
            "insert into project (id, code, name) values ($1, $2, 'P')",
            project_id,
            str(project_id)[-12:],
        )
    for site, of in ((one, project), (two, project), (three, three)):
        await pool.execute(
            "insert into site (id, project_id, code, name, tz) values ($1, $2, $3, 'S', 'UTC')",
            site,
            of,
            str(site)[-12:],
        )

    scoped = _body("scoped", profile="project_manager", project_ids=[str(project)])
    bare = _body("bare", profile="site_manager")
    ids = [
        (await client.post("/api/v1/users", json=body, headers=admin.headers)).json()["id"]
        for body in (scoped, bare)
    ]
    async with pool.acquire() as connection:
        actors = [await actor_of(connection, tenant.slug, user_id) for user_id in ids]

    assert actors[0].site_ids == frozenset({one, two})
    assert actors[1].site_ids == frozenset()


async def test_a_scope_that_does_not_exist_is_named(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-noscope")
    nothing = str(new_id())

    unknown = _body("lost", profile="site_manager", site_ids=[nothing])
    unbounded = _body("lost", profile="manager", site_ids=[nothing])
    answers = [
        await client.post("/api/v1/users", json=body, headers=admin.headers)
        for body in (unknown, unbounded)
    ]

    assert [a.status_code for a in answers] == [422, 422]
    assert nothing in answers[0].json()["detail"]
    assert answers[1].json()["errors"][0]["pointer"] == "/profile"


async def test_making_a_user_is_audited_without_the_name_in_the_chain(
    client: httpx.AsyncClient, process: Process, sign_in: SignIn, tenant: Tenant
) -> None:
    admin = await sign_in(tenant, Profile.ADMIN, "admin-audit")
    body = _body("secretive", display_name="Camille Secret")
    made = (await client.post("/api/v1/users", json=body, headers=admin.headers)).json()
    manager = await sign_in(tenant, Profile.MANAGER, "auditor")

    shown = await client.get("/api/v1/audit?limit=500", headers=manager.headers)
    refused = await client.get("/api/v1/audit", headers=admin.headers)
    rows = await read_audit(await process.tenants.database(tenant.slug), 0)

    about = [row for row in shown.json()["items"] if row["subject"] == made["id"]]
    assert [(row["action"], row["object"]) for row in about] == [("create", "user")]
    assert "Camille" not in shown.text
    assert refused.status_code == 403
    assert first_break(rows) is None
