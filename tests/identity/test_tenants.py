"""Tenants come, are interrupted, suspended and dropped, on the real services."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import mqtt5
import pytest
import pytest_asyncio

from devices.broker import broker_admin
from devices.endpoint import Endpoint, endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import (
    DeviceName,
    Lane,
    broker_user,
    device_client_id,
    device_topic,
    ingest_client_id,
)
from fieldops.database import sql
from fieldops.errors import BadInput, Conflict, NotFound, Unauthenticated
from fieldops.model import new_id, tenant_slug
from fieldops.process import Process
from fieldops.schema.provision import administrator, clone_template
from fieldops.tenancy import database_name
from identity.broker import NEVER_S
from identity.buckets import bucket_name, ensure_bucket, s3_client
from identity.tenants import create_tenant, drop_tenant, resume_tenant, suspend_tenant

pytestmark = pytest.mark.services


@pytest_asyncio.fixture
async def slug(process: Process) -> AsyncIterator[str]:
    """A slug of its own; whatever bears it at the end is dropped."""
    name = f"ten-{secrets.token_hex(4)}"
    yield name
    with suppress(NotFound):
        await drop_tenant(process, name)


async def _has_database(process: Process, slug: str) -> bool:
    async with administrator(process.urls.postgres) as admin:
        return bool(
            await admin.fetchval(
                "select exists (select from pg_database where datname = $1)",
                database_name(tenant_slug(slug)),
            )
        )


async def _device(process: Process, slug: str) -> tuple[Endpoint, Session, str]:
    """Let a device in at the broker; return how it connects and where it publishes."""
    tenant, device = (await process.tenants.find(slug, fresh=True)).slug, DeviceName("van-1")
    async with broker_admin(endpoint(process.urls.mqtt_admin)) as admin:
        await admin.add_device(tenant, device, "a device's password")
    broker = endpoint(process.urls.mqtt_ingest)
    where = Endpoint(broker.host, broker.port, broker_user(tenant, device), "a device's password")
    session = Session(device_client_id(tenant, device))
    return where, session, device_topic(tenant, device, Lane.POSITION)


def _ignore(_connection: Connection, _batch: list[mqtt5.PublishPacket]) -> None:
    pass


async def test_creating_twice_is_the_same_as_once_and_takes_under_five_seconds(
    process: Process, slug: str
) -> None:
    started = time.monotonic()
    first = await create_tenant(process, slug, name="Élec Sud", country="FR")
    took_s = time.monotonic() - started
    second = await create_tenant(process, slug, name="Élec Sud", country="FR")

    assert first == second
    assert (first.status, first.tz) == ("active", "Europe/Paris")
    assert took_s < 5
    pool = await process.tenants.database(first.slug)
    assert await pool.fetchval("select count(*) from lease") == 5


async def test_two_at_once_make_one(process: Process, slug: str) -> None:
    made = await asyncio.gather(
        *(create_tenant(process, slug, name="N", country="FR") for _ in range(3))
    )

    assert len({tenant.id for tenant in made}) == 1


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_a_creation_killed_after_any_step_is_completed_by_the_next(
    process: Process, slug: str, steps: int
) -> None:
    checked = tenant_slug(slug)
    await process.control.execute(
        sql("identity", "add_tenant"), new_id(), slug, "N", "FR", "Europe/Paris", "fr"
    )
    if steps >= 1:
        await clone_template(process.urls.postgres, database_name(checked))
    if steps >= 2:
        await ensure_bucket(process.urls.s3, bucket_name(process.settings, checked))
    with pytest.raises(NotFound):
        await process.tenants.find(slug, fresh=True)

    made = await create_tenant(process, slug, name="N", country="FR")

    assert made.status == "active"
    await process.tenants.database(made.slug)
    assert s3_client(process.urls.s3).bucket_exists(bucket_name(process.settings, checked))


async def test_what_a_device_says_before_anybody_serves_waits_in_the_session(
    process: Process, slug: str
) -> None:
    tenant = await create_tenant(process, slug, name="N", country="FR")
    where, session, topic = await _device(process, slug)

    device = await connect(where, session, _ignore)
    await device.publish(topic, b"first words")
    await device.close()

    heard: asyncio.Queue[bytes] = asyncio.Queue()

    def hear(_connection: Connection, batch: list[mqtt5.PublishPacket]) -> None:
        for packet in batch:
            heard.put_nowait(bytes(packet.payload))

    waiting = Session(ingest_client_id(tenant.slug), clean_start=False, expiry_s=NEVER_S)
    ingest = await connect(endpoint(process.urls.mqtt_ingest), waiting, hear)
    async with asyncio.timeout(5):
        assert await heard.get() == b"first words"
    await ingest.close()


async def test_a_suspended_tenants_devices_are_kept_out_and_let_in_again(
    process: Process, slug: str
) -> None:
    await create_tenant(process, slug, name="N", country="FR")
    where, session, _ = await _device(process, slug)

    await suspend_tenant(process, slug)
    with pytest.raises(Unauthenticated):
        await connect(where, session, _ignore)
    with pytest.raises(Conflict):
        await create_tenant(process, slug, name="N", country="FR")
    await resume_tenant(process, slug)
    back = await connect(where, session, _ignore)
    await back.close()


async def test_dropping_leaves_no_database_bucket_device_or_session(
    process: Process, slug: str
) -> None:
    tenant = await create_tenant(process, slug, name="N", country="FR")
    where, session, _ = await _device(process, slug)
    bucket = bucket_name(process.settings, tenant.slug)
    s3 = s3_client(process.urls.s3)
    assert s3.bucket_exists(bucket)

    await drop_tenant(process, slug)

    assert not s3.bucket_exists(bucket)
    assert not await _has_database(process, slug)
    with pytest.raises(Unauthenticated):
        await connect(where, session, _ignore)
    left = await connect(
        endpoint(process.urls.mqtt_ingest),
        Session(ingest_client_id(tenant.slug), clean_start=False),
        _ignore,
    )
    assert not left.session_present
    await left.close()
    with pytest.raises(NotFound):
        await drop_tenant(process, slug)


@pytest.mark.parametrize(
    ("slug_", "name", "country", "tz"),
    [
        ("Élec", "N", "FR", None),
        ("a", "N", "FR", None),
        ("a_b", "N", "FR", None),
        ("ok-slug", " ", "FR", None),
        ("ok-slug", "N", "France", None),
        ("ok-slug", "N", "US", None),
        ("ok-slug", "N", "FR", "Mars/Olympus"),
    ],
)
async def test_what_is_no_tenant_is_refused_before_anything_is_made(
    process: Process, slug_: str, name: str, country: str, tz: str | None
) -> None:
    with pytest.raises(BadInput):
        await create_tenant(process, slug_, name=name, country=country, tz=tz)

    assert slug_ not in {t.slug for t in await process.tenants.all(fresh=True)}


async def test_another_name_for_a_taken_slug_is_a_conflict(process: Process, slug: str) -> None:
    await create_tenant(process, slug, name="N", country="FR")

    with pytest.raises(Conflict, match="exists as 'N'"):
        await create_tenant(process, slug, name="Other", country="FR")
