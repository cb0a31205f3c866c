"""A tenant at the broker: the session that waits for its devices, and their letting in.

The session outlives every worker: what devices publish while nobody serves the tenant waits in it.
"""

import mqtt5

from devices.broker import broker_admin
from devices.endpoint import Endpoint, endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import ingest_client_id, ingest_filters
from fieldops.errors import Unauthenticated
from fieldops.model import TenantSlug
from fieldops.process import Urls

NEVER_S = 0xFFFF_FFFF  # MQTT 5, 3.1.2.11.2: this expiry means none


async def open_ingest_session(urls: Urls, slug: TenantSlug) -> None:
    """Open the tenant's persistent session with its subscriptions, and leave it to the broker.

    Raises:
        Unavailable: the broker does not answer.
    """
    session = Session(ingest_client_id(slug), clean_start=False, expiry_s=NEVER_S)
    connection = await _connect(urls, session)
    try:
        await connection.subscribe(ingest_filters(slug))
    finally:
        await connection.close()


async def enable_devices(urls: Urls, slug: TenantSlug, *, enabled: bool) -> None:
    """Let the tenant's devices in again, or keep them out and disconnect them."""
    async with broker_admin(endpoint(urls.mqtt_admin)) as admin:
        await admin.set_enabled(slug, enabled)


async def forget_tenant(urls: Urls, slug: TenantSlug) -> None:
    """Remove the tenant's devices and its session with whatever waits in it."""
    async with broker_admin(endpoint(urls.mqtt_admin)) as admin:
        await admin.drop_tenant(slug)
    # A clean start throws the old session away, and this one ends with its connection.
    connection = await _connect(urls, Session(ingest_client_id(slug)))
    await connection.close()


async def _connect(urls: Urls, session: Session) -> Connection:
    """Connect as the service user, making it when the broker does not know it yet.

    Only then: the broker disconnects a user whom one changes, and with it every ingest.
    """
    where = endpoint(urls.mqtt_ingest)
    try:
        return await connect(where, session, _leave)
    except Unauthenticated:
        await _introduce(urls, where)
        return await connect(where, session, _leave)


async def _introduce(urls: Urls, where: Endpoint) -> None:
    assert where.username is not None
    assert where.password is not None
    async with broker_admin(endpoint(urls.mqtt_admin)) as admin:
        await admin.ensure_service_user(where.username, where.password)


def _leave(_connection: Connection, _batch: list[mqtt5.PublishPacket]) -> None:
    """Acknowledge nothing: what waits in the session comes again to ingest."""
