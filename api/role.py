"""The api's role: uvicorn inside the process's own event loop, ended like every other role."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.app import create_app
from fieldops.errors import Prerequisite
from fieldops.log import get_log
from fieldops.process import Process

log = get_log()
ROLE = "api"
START_S = 10.0
DRAIN_S = 5
BACKLOG = 2048
MESSAGE_MOST = 64 * 1024


class _Server(uvicorn.Server):
    """uvicorn that leaves the signals to the process, for other roles live in it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_api(process: Process) -> None:
    """Serve HTTP and WebSockets until cancelled, then let requests in flight end (5 s).

    Raises:
        Prerequisite: the port is taken.
    """
    settings = process.settings
    listening = _listen(settings.api_host, settings.api_port)
    app = create_app(process)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=MESSAGE_MOST,
            timeout_graceful_shutdown=DRAIN_S,
        )
    )
    async with asyncio.TaskGroup() as group:
        hub = group.create_task(app.state.hub.run(), name="hub")
        serving = group.create_task(server.serve(sockets=[listening]), name="uvicorn")
        try:
            async with asyncio.timeout(START_S):
                await server.listening.wait()
            process.unready.discard(ROLE)
            log.info("api.listening", host=settings.api_host, port=listening.getsockname()[1])
            await asyncio.shield(serving)
        finally:
            # A cancelled group would cancel the server too; it must end by itself to drain.
            server.should_exit = True
            await asyncio.shield(_ended(serving))
            hub.cancel()


async def _ended(serving: "asyncio.Task[None]") -> None:
    """Wait for the drained end, no longer than it may take."""
    await asyncio.wait([serving], timeout=DRAIN_S + 2)


def _listen(host: str, port: int) -> socket.socket:
    """Bind before the server starts, so that a taken port is one clear line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "is taken: stop what listens there, or set FIELDOPS_API_PORT"
        else:
            reason = f"cannot be listened on ({error.strerror})"
        raise Prerequisite(f"port {port} of {host} {reason}") from error
    # asyncio sets it only on sockets whose protocol number is not 0; without it an answer in two
    # writes waits for the client's delayed acknowledgement (measured: 51 ms a request, then 7).
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
