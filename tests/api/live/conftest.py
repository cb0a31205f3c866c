"""The real application on a real port, and viewers with real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest_asyncio
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from api.app import create_app
from api.live.hub import Hub, Limits
from fieldops.events import NewEvent, append_events, ring
from fieldops.model import Profile, new_id
from fieldops.process import Process
from fieldops.schema import tables
from fieldops.tenancy import Tenant
from identity.tokens import Signer
from tests.feeding import Feeding, open_feeding
from tests.world import World

TICK_MS = 100
EVENTS_MOST = 50
LIMITS = Limits(hello_s=1.0, grace_s=1.0, write_s=5.0, events_most=EVENTS_MOST)
LYON_VIEW = {"bbox": [4.0, 45.0, 6.0, 46.0], "zoom": 11}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a token."""

    id: UUID
    profile: Profile
    token: str


@dataclass(slots=True)
class Viewer:
    """A client; `at` is the last position it knows, as a browser would keep it."""

    socket: ClientConnection
    at: int = 0

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, *kinds: str, timeout_s: float = 5.0) -> dict[str, Any]:
        """Return the next message that has one of these fields; others are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if "events" in message:
                    self.at = message["events"][-1]["at"]
                if any(kind in message for kind in kinds):
                    return message

    async def events(self, upto: int) -> list[dict[str, Any]]:
        """Return the events heard until position `upto`."""
        found: list[dict[str, Any]] = []
        while self.at < upto:
            found += (await self.hear("events"))["events"]
        return found

    async def rows(self, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return each device's last row, by id, once it satisfies."""
        found: dict[str, Any] = {}
        while not until(found):
            found |= {row[0]: row for row in (await self.hear("fixes"))["fixes"]}
        return found

    async def silence(self, seconds: float) -> list[dict[str, Any]]:
        """Return what is said within this time."""
        heard: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    heard.append(json.loads(await self.socket.recv()))
        except TimeoutError:
            return heard


@dataclass(frozen=True, slots=True)
class Stage:
    """A served tenant: its world, its ingest, its people."""

    world: World
    feeding: Feeding
    url: str

    async def user(
        self, profile: Profile, *, worker: UUID | None = None, life_s: int = 600
    ) -> User:
        user = await self.world.insert(
            tables.app_user,
            login=new_id().hex,
            display_name="x",
            profile=profile.value,
            password_hash="!",
            worker_id=worker,
        )
        return User(user, profile, await self.token(user, profile, life_s))

    async def token(self, user: UUID, profile: Profile, life_s: int = 600) -> str:
        signer = Signer(self.world.process.control, lifetime_s=life_s)
        return await signer.issue(self.world.tenant.slug, user, profile)

    def connected(self, **options: Any) -> AbstractAsyncContextManager[ClientConnection]:
        return connect(self.url, compression=None, max_size=None, **options)

    @asynccontextmanager
    async def viewer(
        self, user: User, *, since: int | None = None, frames_most: int = 16, **subscribe: Any
    ) -> AsyncIterator[tuple[Viewer, dict[str, Any]]]:
        """Connect and subscribe; yields the viewer and its opening."""
        async with self.connected(max_queue=frames_most) as socket_:
            viewer = Viewer(socket_)
            await viewer.say(token=user.token)
            await viewer.say(subscribe={"since": since, "map": LYON_VIEW, **subscribe})
            opening = await viewer.hear("snapshot", "resumed")
            viewer.at = opening["at"]
            yield viewer, opening

    async def append(
        self,
        *kinds: str,
        sites: Sequence[UUID] = (),
        crews: Sequence[UUID] = (),
        body: dict[str, Any] | None = None,
    ) -> int:
        """Append events and return the last position."""
        events = [NewEvent(k, body or {}, tuple(sites), tuple(crews)) for k in kinds]
        async with self.world.pool.acquire() as connection, connection.transaction():
            last = await append_events(connection, events)
        await ring(self.world.process.valkey, self.world.tenant.slug)
        assert last is not None
        return last

    async def device(self, crew: UUID | None = None) -> UUID:
        """Add a tracker, fixed to the crew's vehicle."""
        device = await self.world.insert(
            tables.device, name=new_id().hex, label="T", kind="tracker", purpose="dispatch"
        )
        if crew is not None:
            van = await self.world.insert(tables.vehicle, plate=new_id().hex, label="Fourgon")
            await self.world.insert(tables.device_binding, device_id=device, vehicle_id=van)
            await self.world.pool.execute(
                "update crew set vehicle_id = $2 where id = $1", crew, van
            )
        return device


Serve = Callable[[Tenant], Awaitable[Stage]]


@pytest_asyncio.fixture(scope="session")
async def live_url(process: Process) -> AsyncIterator[str]:
    settings = process.settings.model_copy(update={"live_tick_ms": TICK_MS})
    app = create_app(replace(process, settings=settings))
    app.state.hub = Hub(replace(process, settings=settings), LIMITS)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio")
    )
    async with asyncio.TaskGroup() as group:
        hub = group.create_task(app.state.hub.run())
        serving = group.create_task(server._serve([listening]))
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/api/v1/live"
        server.should_exit = True
        await serving
        hub.cancel()


@pytest_asyncio.fixture(scope="module")
async def stage(process: Process, tenant: Tenant, live_url: str) -> Stage:
    pool = await process.tenants.database(tenant.slug)
    feeding = await open_feeding(process, tenant, pool)
    return Stage(World(process, tenant, pool), feeding, live_url)
