"""A hub as people run it: processes of the command line with ports and a control database of their
own, on the services that run already."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from fieldops.process import Urls, open_process
from fieldops.schema.provision import drop_database
from fieldops.settings import Settings
from identity.tenants import drop_tenant

READY_S = 60.0
STOP_S = 20.0
FIELDOPS = (sys.executable, "-m", "fieldops")
BUCKETS = "fieldops-e2e-"
PASSWORD = "tournevis-isolé-13"
# Where the running stack is; everything else in the caller's environment is not ours to inherit.
_KEPT = ("FIELDOPS_HOME", "FIELDOPS_CACHE", "FIELDOPS_APT_MIRROR")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def environment(**settings: object) -> dict[str, str]:
    """Return an environment with these FIELDOPS_ settings, and on the running stack no other."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FIELDOPS_") or k in _KEPT}
    return kept | {f"FIELDOPS_{name.upper()}": str(value) for name, value in settings.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str


async def fieldops(
    env: Mapping[str, str], *arguments: str, typed: str = "", timeout_s: float = 60.0
) -> Said:
    """Run a command to its end."""
    process = await asyncio.create_subprocess_exec(
        *FIELDOPS,
        *arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(env),
    )
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate(typed.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


@dataclass(frozen=True, slots=True)
class Hub:
    """Running processes that are one hub."""

    env: Mapping[str, str]
    processes: Sequence["subprocess.Popen[bytes]"]
    log: Path

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.env['FIELDOPS_API_PORT']}"

    @property
    def alive(self) -> bool:
        return all(process.poll() is None for process in self.processes)

    async def do(self, *arguments: str, typed: str = "") -> Said:
        """Run a command on this hub's databases; it must succeed."""
        said = await fieldops(self.env, *arguments, typed=typed)
        assert said.status == 0, said.err
        return said

    async def tenant(self, name: str = "Élec Sud", *, tz: str = "Europe/Paris") -> str:
        """Create a tenant with a manager `direction` and an administrator `admin`."""
        slug = f"e2e-{secrets.token_hex(5)}"
        await self.do("tenant", "create", slug, "--name", name, "--country", "FR", "--tz", tz)
        for login, shown, profile in (
            ("direction", "Denis Direction", "manager"),
            ("admin", "Ada Administration", "admin"),
        ):
            who = ("--profile", profile, "--name", shown)
            await self.do("user", "create", slug, login, *who, typed=f"{PASSWORD}\n")
        return slug


ONE_PROCESS = (("all",),)
ONE_EACH = (("ingest",), ("geo",), ("dispatch",), ("api",))


def tail(log: Path) -> str:
    """Return the end of a log, for a failure to say what happened."""
    return log.read_text("utf-8", errors="replace")[-3000:]


@asynccontextmanager
async def running(
    urls: Urls, folder: Path, layout: Sequence[Sequence[str]] = ONE_PROCESS, **services: str
) -> AsyncIterator[Hub]:
    """Run a hub, one process for each element of the layout; drop all it made at the end.

    `services` are settings of the processes alone, not of the commands beside them. Each process
    must end by itself with status 0 when it is told to.
    """
    control = f"fieldops_control_e2e_{secrets.token_hex(4)}"
    env = environment(
        control_database=control,
        api_port=free_port(),
        s3_bucket_prefix=BUCKETS,
        lease_s=3,
        log_format="json",
    )
    log = folder / "hub.log"
    ways = {f"FIELDOPS_{name.upper()}": url for name, url in services.items()}
    migrated = await fieldops(env, "migrate")
    assert migrated.status == 0, migrated.err
    started: list[tuple[subprocess.Popen[bytes], int]] = []
    try:
        for roles in layout:
            port = free_port()
            with log.open("ab") as out:
                process = subprocess.Popen(  # noqa: ASYNC220 - it outlives this function's waits
                    [*FIELDOPS, "run", *roles],
                    env=env | ways | {"FIELDOPS_METRICS_PORT": str(port)},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                )
            started.append((process, port))
        for process, port in started:
            await _ready(process, port, log)
        yield Hub(env, [process for process, _ in started], log)
    finally:
        statuses = [await _stopped(process) for process, _ in started]
        await _drop_all(urls, control)
    assert statuses == [0] * len(started), tail(log)


async def _ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    async with asyncio.timeout(READY_S), httpx.AsyncClient(timeout=3.0) as http:
        while True:
            assert process.poll() is None, tail(log)
            try:
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def _stopped(process: "subprocess.Popen[bytes]") -> int | str:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return await asyncio.to_thread(process.wait, STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f"did not end within {STOP_S:.0f} s"


async def _drop_all(urls: Urls, control: str) -> None:
    settings = Settings(control_database=control, s3_bucket_prefix=BUCKETS)
    async with open_process(settings, urls, name="e2e") as process:
        for tenant in await process.tenants.all():
            await drop_tenant(process, tenant.slug)
    await drop_database(urls.postgres, control)
