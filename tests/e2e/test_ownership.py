"""Two workers and twenty tenants: whoever dies or freezes, every fix becomes one row."""

import asyncio
import json
import secrets
import signal
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from devices.broker import broker_admin
from devices.client import DeviceClient
from devices.endpoint import endpoint
from devices.topics import device_name
from fieldops.errors import Unavailable
from fieldops.model import new_id, now
from fieldops.process import Process, Urls, open_process
from fieldops.rows import insert_row
from fieldops.schema.provision import drop_database, ensure_control
from fieldops.schema.tables import device
from fieldops.settings import Settings
from fieldops.tenancy import Tenant
from identity.tenants import create_tenant, drop_tenant
from tests.e2e.hub import FIELDOPS, environment, free_port, tail

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TENANTS = 20
LEASE_S = 3
WAIT_S = 40.0
VAN = device_name("van")


@dataclass(frozen=True, slots=True)
class Fleet:
    """Twenty tenants with a van each, and where their workers write."""

    process: Process
    tenants: Sequence[Tenant]
    passwords: dict[str, str]
    log: Path

    @asynccontextmanager
    async def worker(self) -> AsyncIterator["subprocess.Popen[bytes]"]:
        """Run `fieldops run ingest` in the meantime."""
        env = environment(
            control_database=self.process.settings.control_database,
            metrics_port=free_port(),
            lease_s=LEASE_S,
            log_format="json",
        )
        with self.log.open("ab") as out:
            started = subprocess.Popen(  # noqa: ASYNC220 - it outlives this function's waits
                [*FIELDOPS, "run", "ingest"],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            yield started
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGCONT)
                started.terminate()
                with suppress(subprocess.TimeoutExpired):
                    await asyncio.to_thread(started.wait, 20.0)
            started.kill()
            started.wait()

    async def owners(self) -> Counter[int]:
        """Return how many tenants each worker (by process id) owns at present."""
        found: Counter[int] = Counter()
        for tenant in self.tenants:
            pool = await self.process.tenants.database(tenant.slug)
            owner = await pool.fetchval(
                "select owner from lease where role = 'ingest' and until > now()"
            )
            if owner is not None:
                found[int(owner.split(":")[-2])] += 1
        return found

    async def owned(self, *shares: tuple["subprocess.Popen[bytes]", int]) -> float:
        """Wait until workers own so many tenants each; return the seconds it took."""
        started_at = time.monotonic()
        wanted = Counter({worker.pid: number for worker, number in shares})
        try:
            async with asyncio.timeout(WAIT_S):
                while await self.owners() != wanted:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pytest.fail(f"{await self.owners()} is not {wanted}\n{tail(self.log)}")
        return time.monotonic() - started_at

    def sessions_opened(self) -> int:
        return self.log.read_bytes().count(b"session.opened")

    def p99_ms(self, since: int) -> float:
        """Return what 99 of 100 batches took at most, from receipt to commit, since that place of
        the log; those of the first tenant do not count."""
        lines = self.log.read_bytes()[since:].splitlines()
        said = [
            json.loads(line) for line in lines if b'"batch.stored"' in line and line[-1:] == b"}"
        ]
        took = sorted(each["ms"] for each in said if each["tenant"] != self.tenants[0].slug)
        return float(took[len(took) * 99 // 100])

    @asynccontextmanager
    async def driving(self) -> AsyncIterator[list[DeviceClient]]:
        """Let the vans speak in the meantime; in the end each fix must be one row."""
        run = secrets.token_hex(4)
        clients = [self._client(tenant, run) for tenant in self.tenants]
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(client.run()) for client in clients]
            driving = group.create_task(_drive(clients))
            try:
                yield clients
                driving.cancel()
                for tenant, client in zip(self.tenants, clients, strict=True):
                    await client.drain(WAIT_S)
                    await self._is_whole(tenant, run, client.said)
            finally:
                for each in (driving, *running):
                    each.cancel()

    def _client(self, tenant: Tenant, run: str) -> DeviceClient:
        at = endpoint(self.process.urls.mqtt_ingest)
        return DeviceClient(
            at.host,
            at.port,
            tenant.slug,
            VAN,
            self.passwords[tenant.slug],
            run=run,
            resend_after_s=3.0,
        )

    async def _is_whole(self, tenant: Tenant, run: str, said: int) -> None:
        pool = await self.process.tenants.database(tenant.slug)
        rows = await pool.fetch("select seq from fix where run = $1 order by seq", run)
        assert [row["seq"] for row in rows] == list(range(said)), tail(self.log)


async def _drive(clients: Sequence[DeviceClient]) -> None:
    while True:
        for client in clients:
            with suppress(Unavailable):
                await client.send_fix(at=now(), lon=4.8357, lat=45.764)
        await asyncio.sleep(0.2)


@pytest_asyncio.fixture(scope="module")
async def fleet(stack_urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    settings = Settings(
        control_database=f"fieldops_control_e2e_{secrets.token_hex(4)}",
        s3_bucket_prefix="fieldops-e2e-",
    )
    await ensure_control(stack_urls.postgres, settings.control_database)
    async with open_process(settings, stack_urls, name="ownership") as process:
        tenants, passwords = [], {}
        try:
            for _ in range(TENANTS):
                slug = f"own-{secrets.token_hex(4)}"
                tenant = await create_tenant(process, slug, name="Essai", country="FR")
                tenants.append(tenant)
                passwords[slug] = await _add_van(process, tenant)
            log = tmp_path_factory.mktemp("ownership") / "workers.log"
            log.touch()
            yield Fleet(process, tenants, passwords, log)
        finally:
            for tenant in tenants:
                await drop_tenant(process, tenant.slug)
    await drop_database(stack_urls.postgres, settings.control_database)


async def _add_van(process: Process, tenant: Tenant) -> str:
    password = secrets.token_hex(8)
    pool = await process.tenants.database(tenant.slug)
    values = {"id": new_id(), "name": VAN, "label": "Fourgon", "kind": "tracker"}
    async with pool.acquire() as connection:
        await insert_row(connection, device, {**values, "purpose": "dispatch"})
    async with broker_admin(endpoint(process.urls.mqtt_admin)) as admin:
        await admin.add_device(tenant.slug, VAN, password)
    return password


async def test_workers_share_the_tenants_and_who_is_left_after_a_kill_has_them_all(
    fleet: Fleet,
) -> None:
    async with fleet.worker() as one:
        await fleet.owned((one, TENANTS))
        async with fleet.worker() as two, fleet.driving():
            await fleet.owned((one, TENANTS // 2), (two, TENANTS // 2))

            one.kill()
            seconds = await fleet.owned((two, TENANTS))

            await asyncio.sleep(2.0)
            assert seconds < 10.0


async def test_a_worker_frozen_past_its_lease_wakes_without_a_fight(fleet: Fleet) -> None:
    async with fleet.worker() as one, fleet.worker() as two:
        await fleet.owned((one, TENANTS // 2), (two, TENANTS // 2))
        async with fleet.driving():
            one.send_signal(signal.SIGSTOP)
            seconds = await fleet.owned((two, TENANTS))
            await asyncio.sleep(2.0)
            one.send_signal(signal.SIGCONT)
            await asyncio.sleep(2 * LEASE_S)
            await fleet.owned((one, TENANTS // 2), (two, TENANTS // 2))

            opened = fleet.sessions_opened()
            await asyncio.sleep(5.0)
            assert seconds < 10.0
            assert fleet.sessions_opened() == opened  # nobody takes anything from anybody


async def test_one_tenant_at_a_hundred_times_the_load_does_not_hold_up_the_others(
    fleet: Fleet,
) -> None:
    async with fleet.worker() as one, fleet.driving() as clients:
        await fleet.owned((one, TENANTS))
        since = fleet.log.stat().st_size
        await asyncio.sleep(6.0)
        alone_ms = fleet.p99_ms(since)

        since = fleet.log.stat().st_size
        for _ in range(120):
            for _ in range(25):  # 500 a second beside the others' 5
                await clients[0].send_fix(at=now(), lon=4.8357, lat=45.764)
            await asyncio.sleep(0.05)
        beside_ms = fleet.p99_ms(since)

    # A floor, for what a busy machine does to anybody now and then.
    assert beside_ms <= 2 * max(alone_ms, 50.0)
