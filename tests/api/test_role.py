"""The api as a role: on a real port, beside others, with an orderly end."""

import asyncio
import socket

import httpx
import pytest

from api.role import run_api
from fieldops.errors import Prerequisite
from fieldops.observability import run_observability
from fieldops.process import Process

pytestmark = pytest.mark.services


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _on(process: Process, api: int, metrics: int) -> Process:
    """Return the process with ports of its own."""
    settings = process.settings.model_copy(update={"api_port": api, "metrics_port": metrics})
    return Process(
        settings,
        process.urls,
        process.control,
        process.tenants,
        process.valkey,
        {"api", "observability", "ingest"},
    )


async def _ready(process: Process, *names: str) -> None:
    async with asyncio.timeout(10):
        while process.unready & set(names):
            await asyncio.sleep(0.01)


async def test_it_is_ready_when_it_listens_and_ends_when_cancelled(process: Process) -> None:
    here = _on(process, _free_port(), 0)
    role = asyncio.create_task(run_api(here))
    await _ready(here, "api")

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{here.settings.api_port}") as http:
        alive = await http.get("/healthz")
        ready = await http.get("/readyz")
    role.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait([role])

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["unready"]) == (503, ["ingest", "observability"])
    assert role.cancelled()
    with socket.create_server(("127.0.0.1", here.settings.api_port)):
        pass


async def test_a_request_in_flight_is_answered_before_the_end(process: Process) -> None:
    here = _on(process, _free_port(), 0)
    role = asyncio.create_task(run_api(here))
    await _ready(here, "api")
    body = {"tenant": "nowhere", "login": "x", "password": "takes a while to hash"}

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{here.settings.api_port}") as http:
        request = asyncio.create_task(http.post("/api/v1/auth/login", json=body))
        await asyncio.sleep(0.05)
        role.cancel()
        answer = await request
    async with asyncio.timeout(10):
        await asyncio.wait([role])

    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["API", "METRICS"])
async def test_a_taken_port_is_one_line_that_says_what_to_do(process: Process, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        role = run_api if name == "API" else run_observability
        with pytest.raises(Prerequisite, match=f"port {port} .*FIELDOPS_{name}_PORT"):
            await role(_on(process, port, port))


async def test_the_internal_port_tells_numbers_and_readiness_without_the_api(
    process: Process,
) -> None:
    here = _on(process, 0, _free_port())
    role = asyncio.create_task(run_observability(here))
    await _ready(here, "observability")

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{here.settings.metrics_port}") as http:
        metrics = await http.get("/metrics")
        alive = await http.get("/healthz")
        unready = await http.get("/readyz")
        here.unready.clear()
        ready = await http.get("/readyz")
        nothing = await http.get("/")
        refused = await http.post("/metrics")
    role.cancel()
    await asyncio.wait([role])

    assert "fieldops_loop_lag_seconds" in metrics.text
    assert "process_resident_memory_bytes" in metrics.text
    assert [r.status_code for r in (alive, unready, ready, nothing, refused)] == [
        200,
        503,
        200,
        404,
        405,
    ]
    assert unready.json()["unready"] == ["api", "ingest"]
