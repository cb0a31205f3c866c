"""The command line from outside: what it answers, how it ends, and that `up` keeps its promise."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from fieldops import stack
from fieldops.stack.layout import locate
from simulators.office import Office
from tests.e2e.hub import FIELDOPS, PASSWORD, Hub, environment, fieldops, tail

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

UP_S = 90.0
STOP_S = 40.0
LYON_BOX = [4.5, 45.5, 5.2, 46.0]
OURS = (b"fieldops\0", b"dispatch.engine.worker")


@pytest.fixture(scope="module")
def home() -> Iterator[dict[str, str]]:
    """The environment of a machine of its own; only the unpacked programs are shared."""
    folder = Path(tempfile.mkdtemp(prefix="fieldops-up-"))
    folder.chmod(0o755)
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(6)]
        ports = [probe.getsockname()[1] for probe in probes]
    names = ("stack_postgres", "stack_valkey", "stack_mqtt", "stack_s3", "api", "metrics")
    env = environment(
        home=folder / ".fieldops",
        cache=locate(stack.root_from(os.environ)).store,
        **{f"{name}_port": port for name, port in zip(names, ports, strict=True)},
    )
    yield env
    subprocess.run([*FIELDOPS, "stack", "down"], env=env, check=False, timeout=60)
    shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Up:
    """`fieldops up`, running, and what it says."""

    process: "subprocess.Popen[bytes]"
    said: Path
    env: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.env['FIELDOPS_API_PORT']}"

    def office(self) -> Office:
        access = json.loads((Path(self.env["FIELDOPS_HOME"]) / "demo.json").read_text())
        return Office(self.url, access["tenant"], "direction", access["password"])

    async def shows_the_address(self) -> None:
        async with asyncio.timeout(UP_S):
            while "Ctrl-C" not in tail(self.said):
                assert self.process.poll() is None, tail(self.said)
                await asyncio.sleep(0.1)
        assert self.url in tail(self.said)

    async def ends(self) -> int:
        return await asyncio.to_thread(self.process.wait, STOP_S)


@pytest.fixture
def up(home: Mapping[str, str], tmp_path: Path) -> Iterator[Callable[..., Up]]:
    """Start `fieldops up` with options; killed at the end if it still runs."""
    started: list[Up] = []

    def start(*options: str) -> Up:
        said = tmp_path / f"up-{len(started)}.out"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [*FIELDOPS, "up", *options],
                env=dict(home),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        started.append(Up(process, said, home))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
            each.process.wait(STOP_S)


def _running(home: Mapping[str, str]) -> list[str]:
    """Return the command lines of this home's processes of ours; its services are not."""
    mark = f"FIELDOPS_HOME={home['FIELDOPS_HOME']}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue  # gone meanwhile, or not ours to read
        if mark in variables and any(name in line for name in OURS):
            found.append(line.replace(b"\0", b" ").decode())
    return found


async def _nothing_is_left(home: Mapping[str, str]) -> None:
    async with asyncio.timeout(STOP_S):
        while _running(home):
            await asyncio.sleep(0.2)


async def test_up_shows_within_a_minute_that_everything_moves_and_stops_cleanly(
    home: Mapping[str, str], up: Callable[..., Up]
) -> None:
    first = up("--speed", "20")
    await first.shows_the_address()
    shown = time.monotonic()

    second = await fieldops(home, "up")
    assert second.status == 1
    assert len(second.err.strip().splitlines()) == 1
    assert f"already running here as process {first.process.pid}" in second.err
    async with first.office() as office:
        moved = asyncio.create_task(_positions_move(first, office))
        await _first_acceptance(office)
        await moved
    assert time.monotonic() - shown < 60

    first.process.send_signal(signal.SIGINT)
    assert await first.ends() == 0, tail(first.said)
    assert _running(home) == []
    status = await fieldops(home, "stack", "status", "--json")
    assert {row["state"] for row in json.loads(status.out)} == {"stopped"}


async def test_a_killed_up_leaves_no_orphan_and_up_works_again(
    home: Mapping[str, str], up: Callable[..., Up]
) -> None:
    first = up("--speed", "20")
    await first.shows_the_address()
    assert len(_running(home)) >= 4  # itself, the hub, a solver, the simulator

    first.process.kill()
    first.process.wait()
    await _nothing_is_left(home)

    again = up("--no-simulate")
    await again.shows_the_address()
    again.process.send_signal(signal.SIGTERM)
    assert await again.ends() == 0, tail(again.said)
    assert _running(home) == []


async def test_a_taken_port_is_one_line_that_names_it_and_the_setting(
    home: Mapping[str, str],
) -> None:
    port = int(home["FIELDOPS_API_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        said = await fieldops(home, "up")

    assert said.status == 1
    assert len(said.err.strip().splitlines()) == 1
    assert f"port {port}" in said.err
    assert "FIELDOPS_API_PORT" in said.err


async def test_two_ups_at_once_are_one_that_runs_and_one_that_says_so(
    up: Callable[..., Up],
) -> None:
    both = [up("--no-simulate"), up("--no-simulate")]
    async with asyncio.timeout(30):
        while all(each.process.poll() is None for each in both):
            await asyncio.sleep(0.05)
    loser, winner = sorted(both, key=lambda each: each.process.poll() is None)

    await winner.shows_the_address()
    assert loser.process.returncode == 1
    assert len(tail(loser.said).strip().splitlines()) == 1
    assert "already running" in tail(loser.said)
    winner.process.send_signal(signal.SIGINT)
    assert await winner.ends() == 0


async def _first_acceptance(office: Office) -> None:
    async with asyncio.timeout(60):
        while True:
            rows = await office.all("/assignments")
            if any(row["state"] in ("accepted", "started", "done") for row in rows):
                return
            await asyncio.sleep(0.5)


async def _positions_move(up: Up, office: Office) -> None:
    """Look at the map over its socket until three devices have moved."""
    places: dict[str, tuple[float, float]] = {}
    moved: set[str] = set()
    url = up.url.replace("http", "ws", 1) + "/api/v1/live"
    async with asyncio.timeout(60), connect(url, proxy=None) as socket:
        await socket.send(json.dumps({"token": await office.token()}))
        wanted = {"map": {"bbox": LYON_BOX, "zoom": 14}, "assignments": True, "since": None}
        await socket.send(json.dumps({"subscribe": wanted}))
        async for text in socket:
            frame = json.loads(text)
            for device, lon, lat, *_ in frame.get("fixes") or frame.get("snapshot", {}).get(
                "fixes", ()
            ):
                if places.setdefault(device, (lon, lat)) != (lon, lat):
                    moved.add(device)
            if len(moved) >= 3:
                return


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 2),
        (("nonsense",), 2),
        (("settings", "--nonsense"), 2),
        (("run", "nonsense"), 2),
        (("simulate", "--speed", "61"), 2),
        (("tenant", "drop", "nobody"), 2),
        (("tenant", "suspend", "nobody-at-all"), 1),
        (("device", "list", "--tenant", "nobody-at-all"), 1),
        (("stack", "logs", "nonsense"), 1),
        (("settings",), 0),
        (("--help",), 0),
    ],
    ids=str,
)
async def test_the_exit_status_says_whose_fault_it_is(
    hub: Hub, arguments: tuple[str, ...], status: int
) -> None:
    said = await fieldops(hub.env, *arguments)

    assert said.status == status, said.err
    assert "Traceback" not in said.err
    if status == 1:
        assert len(said.err.strip().splitlines()) == 1


async def test_a_setting_outside_its_limits_is_one_line_that_names_it(hub: Hub) -> None:
    said = await fieldops({**hub.env, "FIELDOPS_API_PORT": "99999"}, "run", "api")

    assert said.status == 2
    assert len(said.err.strip().splitlines()) == 1
    assert "FIELDOPS_API_PORT" in said.err
    assert "99999" in said.err


async def test_what_programs_read_is_json(hub: Hub) -> None:
    slug = f"e2e-{secrets.token_hex(5)}"
    create = ("tenant", "create", slug, "--name", "Essai", "--country", "FR", "--json")
    who = ("--profile", "manager", "--name", "Zoé", "--json")
    purpose = ("--tenant", slug, "--purpose", "dispatch", "--json")

    assert (await _json(hub, *create))["slug"] == slug
    assert (await _json(hub, *create))["status"] == "active"
    user = await _json(hub, "user", "create", slug, "zoe", *who, typed=f"{PASSWORD}\n")
    assert user["login"] == "zoe"
    device = await _json(hub, "device", "add", "van-1", *purpose)
    assert len(device["password"]) >= 16
    listed = await _json(hub, "device", "list", "--tenant", slug, "--json")
    assert [row["name"] for row in listed] == ["van-1"]
    revoked = await _json(hub, "device", "revoke", "van-1", "--tenant", slug, "--json")
    assert revoked["status"] == "revoked"
    assert slug in [row["slug"] for row in await _json(hub, "tenant", "list", "--json")]
    settings = {row["variable"]: row["value"] for row in await _json(hub, "settings", "--json")}
    assert settings["FIELDOPS_CONTROL_DATABASE"] == hub.env["FIELDOPS_CONTROL_DATABASE"]
    assert {row["outcome"] for row in await _json(hub, "migrate", "--json")} == {"current"}


async def test_a_password_too_short_is_refused_before_anything_is_made(hub: Hub) -> None:
    who = ("--profile", "manager", "--name", "Zoé")
    said = await fieldops(hub.env, "user", "create", "nobody", "zoe", *who, typed="short\n")

    assert (said.status, said.out) == (2, "")
    assert "short" not in said.err.replace("shorter", "")


async def _json(hub: Hub, *arguments: str, typed: str = "") -> Any:
    return json.loads((await hub.do(*arguments, typed=typed)).out)
