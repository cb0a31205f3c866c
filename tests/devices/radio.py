"""What the broker tests share: a connection that remembers what it heard, and a small fleet."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import mqtt5

from devices.endpoint import Endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import DeviceName, broker_user, device_client_id
from fieldops.errors import Forbidden
from fieldops.model import TenantSlug

WAIT_S = 10.0
VAN, OTHER = DeviceName("van-1"), DeviceName("van-2")


@dataclass(frozen=True, slots=True)
class Fleet:
    """A tenant with two vans, and the vans' password."""

    where: Endpoint
    tenant: TenantSlug
    password: str
    van: DeviceName = VAN
    other: DeviceName = OTHER

    def as_device(self, device: DeviceName) -> Endpoint:
        return replace(
            self.where, username=broker_user(self.tenant, device), password=self.password
        )

    def session(self, device: DeviceName) -> Session:
        return Session(device_client_id(self.tenant, device))


class Ear:
    """Keeps what a connection hears; acknowledges at once unless told not to."""

    def __init__(self, *, acknowledge: bool = True) -> None:
        self.acknowledge = acknowledge
        self.batches: list[list[mqtt5.PublishPacket]] = []
        self._heard: asyncio.Queue[mqtt5.PublishPacket] = asyncio.Queue()

    def hear(self, connection: Connection, batch: list[mqtt5.PublishPacket]) -> None:
        self.batches.append(batch)
        for packet in batch:
            self._heard.put_nowait(packet)
        if self.acknowledge:
            connection.ack(ids(batch))

    async def next(self, count: int = 1) -> list[mqtt5.PublishPacket]:
        async with asyncio.timeout(WAIT_S):
            return [await self._heard.get() for _ in range(count)]

    def silent(self) -> bool:
        return self._heard.empty()


def ids(batch: list[mqtt5.PublishPacket]) -> list[int]:
    return [packet.packet_id for packet in batch if packet.packet_id is not None]


def unique(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(4)}"


async def refused(where: Endpoint, session: Session, topic: str) -> bool:
    """Whether the broker refuses a publish. One connection a topic: with no bound on queued
    messages, Mosquitto 2.0.21 ends a connection after it refused one publish."""
    async with connected(where, session) as connection:
        try:
            await connection.publish(topic, b"{}")
        except Forbidden:
            return True
    return False


@asynccontextmanager
async def connected(
    where: Endpoint, session: Session | None = None, ear: Ear | None = None
) -> AsyncIterator[Connection]:
    """A connection for one block; its own client id and deaf when nothing is given."""
    session = session or Session(unique("test"))
    connection = await connect(where, session, (ear or Ear()).hear, timeout_s=WAIT_S)
    try:
        yield connection
    finally:
        await connection.close()
