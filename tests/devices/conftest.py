from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from devices.broker import BrokerAdmin, DeviceUser, broker_admin
from devices.endpoint import Endpoint, endpoint
from fieldops.model import TenantSlug
from fieldops.process import Urls
from tests.devices.radio import Fleet, unique


@pytest.fixture(scope="session")
def ingest(stack_urls: Urls) -> Endpoint:
    """The broker as the service user that hears every tenant."""
    return endpoint(stack_urls.mqtt_ingest)


@pytest_asyncio.fixture
async def admin(stack_urls: Urls, ingest: Endpoint) -> AsyncIterator[BrokerAdmin]:
    async with broker_admin(endpoint(stack_urls.mqtt_admin)) as connected:
        assert ingest.username is not None
        assert ingest.password is not None
        await connected.ensure_service_user(ingest.username, ingest.password)
        yield connected


@pytest_asyncio.fixture
async def fleet(admin: BrokerAdmin, ingest: Endpoint) -> AsyncIterator[Fleet]:
    made = Fleet(ingest, TenantSlug(unique("fleet")), unique("secret"))
    await admin.add_devices(
        DeviceUser(made.tenant, device, made.password) for device in (made.van, made.other)
    )
    yield made
    await admin.drop_tenant(made.tenant)
