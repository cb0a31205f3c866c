"""A stack of its own is brought up, down, killed and hindered; its programs are the shared ones."""

import base64
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import psycopg
import pytest
from minio import Minio
from paho.mqtt.enums import CallbackAPIVersion
from redis import Redis

from fieldops import stack
from fieldops.errors import NotFound, Prerequisite
from fieldops.stack.layout import Layout, locate, port_setting
from fieldops.stack.locking import locked
from fieldops.stack.progress import SILENT

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def ports() -> stack.Ports:
    """Ports that are free now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(4)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return stack.Ports(*(probe.getsockname()[1] for probe in probes))


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """A folder the services can reach, with the unpacked programs of the project's own."""
    folder = Path(tempfile.mkdtemp(prefix="fieldops stack "))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDOPS_CACHE", str(locate(stack.root_from(os.environ)).store))
        yield folder / ".fieldops"
        stack.down(folder / ".fieldops")
    shutil.rmtree(folder)


@pytest.fixture
def urls(root: Path, ports: stack.Ports) -> stack.StackUrls:
    """The stack, up."""
    return stack.up(root, ports, progress=SILENT)


def _query(urls: stack.StackUrls, statement: str, database: str = "postgres") -> object:
    address = f"{urls.postgres.rpartition('/')[0]}/{database}"
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def _bucket(urls: stack.StackUrls) -> Minio:
    parts = urlsplit(urls.s3)
    return Minio(
        f"{parts.hostname}:{parts.port}",
        access_key=parts.username,
        secret_key=parts.password,
        secure=False,
    )


def _read_object(urls: stack.StackUrls) -> bytes:
    with _bucket(urls).get_object("photos", "a/1.jpg") as answer:
        return bytes(answer.read())


def _states(root: Path) -> set[str]:
    return {service.state for service in stack.status(root)}


def _connect(url: str, password: str | None = None) -> str:
    """Return what the broker says to a client that logs in."""
    parts = urlsplit(url)
    said: list[str] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.username_pw_set(parts.username, password or parts.password)
    client.on_connect = lambda *arguments: said.append(str(arguments[3]))
    client.connect(parts.hostname or "", parts.port or 0)
    deadline = time.monotonic() + 10
    while not said and time.monotonic() < deadline:
        client.loop(0.1)
    client.disconnect()
    return said[0]


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def _stranger(layout: Layout) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program that is not ours as the user of the services."""
    identity = layout.identity
    uid = identity.uid if identity else None
    with subprocess.Popen(["sleep", "60"], cwd="/", user=uid) as process:
        yield process
        process.kill()


def test_data_survives_a_restart(root: Path, ports: stack.Ports, urls: stack.StackUrls) -> None:
    _query(urls, "create table kept as select 42 as answer")
    Redis.from_url(urls.valkey).set("kept", "yes")
    _bucket(urls).make_bucket("photos")
    _bucket(urls).put_object("photos", "a/1.jpg", io.BytesIO(b"\xff\xd8"), 2)

    stack.down(root)
    stopped = _states(root)
    again = stack.up(root, ports, progress=SILENT)

    assert stopped == {"stopped"}
    assert again == urls
    assert _states(root) == {"running"}
    assert _query(urls, "select answer from kept") == 42
    assert Redis.from_url(urls.valkey).get("kept") == b"yes"
    assert _read_object(urls) == b"\xff\xd8"
    assert _connect(urls.mqtt) == "Success"


def test_up_leaves_alone_what_runs(root: Path, ports: stack.Ports, urls: stack.StackUrls) -> None:
    before = stack.status(root)

    stack.up(root, ports, progress=SILENT)

    assert stack.status(root) == before


def test_up_recovers_from_a_kill_of_everything(
    root: Path, ports: stack.Ports, urls: stack.StackUrls
) -> None:
    _query(urls, "create table settled as select 7 as answer")
    for service in stack.status(root):
        assert service.pid is not None
        os.kill(service.pid, signal.SIGKILL)
    _until(lambda: _states(root) == {"dead"})

    stack.up(root, ports, progress=SILENT)

    assert _states(root) == {"running"}
    assert _query(urls, "select answer from settled") == 7


@pytest.mark.parametrize("name", ["postgres", "valkey", "mqtt", "s3"])
def test_up_recovers_from_a_kill_of_one(
    name: str, root: Path, ports: stack.Ports, urls: stack.StackUrls
) -> None:
    before = {service.name: service.pid for service in stack.status(root)}
    killed = before[name]
    assert killed is not None
    os.kill(killed, signal.SIGKILL)

    stack.up(root, ports, progress=SILENT)

    after = {service.name: service.pid for service in stack.status(root)}
    assert after[name] not in {killed, None}
    assert {k: v for k, v in after.items() if k != name} == {
        k: v for k, v in before.items() if k != name
    }


def test_a_lock_file_that_names_another_program_is_no_obstacle(
    root: Path, ports: stack.Ports, urls: stack.StackUrls
) -> None:
    """After a crash and a reboot the pid in it may be anybody's, who must not be touched."""
    layout = locate(root)
    lock_file = layout.folder("postgres") / "data/postmaster.pid"
    held = lock_file.read_text()
    stack.down(root)
    with _stranger(layout) as stranger:
        lock_file.write_text("\n".join([str(stranger.pid), *held.splitlines()[1:]]) + "\n")
        layout.give(lock_file, 0o600)

        stack.up(root, ports, progress=SILENT)
        stack.down(root)

        assert stranger.poll() is None


def test_a_taken_port_names_the_service_and_the_setting(
    root: Path, ports: stack.Ports, urls: stack.StackUrls
) -> None:
    stack.down(root)
    for name, port in asdict(ports).items():
        with socket.socket() as taker:
            taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taker.bind(("127.0.0.1", port))
            taker.listen()

            with pytest.raises(
                Prerequisite, match=rf"^port {port} for {name} is taken.*{port_setting(name)}$"
            ):
                stack.up(root, ports, progress=SILENT)

    assert "running" not in _states(root)


def test_another_port_than_the_running_one_is_refused(
    root: Path, ports: stack.Ports, urls: stack.StackUrls
) -> None:
    with pytest.raises(Prerequisite, match=rf"postgres already runs on port {ports.postgres}, not"):
        stack.up(root, replace(ports, postgres=ports.postgres - 1), progress=SILENT)

    assert _states(root) == {"running"}


def test_a_second_up_waits_for_the_first(
    root: Path, ports: stack.Ports, urls: stack.StackUrls
) -> None:
    setting = {port_setting(name): str(port) for name, port in asdict(ports).items()}
    command = [sys.executable, "-m", "fieldops.stack", "up"]
    environment = os.environ | setting | {"FIELDOPS_HOME": str(root)}
    with locked(root / "lock", limit_s=1, progress=SILENT):
        second = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert second.stderr is not None
        first_line = second.stderr.readline()
        assert second.poll() is None
    with second:
        rest = second.communicate(timeout=60)[1]

    assert first_line.startswith("waiting for another process")
    assert f"postgres runs on 127.0.0.1:{ports.postgres}" in rest
    assert second.returncode == 0


def test_a_tenant_database_has_its_extensions(urls: stack.StackUrls) -> None:
    _query(urls, "create database essai")
    for statement in (
        "create extension timescaledb",
        "create extension postgis",
        "create table fix (observed_at timestamptz not null, device_id int)",
        "select create_hypertable('fix', by_range('observed_at'))",
        "insert into fix values ('2026-11-22T08:00:00Z', 1)",
    ):
        _query(urls, statement, "essai")

    chunks = _query(urls, "select count(*) from show_chunks('fix')", "essai")
    lambert93 = _query(
        urls,
        "select st_astext(st_transform(st_setsrid(st_makepoint(4.8357, 45.7640), 4326), 2154), 0)",
        "essai",
    )

    assert chunks == 1
    assert lambert93 == "POINT(842667 6519924)"


def test_settings_the_program_counts_on(urls: stack.StackUrls) -> None:
    wanted = {
        "fsync": "on",
        "max_connections": "300",
        "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "timescaledb.telemetry_level": "off",
        "timescaledb.max_background_workers": "32",
        "unix_socket_directories": "",
    }

    assert {name: _query(urls, f"show {name}") for name in wanted} == wanted
    assert int(str(_query(urls, "show max_worker_processes"))) >= 64


def test_nobody_gets_in_without_the_secret(urls: stack.StackUrls) -> None:
    parts = urlsplit(urls.postgres)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(urls.postgres.replace(parts.password or "", "wrong"))

    assert _connect(urls.mqtt, "wrong") == "Not authorized"
    assert _connect("mqtt://127.0.0.1:" + str(urlsplit(urls.mqtt).port)) == "Not authorized"


def test_the_services_listen_on_loopback_only(root: Path, ports: stack.Ports) -> None:
    table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    listening = re.findall(r"^\s*\d+: (\S+):(\S+) \S+ 0A ", table, re.MULTILINE)
    loopback = base64.b16encode(bytes([127, 0, 0, 1])[::-1]).decode()

    for port in asdict(ports).values():
        assert [address for address, number in listening if int(number, 16) == port] == [loopback]


def test_logs_of_an_unknown_service_name_the_known(root: Path) -> None:
    with pytest.raises(NotFound, match="no service redis; there are postgres, valkey, mqtt, s3"):
        list(stack.logs(root, "redis", 5))

    assert 0 < len(list(stack.logs(root, "postgres", 5))) <= 5
