"""An MQTT 5 client for high rates: one parse a read, one write for many acknowledgements.

Three ideas. Every read is parsed at once and handed over as one batch. Acknowledging is explicit
and belongs to the connection that brought the message (a packet id means nothing on the next
one), so a crash before the commit brings it again. Not acknowledging is the back-pressure: the
broker stops at our Receive Maximum while reading goes on, so pings and refusals still pass.

What it refuses to do: reconnect (the caller's loop knows whether it still should; see
`endpoint.backoff`), QoS 2, remember publishes across connections (devices re-send what is not
settled).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from struct import pack
from typing import TypeVar, cast

import mqtt5

from devices.endpoint import Endpoint
from devices.packets import REFUSED_FROM, PacketReader, check_subscribed, farewell, refusal
from fieldops.errors import BadMessage, FieldopsError, Forbidden, Unavailable

_PACKET_ID_MAX = 65_535
_PUBACK = 0x4002_0000  # MQTT 5, 3.4: type, two bytes follow, and they are the packet id
NO_SUBSCRIBER = 0x10  # MQTT 5, 3.4.2.1: taken, and thrown away
_NOT_AUTHORIZED = 0x87

OnBatch = Callable[["Connection", list[mqtt5.PublishPacket]], None]
Answer = TypeVar("Answer")
Acked = asyncio.Future[int | None]


@dataclass(frozen=True, slots=True)
class Session:
    """How we connect; `expiry_s` > 0 lets the broker keep our subscriptions and queue. Reading
    rests `rest_s` after messages came: the next read brings what else woke us dozens of times."""

    client_id: str
    clean_start: bool = True
    expiry_s: int = 0
    receive_max: int = _PACKET_ID_MAX
    keep_alive_s: float = 30.0
    will: mqtt5.Will | None = None
    rest_s: float = 0.0


async def connect(
    where: Endpoint, session: Session, on_batch: OnBatch, *, timeout_s: float = 10.0
) -> "Connection":
    """Open a connection.

    Args:
        where: the broker, and who we are.
        session: client id, persistence, limits, will.
        on_batch: gets all messages of one read; must not block. A resumed session delivers at
            once, so it may be called before this returns. An exception in it ends the connection.
        timeout_s: for the whole of it.

    Raises:
        Unauthenticated: the broker does not accept these credentials.
        Unavailable: it cannot be reached, is busy, or refuses us for another reason.
    """
    connection = Connection(where, session, on_batch)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            await loop.create_connection(lambda: connection, where.host, where.port, ssl=where.tls)
            await connection.opened
    except TimeoutError as error:
        connection.abort()
        raise Unavailable(
            f"broker {where.host}:{where.port} did not answer within {timeout_s} s"
        ) from error
    except OSError as error:
        connection.abort()
        raise Unavailable(f"broker {where.host}:{where.port}: {error}") from error
    except asyncio.CancelledError:
        connection.abort()
        raise
    return connection


class Connection(asyncio.Protocol):
    """One connection to a broker, from CONNACK to its end; made by `connect`."""

    def __init__(self, where: Endpoint, session: Session, on_batch: OnBatch) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.session_present = False
        self.bytes_read = 0  # of the batch handed over, and of pieces of packets before it
        self._where = where
        self._session = session
        self._on_batch = on_batch
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._reader = PacketReader()
        self._keep_alive_s = session.keep_alive_s
        self._timer: asyncio.TimerHandle | None = None
        self._ping_unanswered = False
        self._listening = True
        self._in_flight: dict[int, Acked] = {}
        self._in_flight_max = _PACKET_ID_MAX
        self._subscribing: dict[int, asyncio.Future[mqtt5.SubAckPacket | None]] = {}
        self._last_id = 0
        self._paused = False
        self._room = asyncio.Event()
        self._ended = asyncio.Event()
        self._error: FieldopsError | None = None
        self._closing = False

    # What the application calls.

    @property
    def alive(self) -> bool:
        return self._transport is not None and not self._closing and not self._ended.is_set()

    def ack(self, packet_ids: Iterable[int]) -> None:
        """Acknowledge messages of this connection in one write; nothing once it has ended, for
        the broker will send them again."""
        if self.alive:
            numbers = [_PUBACK | number for number in packet_ids]
            self._write(pack(f">{len(numbers)}I", *numbers))

    def send(self, messages: Iterable[tuple[str, bytes]]) -> bool:
        """Publish at QoS 0 in one write; False, with nothing sent, when the broker does not
        read fast enough or the connection has ended."""
        if not self.alive or self._paused:
            return False
        self._write(
            b"".join([mqtt5.PublishPacket(topic, payload).write() for topic, payload in messages])
        )
        return True

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, timeout_s: float = 10.0
    ) -> bool:
        """Publish at QoS 1; return, once acknowledged, whether the broker had anybody for it.

        Raises:
            Forbidden: the ACL does not let us write there.
            Unavailable: refused otherwise, not answered in time, or the connection ended; the
                message may or may not have arrived.
        """
        acked = await self.begin(topic, payload, retain=retain, timeout_s=timeout_s)
        reason = await self._within(timeout_s, acked, f"publish to {topic}")
        if reason is None:
            raise self._gone()
        if reason == _NOT_AUTHORIZED:
            raise Forbidden(f"publish to {topic} refused by the broker")
        if reason >= REFUSED_FROM:
            raise Unavailable(f"publish to {topic} refused: reason {reason:#04x}")
        return reason != NO_SUBSCRIBER

    async def begin(
        self, topic: str, payload: bytes, *, retain: bool = False, timeout_s: float = 10.0
    ) -> Acked:
        """Publish at QoS 1 without waiting for the answer, only for room: fewer in flight than
        the broker's Receive Maximum, and a socket that takes more.

        Returns:
            A future of the broker's reason code, or of None when the connection ended before.

        Raises:
            Unavailable: no room in time, or the connection has ended.
        """
        if not self._has_room():
            await self._within(timeout_s, self._wait_for_room(), f"room to publish to {topic}")
        if not self.alive:
            raise self._gone()
        number = self._next_id()
        acked: Acked = self._loop.create_future()
        packet = mqtt5.PublishPacket(
            topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, retain=retain, packet_id=number
        )
        self._write(packet.write())
        self._in_flight[number] = acked
        return acked

    async def subscribe(
        self, filters: Sequence[str], *, qos: int = 1, timeout_s: float = 10.0
    ) -> None:
        """Subscribe to filters, all or an error.

        Raises:
            Forbidden: names the filters that the broker refused (the others are subscribed).
            Unavailable: not answered in time, or the connection ended.
        """
        if not self.alive:
            raise self._gone()
        number = self._next_id()
        answered: asyncio.Future[mqtt5.SubAckPacket | None] = self._loop.create_future()
        wanted = [mqtt5.TopicFilter(pattern, max_qos=mqtt5.QoS(qos)) for pattern in filters]
        self._write(mqtt5.SubscribePacket(number, wanted).write())
        self._subscribing[number] = answered
        answer = await self._within(timeout_s, answered, f"subscribe to {filters[0]}")
        if answer is None:
            raise self._gone()
        check_subscribed(filters, answer)

    def listen(self, on: bool) -> None:
        """Read, or leave unread what the broker sends, so that it has to wait; pings go out all
        the same, and their answers are not missed."""
        self._listening = on
        if on:
            self._ping_unanswered = False
            self._rested()
        elif self.alive and self._transport is not None:
            self._transport.pause_reading()

    async def lost(self) -> None:
        """Wait until the connection has ended; return if we closed it, else raise why not.

        Raises:
            SessionTakenOver: another connection came with our client id.
            Unavailable: the broker ended it, or does not answer pings any more.
        """
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    async def close(
        self,
        reason: mqtt5.DisconnectReasonCode = mqtt5.DisconnectReasonCode.NORMAL_DISCONNECTION,
        *,
        timeout_s: float = 5.0,
    ) -> None:
        """Send what is written, say goodbye, and end; the will is dropped unless `reason` is
        DISCONNECT_WITH_WILL_MESSAGE."""
        if self.alive:
            self._write(mqtt5.DisconnectPacket(reason_code=reason).write())
            self._closing = True
        if self._transport is not None:
            self._transport.close()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._ended.wait()
            except TimeoutError:
                self._transport.abort()

    def abort(self) -> None:
        """End at once, without goodbye: the broker publishes the will."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport has the methods but not the base class.
        self._transport = cast(asyncio.Transport, transport)
        session, where = self._session, self._where
        packet = mqtt5.ConnectPacket(
            session.client_id,
            username=where.username,
            password=None if where.password is None else where.password.encode(),
            clean_start=session.clean_start,
            will=session.will,
            keep_alive=ceil(session.keep_alive_s),
            session_expiry_interval=session.expiry_s,
            receive_max=session.receive_max,
        )
        self._write(packet.write())

    def data_received(self, data: bytes) -> None:
        self._ping_unanswered = False
        self.bytes_read += len(data)
        try:
            packets = self._reader.feed(data)
        except BadMessage as error:
            self._fail(Unavailable(f"broker {self._where.host} does not speak MQTT 5: {error}"))
            return
        batch = [packet for packet in packets if isinstance(packet, mqtt5.PublishPacket)]
        if len(batch) < len(packets):
            for packet in packets:
                self._control(packet)
        if batch:
            self._on_batch(self, batch)
            self.bytes_read = 0
            if self._session.rest_s > 0 and self.alive and self._transport is not None:
                self._transport.pause_reading()
                self._loop.call_later(self._session.rest_s, self._rested)

    def _rested(self) -> None:
        if self._listening and self.alive and self._transport is not None:
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._room.set()

    def connection_lost(self, error: Exception | None) -> None:
        if self._error is None and not self._closing:
            self._error = Unavailable(f"connection to the broker lost: {error or 'end of stream'}")
            self._error.__cause__ = error
        if self._timer is not None:
            self._timer.cancel()
        self._ended.set()
        self._room.set()
        if not self.opened.done():
            self.opened.set_exception(self._gone())
        for acked in self._in_flight.values():
            if not acked.done():
                acked.set_result(None)
        for answered in self._subscribing.values():
            if not answered.done():
                answered.set_result(None)
        self._in_flight.clear()
        self._subscribing.clear()

    # Within.

    def _control(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PublishPacket() | mqtt5.PingRespPacket():
                pass
            case mqtt5.PubAckPacket():
                acked = self._in_flight.pop(packet.packet_id, None)
                if acked is not None and not acked.done():
                    acked.set_result(packet.reason_code.value)
                self._room.set()
            case mqtt5.SubAckPacket():
                answered = self._subscribing.pop(packet.packet_id, None)
                if answered is not None and not answered.done():
                    answered.set_result(packet)
            case mqtt5.ConnAckPacket():
                self._open(packet)
            case mqtt5.DisconnectPacket():
                self._fail(farewell(packet))
            case _:
                self._fail(Unavailable(f"broker sent {type(packet).__name__} out of turn"))

    def _open(self, packet: mqtt5.ConnAckPacket) -> None:
        refused = refusal(packet, self._where.username)
        if refused is not None:
            self._fail(refused)
            return
        self.session_present = packet.session_present
        self._in_flight_max = min(packet.receive_max, _PACKET_ID_MAX - 1)
        if packet.server_keep_alive is not None:
            self._keep_alive_s = float(packet.server_keep_alive)
        self._tick()
        if not self.opened.done():
            self.opened.set_result(None)

    def _tick(self) -> None:
        # Counted in ticks, not by the clock: a process that was frozen wakes to an expired
        # timer with the answer still unread in its socket.
        if self._keep_alive_s <= 0:
            return
        if self._ping_unanswered and self._listening:
            self._fail(Unavailable(f"broker silent for {self._keep_alive_s / 2} s after a ping"))
            return
        self._ping_unanswered = True
        self._write(mqtt5.PingReqPacket().write())
        self._timer = self._loop.call_later(self._keep_alive_s / 2, self._tick)

    def _fail(self, error: FieldopsError) -> None:
        if self._error is None:
            self._error = error
        if self._transport is not None:
            self._transport.abort()

    def _gone(self) -> FieldopsError:
        if self._error is None:
            return Unavailable("connection to the broker is closed")
        return type(self._error)(str(self._error), code=self._error.code)

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def _next_id(self) -> int:
        number = self._last_id
        while True:
            number = number % _PACKET_ID_MAX + 1
            if number not in self._in_flight and number not in self._subscribing:
                self._last_id = number
                return number

    def _has_room(self) -> bool:
        return not self._paused and len(self._in_flight) < self._in_flight_max

    async def _wait_for_room(self) -> None:
        while self.alive and not self._has_room():
            self._room.clear()
            await self._room.wait()

    async def _within(self, timeout_s: float, wait: Awaitable[Answer], what: str) -> Answer:
        try:
            async with asyncio.timeout(timeout_s):
                return await wait
        except TimeoutError as error:
            raise Unavailable(f"{what}: no answer within {timeout_s} s") from error
