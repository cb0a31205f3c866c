"""The role: for every tenant we own, one session with the broker and one loop of batches.

    gather → read → keep (one transaction) → stream → PUBACK all in one write → `ack` to devices

The order is the promise: the broker hears nothing before the commit, so a crash anywhere brings
messages again and never loses one. The loop stores one batch at a time, which keeps a device's
fixes in order, and reads the next meanwhile; the socket is read on, so that pings pass, and the
broker stops by itself at our Receive Maximum. Of large messages a process could not hold as many:
then the socket is not read until some are stored.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from functools import partial

from redis.asyncio import Redis

from devices.endpoint import endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import Lane, device_topic, ingest_client_id, ingest_filters
from fieldops.database import Pool
from fieldops.errors import FieldopsError, Forbidden, SessionTakenOver, Unauthenticated, Unavailable
from fieldops.events import ring
from fieldops.leases import Lease, Steward
from fieldops.log import get_log
from fieldops.model import TenantSlug, now
from fieldops.process import Process
from fieldops.settings import Settings
from fieldops.stream import append_batch
from fieldops.tenancy import Tenant
from ingest import metrics
from ingest.broker import watch_broker
from ingest.budget import Budget
from ingest.desk import Desk, Ready, read_on
from ingest.inbox import Inbox
from ingest.message import Message, Stored
from ingest.settlements import Acks
from ingest.store import Store, open_store

log = get_log()
NEVER_EXPIRES_S = 0xFFFF_FFFF
ACK_TICK_S = 0.1
QOS0_MOST = 20_000
STREAM_PAUSE_S = 1.0
READ_EVERY_S = 0.002
# Its answer comes behind what a resumed session has waiting, which may have to be stored first;
# that the broker lives is known by its pings.
SUBSCRIBE_S = 600.0


async def run_ingest(process: Process) -> None:
    """Serve every tenant nobody else serves, until cancelled.

    Cancelling does not wait for the batch in hand: it is not acknowledged and comes again.
    """
    budget = Budget(process.settings.held_bytes_max)
    steward = Steward(
        process.tenants,
        "ingest",
        lease_s=process.settings.lease_s,
        serve=partial(serve_tenant, process, budget),
    )
    metrics.HELD_BYTES.set_function(lambda: budget.held)
    process.unready.discard("ingest")
    async with asyncio.TaskGroup() as group:
        group.create_task(steward.run())
        group.create_task(watch_broker(process))


async def serve_tenant(
    process: Process, budget: Budget, tenant: Tenant, pool: Pool, lease: Lease
) -> None:
    """Serve one tenant while the lease and the connection last.

    Raises:
        LeaseLost: another owns the tenant. Unavailable: broker or database is lost, try again.
    """
    store = await open_store(pool, lease)
    with closing(_inbox(process.settings, budget)) as inbox:
        await _serve(process, tenant, store, inbox)


async def _serve(process: Process, tenant: Tenant, store: Store, inbox: Inbox) -> None:
    connection = await _connect(process, tenant, inbox)
    try:
        acks, stream = Acks(), StreamLane(process.valkey, tenant.slug)
        desk = Desk(lambda: store.reader, process.settings.batch_max)
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(_subscribe(tenant, connection)),
                group.create_task(_tell_devices(tenant, connection, store, acks)),
                group.create_task(_watch(connection, inbox)),
                group.create_task(read_on(inbox, desk)),
                group.create_task(metrics.show_inbox(tenant.slug, inbox)),
            ]
            try:
                while True:
                    ready = await desk.take()
                    await _serve_batch(tenant, connection, inbox, store, acks, stream, ready)
            except SessionTakenOver as error:
                # By the new owner, or by a worker that lost the lease and will notice: whoever
                # serves next asks the lease before it connects, so the two never fight.
                raise Unavailable("another worker took the session with the broker") from error
            finally:
                for each in beside:
                    each.cancel()
    finally:
        await connection.close()


def _inbox(settings: Settings, budget: Budget) -> Inbox:
    return Inbox(
        budget,
        wait_s=settings.batch_ms / 1000,
        batch_max=settings.batch_max,
        most=settings.receive_max + QOS0_MOST,
        receive_max=settings.receive_max,
    )


async def _connect(process: Process, tenant: Tenant, inbox: Inbox) -> Connection:
    """Take over the tenant's session.

    Raises:
        Unavailable: the broker cannot be reached or does not let us in; the others go on.
    """
    session = Session(
        client_id=ingest_client_id(tenant.slug),
        clean_start=False,
        expiry_s=NEVER_EXPIRES_S,
        receive_max=process.settings.receive_max,
        rest_s=READ_EVERY_S,
    )
    try:
        connection = await connect(
            endpoint(process.urls.mqtt_ingest),
            session,
            lambda each, packets: inbox.put(packets, each.bytes_read, each.listen),
        )
    except Unauthenticated as error:
        raise Unavailable(f"broker: {error}") from error
    log.info("session.opened", tenant=tenant.slug, resumed=connection.session_present)
    return connection


async def _subscribe(tenant: Tenant, connection: Connection) -> None:
    """Subscribe, a resumed session too, for the broker may have lost that of it.

    Raises:
        Unavailable: the broker does not let us, or the connection has ended.
    """
    try:
        await connection.subscribe(ingest_filters(tenant.slug), timeout_s=SUBSCRIBE_S)
    except Forbidden as error:
        raise Unavailable(f"broker: {error}") from error


async def _watch(connection: Connection, inbox: Inbox) -> None:
    """End the inbox when the connection ends; the batch in hand is finished first."""
    try:
        await connection.lost()
    except FieldopsError as error:
        inbox.end(error)
    else:
        inbox.end(Unavailable("connection to the broker is closed"))


async def _serve_batch(
    tenant: Tenant,
    connection: Connection,
    inbox: Inbox,
    store: Store,
    acks: Acks,
    stream: "StreamLane",
    ready: Ready,
) -> None:
    messages = ready.messages
    kept = await store.keep_ready(ready)
    committed_at = now()  # here, for neither a Valkey that hangs nor the PUBACKs delay it
    inbox.stored(len(messages))
    await stream.publish(kept)
    numbers = [message.packet_id for message in messages if message.packet_id]
    connection.ack(numbers)
    inbox.acknowledged(len(numbers))
    metrics.ACKNOWLEDGED.labels(tenant.slug).inc(len(numbers))
    for stored in kept:
        acks.note(stored.spaces)
    _report(tenant, messages, kept, committed_at)


class StreamLane:
    """The way to Valkey that holds nothing up: after a failure it is left alone for a while, for
    one that hangs would cost every batch its timeout. Followers read the database meanwhile."""

    def __init__(self, valkey: Redis, tenant: TenantSlug) -> None:
        self._valkey = valkey
        self._tenant = tenant
        self._quiet_until = 0.0

    async def publish(self, kept: Sequence[Stored]) -> None:
        """Append committed batches, empty ones too (a missing number sends followers to the
        database), and ring the bell for their events."""
        for stored in kept:
            if time.monotonic() < self._quiet_until:
                metrics.STREAM_FAILED.labels(self._tenant).inc()
                continue
            sent = await append_batch(self._valkey, self._tenant, stored.batch, stored.fixes)
            if sent and stored.rings:
                await ring(self._valkey, self._tenant)
            if not sent:
                metrics.STREAM_FAILED.labels(self._tenant).inc()
                self._quiet_until = time.monotonic() + STREAM_PAUSE_S


def _report(
    tenant: Tenant, messages: list[Message], kept: list[Stored], committed_at: datetime
) -> None:
    seconds = metrics.count_batch(tenant.slug, messages, kept, committed_at)
    for stored in kept:
        log.info(
            "batch.stored",
            tenant=tenant.slug,
            batch=stored.batch,
            messages=stored.messages,
            stored=stored.inserted,
            replaced=stored.replaced,
            duplicates=stored.duplicates,
            private=stored.private,
            quarantined=stored.quarantined,
            attendance=stored.attendance,
            ms=round(seconds * 1000, 1),
        )


async def _tell_devices(tenant: Tenant, connection: Connection, store: Store, acks: Acks) -> None:
    """Send each device what it may forget, at most once a second."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(ACK_TICK_S)
        due = acks.due(loop.time())
        if not due:
            continue
        outgoing = []
        for space in due:
            name = store.registry.names.get(space[0])
            payload = store.settlements.message(space)
            if name is not None and payload is not None:
                outgoing.append((device_topic(tenant.slug, name, Lane.ACK), payload))
        if connection.send(outgoing):
            metrics.DEVICE_ACKS.labels(tenant.slug).inc(len(outgoing))
        else:
            acks.note(due)
