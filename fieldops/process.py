"""What a process holds: settings, the control pool, the tenants, Valkey, and an orderly end.

A role is a coroutine `run_x(process)`; a process is a TaskGroup of roles. Roles share only the
databases, the broker and Valkey, so one process or thirty are the same code.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from fieldops.database import Pool, open_pool, with_database
from fieldops.errors import FieldopsError
from fieldops.log import get_log
from fieldops.schema.migrate import head
from fieldops.settings import Settings
from fieldops.tenancy import Tenants

log = get_log()
DRAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the four services are; all set, whoever runs them. They carry secrets."""

    postgres: str = field(repr=False)
    valkey: str = field(repr=False)
    mqtt_admin: str = field(repr=False)
    mqtt_ingest: str = field(repr=False)
    s3: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Process:
    """One process's connections, shared by its roles; `ready` names what is not ready yet."""

    settings: Settings
    urls: Urls
    control: Pool
    tenants: Tenants
    valkey: Redis
    unready: set[str] = field(default_factory=set)


Role = Callable[[Process], Awaitable[None]]


@asynccontextmanager
async def open_process(settings: Settings, urls: Urls, *, name: str) -> AsyncIterator[Process]:
    """Connect, and close everything at the end.

    Raises:
        Unavailable: the control database does not answer.
    """
    control = await open_pool(
        with_database(urls.postgres, settings.control_database), name=name, most=4
    )
    valkey = Redis.from_url(
        urls.valkey,
        socket_connect_timeout=2.0,
        socket_timeout=5.0,
        retry=Retry(NoBackoff(), 0),
        max_connections=200,
    )
    tenants = Tenants(
        control, urls.postgres, pool_max=settings.pool_max, name=name, revision=head("tenant")
    )
    try:
        yield Process(settings, urls, control, tenants, valkey)
    finally:
        await tenants.close()
        await valkey.aclose()
        with suppress(TimeoutError):
            async with asyncio.timeout(5.0):
                await control.close()


async def run_roles(process: Process, roles: Mapping[str, Role]) -> None:
    """Run the roles until SIGTERM or SIGINT, then let each drain.

    A role that fails ends the process with its error. Returning means the signal came.

    Raises:
        FieldopsError: what a role could not go on without.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    process.unready.update(roles)
    try:
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(_run(process, name, role), name=name)
                for name, role in roles.items()
            ]
            await stop.wait()
            log.info("process.stopping", roles=sorted(roles))
            for each in running:
                each.cancel()
    except* FieldopsError as errors:
        raise _first(errors) from None
    finally:
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(signum)


async def _run(process: Process, name: str, role: Role) -> None:
    log.info("role.started", role=name)
    try:
        await role(process)
    finally:
        log.info("role.ended", role=name)


def _first(errors: BaseExceptionGroup[FieldopsError]) -> FieldopsError:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, FieldopsError)
    return error
