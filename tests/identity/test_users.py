"""Authentication against the tenant's own users."""

import pytest
from argon2 import PasswordHasher

from fieldops.commands.users import add_user
from fieldops.model import Profile
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.passwords import Passwords
from identity.users import NewUser, authenticate

pytestmark = pytest.mark.services


async def test_a_hash_with_aged_parameters_is_made_anew_at_the_next_login(
    process: Process, tenant: Tenant
) -> None:
    old = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    new = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    await add_user(
        process, tenant.slug, NewUser("aged", "A", Profile.ADMIN, await old.hash("secret word"))
    )
    pool = await process.tenants.database(tenant.slug)

    await authenticate(pool, new, "aged", "secret word")
    stored = await pool.fetchval("select password_hash from app_user where login = 'aged'")

    assert not new.aged(stored)
    await authenticate(pool, new, "aged", "secret word")
