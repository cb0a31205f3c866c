"""A device with a real connection, and the role that serves it, for the tests of ingest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from devices.ack import Settlement
from devices.mqtt import Connection
from devices.topics import DeviceName, Lane, device_topic
from fieldops.metrics import REGISTRY
from fieldops.process import Process
from ingest.role import run_ingest
from tests.ingest.scene import Scene


@dataclass(slots=True)
class Speaker:
    """A device with a real connection, and the `ack` messages it got."""

    id: UUID
    name: DeviceName
    scene: Scene
    connection: Connection
    acks: list[Settlement]

    async def say(self, contents: Iterable[Any], lane: Lane = Lane.POSITION) -> None:
        topic = device_topic(self.scene.slug, self.name, lane)
        for content in contents:
            await self.connection.publish(topic, msgspec.json.encode(content))

    async def stored(self) -> int:
        return await self.scene.count("select count(*) from fix where device_id = $1", self.id)

    async def stores(self, number: int, timeout_s: float = 20.0) -> None:
        """Wait until so many fixes are stored."""

        async def enough() -> bool:
            return await self.stored() >= number

        await until(enough, timeout_s)


async def until(true: Callable[[], Awaitable[bool]], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await true():
            await asyncio.sleep(0.05)


MakeSpeaker = Callable[[str], Awaitable[Speaker]]


@asynccontextmanager
async def serving(process: Process) -> AsyncIterator[None]:
    """Run the role in the meantime."""
    async with asyncio.TaskGroup() as group:
        role = group.create_task(run_ingest(process))
        try:
            yield
        finally:
            role.cancel()


def shown(scene: Scene, name: str) -> float | None:
    """Return what `/metrics` would say of the tenant; None when it says nothing."""
    return REGISTRY.get_sample_value(f"fieldops_ingest_{name}", {"tenant": str(scene.slug)})


def counted(scene: Scene, name: str) -> float:
    return shown(scene, name) or 0.0
