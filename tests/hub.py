"""A whole hub inside the test's own process: every role, and the port of its metrics."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from fieldops.observability import ROLE, run_observability
from fieldops.process import Process, Role
from fieldops.roles import ROLES

READY_S = 20.0


@dataclass(frozen=True, slots=True)
class Hub:
    """Where the running hub is."""

    base_url: str
    metrics_url: str


@asynccontextmanager
async def running_hub(process: Process) -> AsyncIterator[Hub]:
    """Run every role in the meantime, on free ports."""
    api_port, metrics_port = _free_port(), _free_port()
    ports = {"api_port": api_port, "metrics_port": metrics_port}
    roles = ROLES | {ROLE: run_observability}
    process = replace(
        process, settings=process.settings.model_copy(update=ports), unready=set(roles)
    )
    async with asyncio.TaskGroup() as group:
        playing = [group.create_task(_play(process, role)) for role in roles.values()]
        try:
            async with asyncio.timeout(READY_S):
                while process.unready:
                    await asyncio.sleep(0.05)
            yield Hub(f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{metrics_port}/metrics")
        finally:
            for each in playing:
                each.cancel()


async def _play(process: Process, role: Role) -> None:
    await role(process)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
