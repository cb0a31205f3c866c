"""Migrations: they make what the models say, resume, and leave newer tenants alone."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.runtime.migration import MigrationContext
from geoalchemy2.alembic_helpers import include_object

from fieldops.database import with_database
from fieldops.errors import Unavailable
from fieldops.process import Process, open_process
from fieldops.schema import control, tables
from fieldops.schema.migrate import config, connected, head, revision
from fieldops.schema.provision import drop_database, ensure_control
from fieldops.tenancy import Tenant
from identity.migrations import migrate_all
from identity.tenants import create_tenant, drop_tenant

pytestmark = pytest.mark.services


@pytest_asyncio.fixture
async def platform(process: Process) -> AsyncIterator[tuple[Process, Tenant]]:
    """A control database of its own with one tenant: `migrate` touches all there are."""
    settings = process.settings.model_copy(
        update={"control_database": f"fieldops_control_test_{secrets.token_hex(4)}"}
    )
    await ensure_control(process.urls.postgres, settings.control_database)
    async with open_process(settings, process.urls, name="migrations") as opened:
        slug = f"mig-{secrets.token_hex(4)}"
        yield opened, await create_tenant(opened, slug, name="N", country="FR")
        await drop_tenant(opened, slug)
    await drop_database(process.urls.postgres, settings.control_database)


def _ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Leave out what PostGIS and TimescaleDB made for themselves."""
    if name == "spatial_ref_sys" or (kind == "index" and str(name).endswith("_at_idx")):
        return False
    return bool(include_object(item, name, kind, reflected, other))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("kind", ["control", "tenant"])
async def test_the_migrations_make_exactly_what_the_models_say(
    process: Process, tenant: Tenant, kind: str
) -> None:
    control_url = with_database(process.urls.postgres, process.settings.control_database)
    url, metadata = {
        "control": (control_url, control.metadata),
        "tenant": (tenant.database_url, tables.metadata),
    }[kind]

    def difference() -> list[object]:
        with connected(url) as connection:
            options = {"include_object": _ours, "compare_type": True}
            context = MigrationContext.configure(connection, opts=options)
            return list(compare_metadata(context, metadata))

    assert await asyncio.to_thread(difference) == []


async def test_a_tenant_behind_is_brought_on_and_a_second_run_finds_nothing_to_do(
    platform: tuple[Process, Tenant],
) -> None:
    process, tenant = platform

    def back() -> None:
        with connected(tenant.database_url) as connection:
            downgrade(config("tenant", connection), "-1")
            connection.commit()

    await asyncio.to_thread(back)
    behind = await asyncio.to_thread(revision, tenant.database_url)
    with pytest.raises(Unavailable, match="run `fieldops migrate`"):
        await process.tenants.database(tenant.slug)

    first = {one.name: one for one in await migrate_all(process)}
    second = {one.name: one.outcome for one in await migrate_all(process)}

    assert (first[tenant.slug].outcome, first[tenant.slug].before) == ("migrated", behind)
    assert first[tenant.slug].after == head("tenant")
    assert second == {"control": "current", "template": "current", tenant.slug: "current"}
    await process.tenants.database(tenant.slug)


async def test_a_tenant_of_a_newer_program_is_left_alone_and_not_served(
    platform: tuple[Process, Tenant],
) -> None:
    process, tenant = platform
    pool = await process.tenants.database(tenant.slug)
    await pool.execute("update alembic_version set version_num = '9999_future'")
    await process.tenants.forget(tenant.slug)

    outcomes = {one.name: one.outcome for one in await migrate_all(process)}

    assert outcomes[tenant.slug] == "newer"
    with pytest.raises(Unavailable) as refused:
        await process.tenants.database(tenant.slug)
    assert refused.value.code == "tenant_revision"


async def test_a_lost_tenant_does_not_stop_the_others(platform: tuple[Process, Tenant]) -> None:
    process, tenant = platform
    lost = await create_tenant(process, "a-lost-one", name="N", country="FR")
    await process.tenants.forget(lost.slug)
    await drop_database(process.urls.postgres, "tenant_a_lost_one")

    outcomes = {one.name: one.outcome for one in await migrate_all(process)}
    await drop_tenant(process, lost.slug)

    assert (outcomes[lost.slug], outcomes[tenant.slug]) == ("failed", "current")
