"""Valkey: streams, the bell, leases. Kept on disk, though nothing may depend on it."""

from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from fieldops.stack.credentials import Credentials
from fieldops.stack.layout import Layout
from fieldops.stack.processes import Process, Service

NAME = "valkey"

# noeviction: an append that fails is counted and read from the database; a stream that loses
# its middle in silence is not. The title must stay the command line, by which we are found.
_SETTINGS = """# Written by `fieldops stack up`.
bind 127.0.0.1
protected-mode yes
port {port}
requirepass {password}
dir ./
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
daemonize no
set-proc-title no
"""


def process(layout: Layout) -> Process:
    return Process(NAME, "valkey-server", str(layout.folder(NAME) / "valkey.conf"))


def valkey(layout: Layout, image: Path, port: int, credentials: Credentials) -> Service:
    """Describe the server; its only user is the default one, with a password."""
    folder = layout.folder(NAME)
    settings = folder / "valkey.conf"

    def prepare() -> None:
        layout.give_folder(folder)
        layout.write(settings, _SETTINGS.format(port=port, password=credentials.valkey))

    def answers() -> None:
        with Redis.from_url(
            url(port, credentials), socket_timeout=5, retry=Retry(NoBackoff(), 0)
        ) as client:
            client.ping()

    return Service(
        process=process(layout),
        port=port,
        program=image / "usr/bin/valkey-server",
        arguments=lambda: (str(settings),),
        environment={},
        prepare=prepare,
        answers=answers,
    )


def url(port: int, credentials: Credentials) -> str:
    return f"redis://:{credentials.valkey}@127.0.0.1:{port}/0"
