"""Signing in, going on, signing out: what a token opens and what it does not."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import httpx
import jwt
import pytest
import pytest_asyncio

from fieldops.model import Profile
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.tenants import create_tenant, drop_tenant, resume_tenant, suspend_tenant
from identity.tokens import rotate_key
from tests.api.conftest import PASSWORD, SignIn, tokens_of

pytestmark = pytest.mark.services


@pytest_asyncio.fixture(scope="module")
async def other(process: Process) -> AsyncIterator[Tenant]:
    made = await create_tenant(process, f"other-{secrets.token_hex(4)}", name="Autre", country="FR")
    yield made
    await drop_tenant(process, made.slug)


async def test_a_token_says_who_one_is_and_what_one_may(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "marie")

    me = (await client.get("/api/v1/me", headers=manager.headers)).json()

    assert (me["login"], me["profile"], me["tenant"]["slug"]) == ("marie", "manager", tenant.slug)
    assert "position:read" in me["rights"]


async def test_login_is_known_in_any_capitals(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    await sign_in(tenant, Profile.ADMIN, "zoe@elec.fr")

    await tokens_of(client, tenant, " Zoe@Elec.FR ")


async def test_a_wrong_password_and_an_unknown_login_look_the_same(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    await sign_in(tenant, Profile.ADMIN, "known")

    answers = [
        await client.post(
            "/api/v1/auth/login",
            json={"tenant": slug, "login": login, "password": "not the password"},
        )
        for slug, login in ((tenant.slug, "known"), (tenant.slug, "unknown"), ("nowhere", "known"))
    ]

    assert [a.status_code for a in answers] == [401, 401, 401]
    assert len({a.content for a in answers}) == 1
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].json()["code"] == "login_wrong"


async def test_guessing_a_password_ends_after_ten_attempts(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    await sign_in(tenant, Profile.ADMIN, "victim")
    body = {"tenant": tenant.slug, "login": "victim", "password": "guess number x"}

    tried = [await client.post("/api/v1/auth/login", json=body) for _ in range(10)]
    right = await client.post("/api/v1/auth/login", json=body | {"password": PASSWORD})

    assert {a.status_code for a in tried} == {401}
    assert right.status_code == 429
    assert right.json()["code"] == "too_many_attempts"
    assert int(right.headers["retry-after"]) > 0


async def test_a_right_password_is_no_attempt(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    await sign_in(tenant, Profile.ADMIN, "busy")

    for _ in range(12):
        await tokens_of(client, tenant, "busy")


async def test_a_refresh_token_works_once_and_its_reuse_revokes_the_family(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    person = await sign_in(tenant, Profile.MANAGER, "refresher")
    first = {"refresh_token": person.tokens["refresh_token"]}

    second = await client.post("/api/v1/auth/refresh", json=first)
    again = await client.post("/api/v1/auth/refresh", json=first)
    after = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": second.json()["refresh_token"]}
    )

    assert second.status_code == 200
    assert (again.status_code, again.json()["code"]) == (401, "refresh_reused")
    assert (after.status_code, after.json()["code"]) == (401, "refresh_invalid")


async def test_of_many_uses_at_once_exactly_one_wins_and_its_family_ends(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    person = await sign_in(tenant, Profile.MANAGER, "racer")
    body = {"refresh_token": person.tokens["refresh_token"]}

    answers = await asyncio.gather(
        *(client.post("/api/v1/auth/refresh", json=body) for _ in range(6))
    )
    won = [a for a in answers if a.status_code == 200]
    after = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": won[0].json()["refresh_token"]}
    )

    assert len(won) == 1
    assert after.status_code == 401


async def test_another_login_of_the_same_user_survives_a_stolen_token(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    phone = await sign_in(tenant, Profile.MANAGER, "two-devices")
    desk = await tokens_of(client, tenant, "two-devices")
    stolen = {"refresh_token": phone.tokens["refresh_token"]}
    await client.post("/api/v1/auth/refresh", json=stolen)
    await client.post("/api/v1/auth/refresh", json=stolen)

    kept = await client.post("/api/v1/auth/refresh", json={"refresh_token": desk["refresh_token"]})

    assert kept.status_code == 200


async def test_logout_ends_the_session_and_says_nothing_of_unknown_ones(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    person = await sign_in(tenant, Profile.MANAGER, "leaver")
    body = {"refresh_token": person.tokens["refresh_token"]}

    out = await client.post("/api/v1/auth/logout", json=body)
    unknown = await client.post("/api/v1/auth/logout", json={"refresh_token": "nowhere.x"})
    after = await client.post("/api/v1/auth/refresh", json=body)

    assert (out.status_code, unknown.status_code, after.status_code) == (204, 204, 401)


async def test_only_the_hash_of_a_refresh_token_is_stored(
    process: Process, sign_in: SignIn, tenant: Tenant
) -> None:
    person = await sign_in(tenant, Profile.MANAGER, "hashed")
    secret = person.tokens["refresh_token"].partition(".")[2]
    pool = await process.tenants.database(tenant.slug)

    found = await pool.fetchval(
        "select count(*) from refresh_token t where t::text like '%' || $1 || '%'", secret
    )

    assert found == 0


async def test_a_suspended_tenant_is_a_401_and_comes_back(
    client: httpx.AsyncClient, process: Process, sign_in: SignIn, other: Tenant
) -> None:
    person = await sign_in(other, Profile.MANAGER, "suspended")
    refresh = {"refresh_token": person.tokens["refresh_token"]}

    await suspend_tenant(process, other.slug)
    me = await client.get("/api/v1/me", headers=person.headers)
    refreshed = await client.post("/api/v1/auth/refresh", json=refresh)
    login = await client.post(
        "/api/v1/auth/login",
        json={"tenant": other.slug, "login": "suspended", "password": PASSWORD},
    )
    await resume_tenant(process, other.slug)
    back = await client.get("/api/v1/me", headers=person.headers)

    assert (me.status_code, me.json()["code"]) == (401, "tenant_closed")
    assert (refreshed.status_code, login.status_code) == (401, 401)
    assert back.status_code == 200


async def test_a_token_opens_its_own_tenant_only(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, other: Tenant
) -> None:
    here = await sign_in(tenant, Profile.ADMIN, "here")
    there = await sign_in(other, Profile.ADMIN, "there")

    mine = (await client.get("/api/v1/users", headers=here.headers)).json()["items"]
    theirs = (await client.get("/api/v1/users", headers=there.headers)).json()["items"]

    assert "here" in {u["login"] for u in mine}
    assert "there" not in {u["login"] for u in mine}
    assert {u["login"] for u in theirs}.isdisjoint({u["login"] for u in mine})


async def test_a_token_with_another_tenant_written_in_is_no_token(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, other: Tenant
) -> None:
    person = await sign_in(tenant, Profile.MANAGER, "forger")
    header = jwt.get_unverified_header(person.tokens["access_token"])
    claims = jwt.decode(person.tokens["access_token"], options={"verify_signature": False})
    head, body, signature = person.tokens["access_token"].split(".")
    forged = jwt.encode(
        claims | {"tenant": other.slug}, "x" * 32, "HS256", headers={"kid": header["kid"]}
    )
    swapped = f"{head}.{forged.split('.')[1]}.{signature}"

    for token in (forged, swapped, f"{head}.{body}.", "x", ""):
        answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_deactivated_user_is_out_at_once(
    client: httpx.AsyncClient, process: Process, sign_in: SignIn, tenant: Tenant
) -> None:
    person = await sign_in(tenant, Profile.MANAGER, "fired")
    pool = await process.tenants.database(tenant.slug)

    await pool.execute("update app_user set active = false where login = 'fired'")
    me = await client.get("/api/v1/me", headers=person.headers)
    refreshed = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": person.tokens["refresh_token"]}
    )

    assert (me.status_code, me.json()["code"]) == (401, "user_gone")
    assert refreshed.status_code == 401


async def test_tokens_outlive_one_rotation_of_the_key_and_the_jwks_verifies_them(
    client: httpx.AsyncClient, process: Process, sign_in: SignIn, tenant: Tenant
) -> None:
    before = await sign_in(tenant, Profile.MANAGER, "rotated")
    keys = jwt.PyJWKSet.from_dict((await client.get("/api/v1/auth/jwks")).json())
    token = before.tokens["access_token"]
    kid = jwt.get_unverified_header(token)["kid"]

    await rotate_key(process.control)
    me = await client.get("/api/v1/me", headers=before.headers)

    assert me.status_code == 200
    assert jwt.decode(token, keys[kid].key, ["EdDSA"])["tenant"] == tenant.slug
