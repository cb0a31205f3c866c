"""Refresh tokens in the database: what waits for what."""

import asyncio

import pytest

from fieldops.commands.users import add_user
from fieldops.database import sql
from fieldops.errors import Unauthenticated
from fieldops.model import Profile
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.sessions import open_session, refresh_session, token_sha256
from identity.users import NewUser

pytestmark = pytest.mark.services


async def test_a_use_waits_for_the_one_under_way_and_then_finds_the_token_used(
    process: Process, tenant: Tenant
) -> None:
    user = await add_user(process, tenant.slug, NewUser("w", "W", Profile.ADMIN, "no hash"))
    pool = await process.tenants.database(tenant.slug)
    session = await open_session(pool, user["id"], Profile.ADMIN, lifetime_s=60)
    digest = token_sha256(session.refresh_token)

    async with asyncio.TaskGroup() as group, pool.acquire() as first, first.transaction():
        await first.execute(sql("identity", "lock_family"), digest)
        second = group.create_task(
            _outcome(refresh_session(pool, tenant.slug, session.refresh_token, lifetime_s=60))
        )
        done, _ = await asyncio.wait([second], timeout=0.3)
        await first.execute("update refresh_token set used_at = now()")

    assert not done
    assert second.result() == "refresh_reused"
    assert await pool.fetchval("select bool_and(revoked_at is not null) from refresh_token")


async def test_an_expired_token_gives_nothing(process: Process, tenant: Tenant) -> None:
    user = await add_user(process, tenant.slug, NewUser("x", "X", Profile.ADMIN, "no hash"))
    pool = await process.tenants.database(tenant.slug)
    session = await open_session(pool, user["id"], Profile.ADMIN, lifetime_s=0)

    with pytest.raises(Unauthenticated) as refused:
        await refresh_session(pool, tenant.slug, session.refresh_token, lifetime_s=60)

    assert refused.value.code == "refresh_invalid"


async def _outcome(work: object) -> str:
    try:
        await work  # type: ignore[misc]
    except Unauthenticated as error:
        return error.code
    return "given"
