"""A fleet as cheap as Python can be, in a process of its own: real sockets, QoS 1.

`python -m bench.senders` reads one JSON line (an `Order`), connects everybody and says so; at the
next line everybody speaks as fast as the broker acknowledges and, where told, as the hub settles.
It ends when all is said (and settled), with one JSON line about it.
"""

import asyncio
import sys
import time
from typing import cast

import mqtt5
import msgspec
import uvloop

from devices.ack import read_settlement
from devices.packets import PacketReader
from devices.topics import DeviceName, Lane, device_topic
from fieldops.errors import Unavailable
from fieldops.model import TenantSlug, now

RUN = "bench"
CONNECT_S, AT_ONCE = 30.0, 100
_PACKET_IDS = 65_535


class Order(msgspec.Struct, frozen=True):
    """Who speaks, where to, and how much.

    `in_flight` is how many messages of a device the broker may not have acknowledged;
    `unsettled` how many the hub may not have settled, 0 when nobody settles. `rate` is the
    messages a second of all together, 0 for as many as possible.
    """

    host: str
    port: int
    username: str
    password: str
    tenant: str
    devices: list[str]
    each: int
    in_flight: int = 8
    unsettled: int = 0
    rate: float = 0.0
    run: str = RUN


class Done(msgspec.Struct, frozen=True):
    """What was said and settled; `first_at` and `last_at` are seconds since 1970, `cpu_s` the
    processor's from the first on."""

    sent: int
    settled: int
    lost: int
    first_at: float
    last_at: float
    cpu_s: float


class _Sender(asyncio.Protocol):
    """One device's connection."""

    def __init__(self, order: Order, device: str, number: int) -> None:
        name, tenant = DeviceName(device), TenantSlug(order.tenant)
        self.ready = asyncio.get_running_loop().create_future()
        self.finished = asyncio.Event()
        self.sent = self.settled = 0
        self.lost = False
        self._order = order
        self._topic = device_topic(tenant, name, Lane.POSITION)
        self._ack = device_topic(tenant, name, Lane.ACK)
        self._client_id = f"sender-{tenant}-{device}"
        self._place = (4.8357 + 0.00004 * number, 45.7640 + 0.0000003 * number)
        self._reader = PacketReader()
        self._acked = 0
        self._limit = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        order = self._order
        packet = mqtt5.ConnectPacket(
            self._client_id,
            username=order.username,
            password=order.password.encode(),
            clean_start=True,
            keep_alive=0,
        )
        self._transport.write(packet.write())

    def data_received(self, data: bytes) -> None:
        for packet in self._reader.feed(data):
            if isinstance(packet, mqtt5.PubAckPacket):
                self._acked += 1
            elif isinstance(packet, mqtt5.PublishPacket):
                self.settled = read_settlement(packet.payload).upto + 1
            else:
                self._control(packet)
        self.go_on()

    def _control(self, packet: mqtt5.Packet) -> None:
        if isinstance(packet, mqtt5.ConnAckPacket) and packet.reason_code.value == 0:
            filters = [mqtt5.TopicFilter(self._ack, max_qos=mqtt5.QoS.AT_MOST_ONCE)]
            self._transport.write(mqtt5.SubscribePacket(1, filters).write())
        elif isinstance(packet, mqtt5.SubAckPacket) and packet.reason_codes[0].value < 0x80:
            self.ready.set_result(None)
        elif not self.ready.done():
            self.ready.set_exception(Unavailable(f"the broker answered {packet!r}"))

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost = not self.finished.is_set()
        self.finished.set()

    def allow(self, upto: int) -> None:
        """Speak up to this many messages in all."""
        self._limit = min(upto, self._order.each)
        self.go_on()

    def go_on(self) -> None:
        """Say as much as may be said now, in one write."""
        order = self._order
        upto = min(self._limit, self._acked + order.in_flight)
        if order.unsettled:
            upto = min(upto, self.settled + order.unsettled)
        if self.sent < upto:
            lon, lat = self._place
            out = []
            for seq in range(self.sent, upto):
                at = now().isoformat()
                payload = (
                    f'{{"run":"{order.run}","seq":{seq},"at":"{at}","lon":{lon + seq * 1e-7:.7f},'
                    f'"lat":{lat:.6f},"acc":6.5,"spd":12.4,"hdg":271,"bat":84,"src":"gnss"}}'
                )
                out.append(
                    mqtt5.PublishPacket(
                        self._topic,
                        payload.encode(),
                        qos=mqtt5.QoS.AT_LEAST_ONCE,
                        packet_id=seq % _PACKET_IDS + 1,
                    ).write()
                )
            self._transport.write(b"".join(out))
            self.sent = upto
        elif self._acked == order.each and (not order.unsettled or self.settled == order.each):
            self.finished.set()

    def close(self) -> None:
        self._transport.close()


async def speak(order: Order) -> Done:
    """Connect, wait for the word, speak to the end."""
    senders = await _connect(order)
    print("connected", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    first_at, started_s = time.time(), time.process_time()
    if order.rate:
        await _pace(order, senders)
    else:
        for sender in senders:
            sender.allow(order.each)
    for sender in senders:
        await sender.finished.wait()
    last_at = time.time()
    for sender in senders:
        sender.close()
    return Done(
        sum(sender.sent for sender in senders),
        sum(sender.settled for sender in senders),
        sum(sender.lost for sender in senders),
        first_at,
        last_at,
        time.process_time() - started_s,
    )


async def _connect(order: Order) -> list[_Sender]:
    loop = asyncio.get_running_loop()
    senders = [_Sender(order, device, n) for n, device in enumerate(order.devices)]
    for start in range(0, len(senders), AT_ONCE):
        batch = senders[start : start + AT_ONCE]
        async with asyncio.timeout(CONNECT_S):
            for sender in batch:
                await loop.create_connection(lambda s=sender: s, order.host, order.port)  # type: ignore[misc]
            for sender in batch:
                await sender.ready
    return senders


async def _pace(order: Order, senders: list[_Sender]) -> None:
    """Let the senders speak in turn, at a rate of them all together."""
    loop = asyncio.get_running_loop()
    started, turn, total = loop.time(), 0, order.each * len(senders)
    while turn < total:
        due = min(total, int((loop.time() - started) * order.rate) + 1)
        while turn < due:
            senders[turn % len(senders)].allow(turn // len(senders) + 1)
            turn += 1
        await asyncio.sleep(0.001)


def main() -> None:
    order = msgspec.json.decode(sys.stdin.readline(), type=Order)
    done = uvloop.run(speak(order))
    print(msgspec.json.encode(done).decode(), flush=True)


if __name__ == "__main__":
    main()
