import secrets
from collections.abc import AsyncIterator
from dataclasses import replace

import mqtt5
import pytest_asyncio

from devices.ack import Settlement, read_settlement
from devices.broker import broker_admin
from devices.endpoint import endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import DeviceName, Lane, broker_user, device_client_id, device_topic
from fieldops.process import Process
from fieldops.tenancy import Tenant
from tests.ingest.scene import Scene
from tests.ingest.speaker import MakeSpeaker, Speaker


@pytest_asyncio.fixture(scope="module")
async def scene(process: Process, tenant: Tenant) -> AsyncIterator[Scene]:
    """A tenant of this module's own."""
    yield Scene(tenant.slug, await process.tenants.database(tenant.slug))


@pytest_asyncio.fixture
async def speaker(process: Process, scene: Scene) -> AsyncIterator[MakeSpeaker]:
    """Make devices that speak to the broker with their own credentials."""
    made: list[Speaker] = []

    async def make(name: str) -> Speaker:
        device = DeviceName(name)
        device_id = await scene.add_tracker(name)
        password = secrets.token_hex(8)
        async with broker_admin(endpoint(process.urls.mqtt_admin)) as admin:
            await admin.add_device(scene.slug, device, password)
        acks: list[Settlement] = []

        def hear(connection: Connection, packets: list[mqtt5.PublishPacket]) -> None:
            acks.extend(read_settlement(packet.payload) for packet in packets)

        where = replace(
            endpoint(process.urls.mqtt_ingest),
            username=broker_user(scene.slug, device),
            password=password,
        )
        session = Session(device_client_id(scene.slug, device))
        connection = await connect(where, session, hear)
        await connection.subscribe([device_topic(scene.slug, device, Lane.ACK)], qos=0)
        made.append(Speaker(device_id, device, scene, connection, acks))
        return made[-1]

    yield make
    for each in made:
        await each.connection.close()
