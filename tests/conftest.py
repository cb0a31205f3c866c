"""The ladder's footing: the real stack, one control database a session, a tenant a module.

Pure tests use nothing of this. `services` tests get the stack of FIELDOPS_HOME (started when it is
not up) and databases of their own, dropped at the end.
"""

import os
import secrets
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fieldops import stack
from fieldops.local import service_urls
from fieldops.process import Process, Urls, open_process
from fieldops.schema.provision import drop_database, ensure_control
from fieldops.settings import Settings
from fieldops.tenancy import Tenant
from identity.tenants import create_tenant, drop_tenant

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the ladder from the bottom: pure, services, e2e."""
    rank = {"services": 1, "e2e": 2}
    items.sort(key=lambda item: max((rank.get(m.name, 0) for m in item.iter_markers()), default=0))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of recorded traces that the project does not carry."""
    if not SHARED.is_dir():
        pytest.skip("the recorded traces are not here")
    return SHARED


@pytest.fixture(scope="session")
def stack_urls() -> Urls:
    """Addresses of the real services, started if they are not up."""
    settings = Settings()
    ports = stack.ports_from(os.environ)
    with stack.progress_on(sys.stderr) as progress:
        stack.up(settings.home, ports, progress=progress)
    return service_urls(settings)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Settings of this session: its own control database and free ports."""
    return Settings(
        control_database=f"fieldops_control_test_{secrets.token_hex(4)}",
        api_port=0,
        metrics_port=0,
        s3_bucket_prefix="fieldops-test-",
        lease_s=3.0,
    )


@pytest_asyncio.fixture(scope="session")
async def process(settings: Settings, stack_urls: Urls) -> AsyncIterator[Process]:
    """An open process on the session's own control database."""
    await ensure_control(stack_urls.postgres, settings.control_database)
    async with open_process(settings, stack_urls, name="tests") as opened:
        yield opened
    await drop_database(stack_urls.postgres, settings.control_database)


@pytest_asyncio.fixture(scope="module")
async def tenant(process: Process) -> AsyncIterator[Tenant]:
    """A fresh tenant for one module, dropped with everything it left."""
    slug = f"test-{secrets.token_hex(5)}"
    made = await create_tenant(process, slug, name="Essai", country="FR")
    yield made
    await drop_tenant(process, made.slug)
