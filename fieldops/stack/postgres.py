"""PostgreSQL 17 with TimescaleDB and PostGIS."""

import shutil
import signal
from pathlib import Path

import psycopg

from fieldops.errors import Prerequisite
from fieldops.stack.credentials import SUPERUSER, Credentials
from fieldops.stack.layout import Layout
from fieldops.stack.processes import Process, Service, process_name, run_as_service

NAME = "postgres"
_TIME_ZONES = Path("/usr/share/zoneinfo")

# Every tenant is a database: its pool draws on max_connections, its TimescaleDB scheduler on
# max_worker_processes. Statements and parameters hold positions of people: neither is logged.
_SETTINGS = """# Written by `fieldops stack up`; changes are lost at the next start.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
password_encryption = 'scram-sha-256'
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
timescaledb.max_background_workers = 32
max_worker_processes = 80
max_locks_per_transaction = 256
shared_buffers = 256MB
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 1GB
fsync = on
synchronous_commit = on
max_wal_size = 2GB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
"""
_ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"


def process(layout: Layout) -> Process:
    # SIGINT is the "fast" stop: open sessions are ended, everything is written.
    return Process(NAME, "postgres", str(layout.folder(NAME) / "data"), signal.SIGINT)


def postgres(layout: Layout, image: Path, port: int, credentials: Credentials) -> Service:
    """Describe the server; its superuser is `fieldops`."""
    data = layout.folder(NAME) / "data"
    binaries = image / "usr/lib/postgresql/17/bin"
    environment = {
        "PROJ_DATA": str(image / "usr/share/proj"),
        "GDAL_DATA": str(image / "usr/share/gdal"),
        "LOCPATH": str(image / "usr/lib/locale"),
    }

    def prepare() -> None:
        if not (_TIME_ZONES / "UTC").exists():
            raise Prerequisite(f"no time zones in {_TIME_ZONES}: install Debian's tzdata")
        layout.give_folder(layout.folder(NAME))
        if not data.exists():
            _initialise(layout, binaries / "initdb", data, credentials.postgres, environment)
        layout.write(data / "postgresql.conf", _SETTINGS)
        layout.write(data / "pg_hba.conf", _ACCESS)
        _forget_dead_postmaster(data / "postmaster.pid")

    def answers() -> None:
        address = url(port, credentials)
        with psycopg.connect(address, connect_timeout=5) as connection:
            connection.execute("select 1")

    return Service(
        process=process(layout),
        port=port,
        program=binaries / "postgres",
        arguments=lambda: ("-D", str(data), "-p", str(port)),
        environment=environment,
        prepare=prepare,
        answers=answers,
    )


def url(port: int, credentials: Credentials) -> str:
    return f"postgresql://{SUPERUSER}:{credentials.postgres}@127.0.0.1:{port}/postgres"


def _initialise(
    layout: Layout, initdb: Path, data: Path, password: str, environment: dict[str, str]
) -> None:
    """Make the data folder beside its place and rename it: a killed run leaves none."""
    fresh, secret = data.with_name("data.new"), data.with_name("password")
    shutil.rmtree(fresh, ignore_errors=True)
    layout.write(secret, password)
    options = ["-D", str(fresh), "-U", SUPERUSER, "-E", "UTF8", "--auth=scram-sha-256"]
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
    pwfile = [f"--pwfile={secret}"]
    try:
        run_as_service(layout, data.parent, [str(initdb), *options, *locale, *pwfile], environment)
    finally:
        secret.unlink()
    fresh.rename(data)


def _forget_dead_postmaster(path: Path) -> None:
    """Remove a lock file whose pid now belongs to some other program.

    PostgreSQL sees itself that a pid is dead, but takes any living one of its user for a server.
    """
    try:
        pid = int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if process_name(pid) not in {None, "postgres"}:
        path.unlink()
