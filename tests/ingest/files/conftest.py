from collections.abc import AsyncIterator

import pytest_asyncio

from fieldops.process import Process
from fieldops.tenancy import Tenant
from tests.ingest.scene import Scene


@pytest_asyncio.fixture(scope="module")
async def scene(process: Process, tenant: Tenant) -> AsyncIterator[Scene]:
    """A tenant of this module's own."""
    yield Scene(tenant.slug, await process.tenants.database(tenant.slug))
