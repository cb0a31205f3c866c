"""Services of a bench's own, to be killed: another folder, other ports, the same programs."""

import asyncio
import os
import random
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fieldops import stack
from fieldops.errors import Prerequisite
from fieldops.local import service_urls
from fieldops.process import Urls
from fieldops.settings import Settings
from fieldops.stack.layout import locate
from fieldops.stack.processes import port_is_free
from fieldops.stack.progress import Progress

CACHE = "FIELDOPS_CACHE"
# Below the ports the kernel gives to those who connect: a client that calls a port nobody listens
# on may be given that very port, and then meets itself.
_PORTS = range(20_000, 32_000)


@asynccontextmanager
async def own_stack(
    settings: Settings, progress: Progress
) -> AsyncIterator[tuple[Settings, Urls, stack.Ports]]:
    """Bring a new stack up beside the one of `settings`; remove it with its data at the end."""
    root = settings.home / f"bench-{secrets.token_hex(4)}"
    cache = os.environ.get(CACHE)
    os.environ[CACHE] = str(locate(settings.home).store)
    ports = stack.Ports(*free_ports(4))
    own = Settings(
        home=root,
        postgres_url=None,
        valkey_url=None,
        mqtt_admin_url=None,
        mqtt_ingest_url=None,
        s3_url=None,
    )
    try:
        await asyncio.to_thread(stack.up, root, ports, progress=progress)
        yield own, service_urls(own), ports
    finally:
        await asyncio.to_thread(_remove, root)
        os.environ.pop(CACHE)
        if cache is not None:
            os.environ[CACHE] = cache


def pid_of(root: Path, service: str) -> int | None:
    """Return the pid of one service of a stack, None when it does not run."""
    return next(found.pid for found in stack.status(root) if found.name == service)


def _remove(root: Path) -> None:
    with suppress(Prerequisite):
        stack.down(root)
    shutil.rmtree(locate(root).home, ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on."""
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.choice(_PORTS)  # noqa: S311 - no secret
        if port not in chosen and port_is_free(port):
            chosen.append(port)
    return chosen
