"""A furnished tenant and a way to run commands in it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from fieldops.process import Process
from fieldops.tenancy import Tenant
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def world(process: Process, tenant: Tenant) -> AsyncIterator[World]:
    yield World(process, tenant, await process.tenants.database(tenant.slug))
