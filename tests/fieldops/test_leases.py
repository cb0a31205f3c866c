"""Leases: one worker a role and tenant, by the database's own word."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from fieldops.database import open_pool, with_database
from fieldops.errors import LeaseLost, Unavailable
from fieldops.leases import Lease, Steward, begin_batch, release_lease, renew_lease, take_lease
from fieldops.process import Process
from fieldops.tenancy import Tenant, Tenants, transaction
from identity.tenants import create_tenant, drop_tenant

pytestmark = pytest.mark.services


async def test_a_held_lease_is_nobody_elses(process: Process, tenant: Tenant) -> None:
    pool = await process.tenants.database(tenant.slug)
    first = await take_lease(pool, "jobs", "one", 30)
    assert first is not None

    assert await take_lease(pool, "jobs", "two", 30) is None

    await release_lease(pool, first)
    second = await take_lease(pool, "jobs", "two", 30)
    assert second is not None
    assert second.epoch == first.epoch + 1
    await release_lease(pool, second)


async def test_a_worker_that_slept_past_its_lease_writes_nothing(
    process: Process, tenant: Tenant
) -> None:
    pool = await process.tenants.database(tenant.slug)
    slept = await take_lease(pool, "jobs", "one", 0.05)
    assert slept is not None
    await asyncio.sleep(0.1)
    other = await take_lease(pool, "jobs", "two", 30)
    assert other is not None

    with pytest.raises(LeaseLost):
        async with transaction(pool, "test") as connection:
            await begin_batch(connection, slept)
    with pytest.raises(LeaseLost):
        await renew_lease(pool, slept, 30)

    await release_lease(pool, other)


async def test_batches_are_numbered_without_gaps(process: Process, tenant: Tenant) -> None:
    pool = await process.tenants.database(tenant.slug)
    lease = await take_lease(pool, "jobs", "one", 30)
    assert lease is not None
    numbers = []
    for fails in (False, True, False):
        try:
            async with transaction(pool, "test") as connection:
                numbers.append(await begin_batch(connection, lease))
                if fails:
                    raise RuntimeError("the batch fails")
        except RuntimeError:
            numbers.pop()

    assert numbers[1] == numbers[0] + 1
    await release_lease(pool, lease)


async def test_a_steward_hands_a_tenant_over_when_it_ends(process: Process, tenant: Tenant) -> None:
    served: list[str] = []
    second_serves = asyncio.Event()

    def steward(name: str) -> Steward:
        async def serve(found: Tenant, *_: object) -> None:
            if found.slug == tenant.slug:
                served.append(name)
                if name == "second":
                    second_serves.set()
            await asyncio.Event().wait()

        return Steward(process.tenants, "jobs", lease_s=3.0, serve=serve)

    first = asyncio.create_task(steward("first").run())
    async with asyncio.timeout(10):
        while not served:
            await asyncio.sleep(0.02)
    second = asyncio.create_task(steward("second").run())
    await asyncio.sleep(1.5)
    assert served == ["first"]

    first.cancel()
    async with asyncio.timeout(10):
        await second_serves.wait()

    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert served == ["first", "second"]


async def test_an_unavailable_service_is_tried_again_and_a_bug_is_not(
    process: Process, tenant: Tenant
) -> None:
    tries = 0

    async def serve(found: Tenant, *_: object) -> None:
        nonlocal tries
        if found.slug != tenant.slug:
            await asyncio.Event().wait()
        tries += 1
        if tries < 3:
            raise Unavailable("broker does not answer")
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as failed:
        async with asyncio.timeout(20):
            await Steward(process.tenants, "jobs", lease_s=3.0, serve=serve).run()

    assert tries == 3
    assert failed.group_contains(ZeroDivisionError)


async def test_tenants_are_still_known_while_the_control_database_is_away(
    process: Process, tenant: Tenant
) -> None:
    control = await open_pool(
        with_database(process.urls.postgres, process.settings.control_database), name="t", most=1
    )
    tenants = Tenants(control, process.urls.postgres, pool_max=2, name="t")
    before = [t.slug for t in await tenants.all()]
    await control.close()
    tenants._read_at -= 60

    assert [t.slug for t in await tenants.all()] == before
    with pytest.raises(Unavailable):
        await tenants.all(fresh=True)
    await tenants.close()


@dataclass(slots=True)
class Watched:
    """A steward that serves by remembering whom."""

    steward: Steward
    serving: set[str]
    given_back: int = 0


def watched(process: Process, *, lease_s: float) -> Watched:
    serving: set[str] = set()

    async def serve(found: Tenant, *_: object) -> None:
        assert found.slug not in serving
        serving.add(found.slug)
        try:
            await asyncio.Event().wait()
        finally:
            serving.discard(found.slug)
            made.given_back += 1

    made = Watched(Steward(process.tenants, "jobs", lease_s=lease_s, serve=serve), serving)
    return made


@pytest_asyncio.fixture
async def five(process: Process) -> AsyncIterator[set[str]]:
    """Five tenants more; returns all that are active."""
    slugs = [f"share-{secrets.token_hex(4)}" for _ in range(5)]
    for slug in slugs:
        await create_tenant(process, slug, name="Essai", country="FR")
    yield {t.slug for t in await process.tenants.all(fresh=True) if t.status == "active"}
    for slug in slugs:
        await drop_tenant(process, slug)


async def until(true: Callable[[], bool], timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.05)


async def test_who_comes_gets_its_share_and_who_is_left_has_all(
    process: Process, five: set[str]
) -> None:
    first, second = watched(process, lease_s=3.0), watched(process, lease_s=3.0)
    one = asyncio.create_task(first.steward.run())
    await until(lambda: first.serving == five)

    two = asyncio.create_task(second.steward.run())
    share = -(-len(five) // 2)
    await until(lambda: len(first.serving) == share and first.serving | second.serving == five)
    await asyncio.sleep(3.0)  # and so it stays
    assert not first.serving & second.serving
    assert first.given_back == len(five) - share

    one.cancel()
    await until(lambda: second.serving == five)
    two.cancel()
    await asyncio.gather(one, two, return_exceptions=True)


async def test_a_tenant_nobody_takes_is_served_beyond_the_share(
    process: Process, five: set[str]
) -> None:
    only = watched(process, lease_s=1.0)
    running = asyncio.create_task(only.steward.run())
    await until(lambda: only.serving == five)

    # It is counted and takes nothing.
    await process.control.execute(
        "insert into steward (owner, role, until) values ('ill', 'jobs', now() + interval '1 hour')"
    )
    try:
        await until(lambda: only.given_back >= 1)
        await until(lambda: only.serving == five)
        given_back = only.given_back
        await asyncio.sleep(3.0)
    finally:
        await process.control.execute("delete from steward where owner = 'ill'")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert given_back == len(five) // 2


async def test_a_worker_frozen_within_a_batch_does_not_keep_the_next_owner_out(
    process: Process, tenant: Tenant
) -> None:
    pool = await process.tenants.database(tenant.slug)
    frozen = await take_lease(pool, "jobs", "one", 0.05)
    assert frozen is not None

    other: list[Lease | None] = []

    async def freeze() -> None:
        async with transaction(pool, "test") as connection:
            await begin_batch(connection, frozen)
            await asyncio.sleep(0.1)
            async with asyncio.timeout(15):
                other.append(await take_lease(pool, "jobs", "two", 30))
            await connection.fetchval("select 1")

    with pytest.raises(Unavailable):
        await freeze()

    [taken] = other
    assert taken is not None
    await release_lease(pool, taken)
