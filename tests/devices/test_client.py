import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import mqtt5
import pytest
import pytest_asyncio

from devices.ack import Settled
from devices.client import DeviceClient
from devices.endpoint import Endpoint, endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import Lane, device_topic, ingest_filters, parse_topic
from devices.wire import AttendanceMessage, Decoded, StatusMessage, Unlocated, decode
from fieldops.errors import SessionTakenOver, Unauthenticated, Unavailable
from fieldops.model import Fix, TenantSlug, now
from tests.devices.radio import WAIT_S, Fleet, unique
from tests.ingest.proxy import proxied

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
DEVICE = UUID(int=7)
NOWHERE = Fleet(Endpoint("127.0.0.1", 1), TenantSlug("elec-sud"), "unused")


def sequences(said: Decoded) -> list[tuple[str, int]]:
    messages: list[Fix | AttendanceMessage | Unlocated] = [
        *said.fixes, *said.attendance, *said.unlocated
    ]  # fmt: skip
    return [(message.run, message.seq) for message in messages]


class Hub:
    """The other end: a small ingest that settles what it hears, unless told to keep quiet."""

    def __init__(self, fleet: Fleet) -> None:
        self.quiet = False
        self.said: list[tuple[Lane, Decoded]] = []
        self._fleet = fleet
        self._settled: dict[str, Settled] = {}
        self._stirred = asyncio.Event()

    def hear(self, connection: Connection, batch: list[mqtt5.PublishPacket]) -> None:
        for packet in batch:
            topic = parse_topic(packet.topic)
            said = decode(topic, packet.payload, device=DEVICE, received_at=now())
            self.said.append((topic.lane, said))
            if not self.quiet:
                for run, seq in sequences(said):
                    self._settled.setdefault(run, Settled(run)).add(seq)
        connection.ack([p.packet_id for p in batch if p.packet_id is not None])
        ack = device_topic(self._fleet.tenant, self._fleet.van, Lane.ACK)
        connection.send([(ack, settled.as_message()) for settled in self._settled.values()])
        self._stirred.set()

    def seqs(self, lane: Lane) -> list[int]:
        return [seq for heard, said in self.said if heard is lane for _, seq in sequences(said)]

    async def until_heard(self, lane: Lane, *seqs: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while not set(seqs) <= set(self.seqs(lane)):
                self._stirred.clear()
                await self._stirred.wait()

    async def until_state(self, state: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.states()[-1:] != [state]:
                self._stirred.clear()
                await self._stirred.wait()

    def states(self) -> list[str]:
        return [s.status.state for _, s in self.said if isinstance(s.status, StatusMessage)]


@asynccontextmanager
async def subscribed(fleet: Fleet, ingest: Endpoint) -> AsyncIterator[Hub]:
    listening = Hub(fleet)
    connection = await connect(ingest, Session(unique("hub")), listening.hear)
    await connection.subscribe(ingest_filters(fleet.tenant))
    yield listening
    await connection.close()


@pytest_asyncio.fixture
async def hub(fleet: Fleet, ingest: Endpoint) -> AsyncIterator[Hub]:
    async with subscribed(fleet, ingest) as listening:
        yield listening


def client(fleet: Fleet, *, password: str | None = None, **options: float) -> DeviceClient:
    return DeviceClient(
        fleet.where.host,
        fleet.where.port,
        fleet.tenant,
        fleet.van,
        password or fleet.password,
        resend_after_s=options.get("resend_after_s", 0.3),
        buffer_max=int(options.get("buffer_max", 10_000)),
    )


@pytest.mark.services
async def test_a_fresh_fix_goes_live_and_is_settled(fleet: Fleet, hub: Hub) -> None:
    async with client(fleet) as device:
        await hub.until_state("online")
        await device.until_connected(WAIT_S)
        await device.send_fix(at=AT, lon=4.8, lat=45.7, accuracy_m=6.5)
        await device.send_fix(at=AT)
        await device.send_attendance(at=AT, kind="in", worker="E-017")

        await device.drain(WAIT_S)

    assert (hub.seqs(Lane.POSITION), hub.seqs(Lane.ATTENDANCE)) == ([0, 1], [2])
    assert hub.seqs(Lane.BACKFILL) == []
    assert (device.settled, device.unsettled, device.resent) == (3, 0, 0)


@pytest.mark.services
async def test_what_was_made_off_line_comes_in_arrays_on_the_backfill_lane(
    fleet: Fleet, hub: Hub
) -> None:
    device = client(fleet)
    for _ in range(250):
        await device.send_fix(at=AT, lon=4.8, lat=45.7)

    async with device:
        await device.drain(WAIT_S)

    assert hub.seqs(Lane.BACKFILL) == list(range(250))
    assert [len(said.fixes) for lane, said in hub.said if lane is Lane.BACKFILL] == [100, 100, 50]


@pytest.mark.services
async def test_a_puback_settles_nothing_and_silence_is_answered_by_sending_again(
    fleet: Fleet, hub: Hub
) -> None:
    hub.quiet = True
    async with client(fleet) as device:
        await device.until_connected(WAIT_S)
        await device.send_fix(at=AT, lon=4.8, lat=45.7)
        await hub.until_heard(Lane.POSITION, 0)
        assert device.unsettled == 1
        hub.quiet = False

        await device.drain(WAIT_S)

    assert hub.seqs(Lane.BACKFILL)[-1] == 0
    assert device.resent >= 1


@pytest.mark.services
async def test_a_dropped_connection_loses_nothing(fleet: Fleet, hub: Hub) -> None:
    hub.quiet = True
    broker = f"mqtt://{fleet.where.host}:{fleet.where.port}"
    async with proxied(broker) as proxy:
        where = endpoint(proxy.url)
        far = replace(fleet, where=replace(fleet.where, host=where.host, port=where.port))
        async with client(far, resend_after_s=60.0) as device:
            await device.until_connected(WAIT_S)
            await device.send_fix(at=AT, lon=4.8, lat=45.7)
            await hub.until_heard(Lane.POSITION, 0)

            proxy.down()
            await hub.until_state("offline")
            await device.send_fix(at=AT, lon=4.8, lat=45.7)
            hub.quiet = False
            proxy.up()
            await device.drain(WAIT_S)

    assert hub.seqs(Lane.BACKFILL) == [0, 1]


@pytest.mark.services
async def test_what_the_broker_had_nobody_for_comes_as_soon_as_somebody_listens(
    fleet: Fleet, ingest: Endpoint
) -> None:
    device = client(fleet, resend_after_s=60.0)
    await device.send_fix(at=AT, lon=4.8, lat=45.7)
    async with device:
        await device.until_connected(WAIT_S)
        await device.send_fix(at=AT, lon=4.8, lat=45.7)
        await device.send_attendance(at=AT, kind="in", worker="E-017")
        # The answers to all three, and another look at what is due.
        await asyncio.sleep(1.5)
        assert device.unsettled == 3

        async with subscribed(fleet, ingest):
            await device.drain(WAIT_S)

    assert device.settled == 3


@pytest.mark.services
async def test_a_device_that_leaves_says_so(fleet: Fleet, hub: Hub) -> None:
    async with client(fleet) as device:
        await hub.until_state("online")
        await device.until_connected(WAIT_S)

    await hub.until_state("offline")


@pytest.mark.services
async def test_wrong_credentials_end_the_client(fleet: Fleet) -> None:
    with pytest.raises(Unauthenticated):
        await client(fleet, password="wrong").run()


@pytest.mark.services
async def test_two_devices_of_one_name_do_not_kick_each_other_for_ever(fleet: Fleet) -> None:
    first = client(fleet)
    async with asyncio.TaskGroup() as group:
        ended = group.create_task(ends_with(first, SessionTakenOver))
        await first.until_connected(WAIT_S)

        async with client(fleet) as second:
            assert await ended
            await second.until_connected(WAIT_S)


@pytest.mark.services
async def test_a_sender_that_waits_loses_nothing_in_a_small_buffer(fleet: Fleet, hub: Hub) -> None:
    async with DeviceClient(
        fleet.where.host, fleet.where.port, fleet.tenant, fleet.van, fleet.password,
        buffer_max=2, when_full="wait", resend_after_s=0.3,
    ) as device:  # fmt: skip
        async with asyncio.timeout(WAIT_S):
            for _ in range(20):
                await device.send_fix(at=AT, lon=4.8, lat=45.7)
        await device.drain(WAIT_S)

    assert (device.settled, device.forgotten) == (20, 0)


async def test_a_full_buffer_forgets_the_oldest_fix_and_counts_it() -> None:
    device = client(NOWHERE, buffer_max=3)

    for _ in range(5):
        await device.send_fix(at=AT)

    assert (device.unsettled, device.forgotten) == (3, 2)
    assert not any(device.is_settled(seq) for seq in range(5))


async def test_a_buffer_full_of_attendance_refuses_more() -> None:
    device = client(NOWHERE, buffer_max=1)
    await device.send_attendance(at=AT, kind="in", worker="E-017")

    with pytest.raises(Unavailable, match="full of attendance"):
        await device.send_attendance(at=AT, kind="out", worker="E-017")


async def test_draining_names_what_is_left_when_time_is_up() -> None:
    device = client(NOWHERE)
    await device.send_fix(at=AT)

    with pytest.raises(Unavailable, match=r"1 messages not settled within 0\.05 s"):
        await device.drain(0.05)


async def ends_with(device: DeviceClient, error: type[Exception]) -> bool:
    try:
        await device.run()
    except error:
        return True
    return False
