"""What a process tells its operators: /metrics, /healthz and /readyz on a port of its own.

The port is internal and listens on loopback; no tenant's data is here, only numbers. The server
is a few lines of asyncio, for a worker without the api must not need one.
"""

import asyncio
import errno
import json
import time
from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from fieldops.database import CONNECTION_ERRORS
from fieldops.errors import Prerequisite
from fieldops.log import get_log
from fieldops.metrics import LOOP_LAG_S, POOL_CONNECTIONS, REGISTRY, UNREADY_ROLES
from fieldops.process import Process

log = get_log()
ROLE = "observability"
HOST = "127.0.0.1"
PROBE_S = 2.0
REQUEST_S = 5.0
LAG_EVERY_S = 1.0


async def run_observability(process: Process) -> None:
    """Serve until cancelled; with `metrics_port` 0 only watch the event loop.

    Raises:
        Prerequisite: the port is taken.
    """
    port = process.settings.metrics_port
    if port == 0:
        process.unready.discard(ROLE)
        await _watch_loop()
        return
    server = await _listen(process, port)
    async with server:
        process.unready.discard(ROLE)
        log.info("metrics.listening", port=port)
        await _watch_loop()


async def unready_parts(process: Process) -> list[str]:
    """Return the roles still starting and the services that do not answer within 2 s."""
    database, valkey = await asyncio.gather(_database_answers(process), _valkey_answers(process))
    missing = [] if database else ["control_database"]
    missing += [] if valkey else ["valkey"]
    return sorted(process.unready) + missing


async def _database_answers(process: Process) -> bool:
    try:
        async with asyncio.timeout(PROBE_S):
            await process.control.fetchval("select 1")
    except CONNECTION_ERRORS:
        return False
    return True


async def _valkey_answers(process: Process) -> bool:
    try:
        async with asyncio.timeout(PROBE_S):
            await process.valkey.ping()
    except (RedisError, OSError, TimeoutError):
        return False
    return True


async def _watch_loop() -> None:
    """Measure how late the loop wakes: a blocked loop is the first thing to suspect."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(LAG_EVERY_S)
        LOOP_LAG_S.set(max(0.0, time.perf_counter() - before - LAG_EVERY_S))


async def _listen(process: Process, port: int) -> asyncio.Server:
    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                line = await reader.readline()
                while (await reader.readline()).strip():
                    pass
                writer.write(await _answer(process, line.decode("latin-1").split()))
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # a probe that hung up or speaks something else
        finally:
            writer.close()

    try:
        return await asyncio.start_server(answered, HOST, port, limit=8192)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise Prerequisite(
            f"port {port} of {HOST} is taken: stop what listens there, or set "
            "FIELDOPS_METRICS_PORT (0: no metrics)"
        ) from error


async def _answer(process: Process, request: list[str]) -> bytes:
    """Return the whole HTTP response to a request line's words."""
    if len(request) != 3 or request[0] != "GET":
        return _response(405, "text/plain", b"GET only\n")
    match request[1].partition("?")[0]:
        case "/metrics":
            _refresh(process)
            return _response(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
        case "/healthz":
            return _response(200, "application/json", b'{"ready":true}')
        case "/readyz":
            unready = await unready_parts(process)
            body = json.dumps({"ready": not unready, "unready": unready}).encode()
            return _response(503 if unready else 200, "application/json", body)
        case _:
            return _response(404, "text/plain", b"/metrics /healthz /readyz\n")


def _refresh(process: Process) -> None:
    UNREADY_ROLES.set(len(process.unready))
    size, idle = process.control.get_size(), process.control.get_idle_size()
    POOL_CONNECTIONS.labels("idle").set(idle)
    POOL_CONNECTIONS.labels("busy").set(size - idle)


def _response(status: int, kind: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
