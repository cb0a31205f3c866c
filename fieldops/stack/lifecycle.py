"""Brings the stack up and down and says how it is.

`up` is idempotent: it starts what does not run and waits until everything answers. What runs is
read from the process table, never from a file that a crash could leave behind.
"""

import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from fieldops.errors import NotFound, Prerequisite, Unavailable
from fieldops.stack import mosquitto, postgres, s3, valkey
from fieldops.stack.credentials import Credentials, credentials_in
from fieldops.stack.debian.chromium import chromium_in
from fieldops.stack.debian.image import Recipe, build
from fieldops.stack.layout import Layout, Ports, locate
from fieldops.stack.locking import locked
from fieldops.stack.processes import Process, Service, check_port, find, start, stop
from fieldops.stack.progress import SILENT, Progress

SERVICES = (postgres.NAME, valkey.NAME, mosquitto.NAME, s3.NAME)
_RECIPE = Recipe(
    name="services",
    packages=(
        "postgresql-17",
        "postgresql-17-postgis-3",
        "postgresql-17-timescaledb",
        "valkey-server",
        "mosquitto",
    ),
    programs=(
        "usr/lib/postgresql/17/bin/initdb",
        "usr/lib/postgresql/17/bin/postgres",
        "usr/lib/postgresql/17/bin/pg_dump",
        "usr/lib/postgresql/17/bin/psql",
        "usr/bin/valkey-server",
        "usr/bin/valkey-cli",
        "usr/sbin/mosquitto",
    ),
    links=(("usr/share/postgresql/17/extension/postgis.control", "postgis-3.control"),),
)
# What only benches and checks run: the peer of our subscriber, the checker of alert rules.
_SUBSCRIBER = Recipe(
    name="subscriber", packages=("mosquitto-clients",), programs=("usr/bin/mosquitto_sub",)
)
_PROMTOOL = Recipe(name="promtool", packages=("prometheus",), programs=("usr/bin/promtool",))
_LOCK_S, _READY_S, _STOP_S = 900.0, 120.0, 30.0
_STARTS = 4
_SEEN_S, _POLL_S = 5.0, 0.1


@dataclass(frozen=True, slots=True)
class StackUrls:
    """Where the services are, secrets included.

    Attributes:
        postgres: the superuser's, database `postgres`.
        valkey: database 0.
        mqtt: of the dynamic-security administrator, who may provision and nothing else.
        mqtt_ingest: of the service user that reads devices; provisioning makes it.
        s3: user and password are the access and the secret key.
    """

    postgres: str
    valkey: str
    mqtt: str
    mqtt_ingest: str
    s3: str


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """`dead` means it should run, for it was brought up, and does not."""

    name: str
    state: Literal["running", "stopped", "dead"]
    pid: int | None
    port: int


@dataclass(frozen=True, slots=True)
class _State:
    """What the last `up` or `down` wanted."""

    wanted: bool
    ports: Ports


def install(root: Path, *, progress: Progress) -> None:
    """Download and unpack what the stack runs, starting nothing."""
    _install(locate(root), progress)


def chromium(root: Path, *, progress: Progress) -> Path:
    """Return the path of a Chromium that starts; unpacked when the machine has none."""
    return chromium_in(locate(root).store, progress=progress)


def subscriber(root: Path, *, progress: Progress) -> Path:
    """Return the path of mosquitto_sub, downloaded and unpacked when it is not there."""
    image = build(locate(root).store, _SUBSCRIBER, progress=progress)
    return image / _SUBSCRIBER.programs[0]


def promtool(root: Path, *, progress: Progress) -> Path:
    """Return the path of Prometheus' promtool, downloaded and unpacked when it is not there."""
    image = build(locate(root).store, _PROMTOOL, progress=progress)
    return image / _PROMTOOL.programs[0]


def up(root: Path, ports: Ports, *, progress: Progress) -> StackUrls:
    """Start what does not run, wait until all answers, return the addresses.

    Raises:
        Prerequisite: a port is taken, the folder is another user's, a tool is missing.
        Unavailable: a service does not come up; the message ends with its last log line.
    """
    layout = locate(root)
    with locked(layout.root / "lock", limit_s=_LOCK_S, progress=progress):
        image = _install(layout, progress)
        credentials = credentials_in(layout.root, data=layout.folder(postgres.NAME) / "data")
        services = _services(layout, image, ports, credentials)
        running = {service.name for service in services if find(service.process, layout)}
        _check_ports(layout, services, running)
        _save(layout, _State(wanted=True, ports=ports))
        for service in services:
            if service.name not in running:
                _start(service, layout)
        for service in services:
            _await(service, layout)
            word = "runs" if service.name in running else "started"
            progress.say(f"{service.name} {word} on 127.0.0.1:{service.port}")
    return _urls(ports, credentials)


def urls(root: Path) -> StackUrls:
    """Return the addresses of a stack that is up.

    Raises:
        Prerequisite: it is not.
    """
    layout = locate(root)
    state = _state(layout)
    if not state.wanted:
        raise Prerequisite(f"the stack of {root} is down: run fieldops stack up")
    data = layout.folder(postgres.NAME) / "data"
    return _urls(state.ports, credentials_in(layout.root, data=data))


def _urls(ports: Ports, credentials: Credentials) -> StackUrls:
    return StackUrls(
        postgres=postgres.url(ports.postgres, credentials),
        valkey=valkey.url(ports.valkey, credentials),
        mqtt=mosquitto.url(ports.mqtt, credentials),
        mqtt_ingest=mosquitto.ingest_url(ports.mqtt, credentials),
        s3=s3.url(ports.s3, credentials),
    )


def down(root: Path, *, progress: Progress = SILENT) -> None:
    """Stop what runs, cleanly; what does not stop in 30 s is killed."""
    layout = locate(root)
    with locked(layout.root / "lock", limit_s=_LOCK_S, progress=progress):
        _save(layout, _State(wanted=False, ports=_state(layout).ports))
        for process in reversed(_processes(layout)):
            if stop(process, layout, limit_s=_STOP_S):
                progress.say(f"{process.name} stopped")


def status(root: Path) -> list[ServiceStatus]:
    """Say of each service whether it runs."""
    layout = locate(root)
    state = _state(layout)
    ports = asdict(state.ports)
    found = []
    for process in _processes(layout):
        pid = find(process, layout)
        idle: Literal["dead", "stopped"] = "dead" if state.wanted else "stopped"
        word: Literal["running", "stopped", "dead"] = "running" if pid else idle
        found.append(ServiceStatus(process.name, word, pid, ports[process.name]))
    return found


def logs(root: Path, service: str | None, lines: int) -> Iterator[tuple[str, str]]:
    """Yield (service, line) for the last `lines` lines of one service or of each.

    Raises:
        NotFound: no such service.
    """
    if service is not None and service not in SERVICES:
        raise NotFound(f"no service {service}; there are {', '.join(SERVICES)}")
    layout = locate(root)
    for name in SERVICES if service is None else (service,):
        yield from ((name, line) for line in _tail(layout.log(name), lines))


def _install(layout: Layout, progress: Progress) -> Path:
    image = build(layout.store, _RECIPE, progress=progress)
    s3.install_weed(layout.store)
    return image


def _services(layout: Layout, image: Path, ports: Ports, credentials: Credentials) -> list[Service]:
    return [
        postgres.postgres(layout, image, ports.postgres, credentials),
        valkey.valkey(layout, image, ports.valkey, credentials),
        mosquitto.mosquitto(layout, image, ports.mqtt, credentials),
        s3.s3(layout, ports.s3, credentials),
    ]


def _processes(layout: Layout) -> list[Process]:
    return [part.process(layout) for part in (postgres, valkey, mosquitto, s3)]


def _check_ports(layout: Layout, services: list[Service], running: set[str]) -> None:
    """Refuse before anything is started: half a stack helps nobody."""
    last = asdict(_state(layout).ports)
    for service in services:
        if service.name not in running:
            check_port(service.name, service.port)
        elif service.port != last[service.name]:
            raise Prerequisite(
                f"{service.name} already runs on port {last[service.name]}, "
                f"not {service.port}: stop the stack first (fieldops stack down)"
            )


def _start(service: Service, layout: Layout) -> None:
    """Start the service and wait until it is seen among the processes, or not in time."""
    service.prepare()
    start(service, layout)
    deadline = time.monotonic() + _SEEN_S
    while find(service.process, layout) is None and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _await(service: Service, layout: Layout) -> None:
    """Wait until the service answers, starting it again when it ends before that.

    It may: children of a server that was killed keep its memory or port for a moment.
    """
    deadline, starts, reason = time.monotonic() + _READY_S, 1, "did not answer"
    while time.monotonic() < deadline:
        try:
            service.answers()
        except Exception as error:  # noqa: BLE001 - four clients' errors; the last is reported
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        else:
            return
        if find(service.process, layout) is None:
            if starts == _STARTS:
                last = _tail(layout.log(service.name), 1) or [reason]
                raise Unavailable(f"{service.name} does not start: {last[0]}")
            starts += 1
            time.sleep(1.0)
            _start(service, layout)
        time.sleep(_POLL_S)
    raise Unavailable(f"{service.name} runs but does not answer after {_READY_S:.0f} s: {reason}")


def _tail(path: Path, lines: int) -> list[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n") for line in deque(file, maxlen=lines)]
    except FileNotFoundError:
        return []


def _state(layout: Layout) -> _State:
    try:
        read = json.loads((layout.root / "state.json").read_text())
        return _State(wanted=bool(read["wanted"]), ports=Ports(**read["ports"]))
    except (OSError, ValueError, TypeError, KeyError):
        return _State(wanted=False, ports=Ports())


def _save(layout: Layout, state: _State) -> None:
    fresh = layout.root / "state.json.new"
    fresh.write_text(json.dumps(asdict(state)))
    fresh.replace(layout.root / "state.json")
