"""The local stack: real services, no container engine, no root, one folder.

PostgreSQL 17 with TimescaleDB and PostGIS, Valkey, Mosquitto and an S3 server, unpacked from
Debian packages, on loopback, with generated secrets. The rest of the program only knows URLs:
any of these may as well be elsewhere.
"""

from fieldops.stack.layout import Ports, ports_from, root_from
from fieldops.stack.lifecycle import (
    ServiceStatus,
    StackUrls,
    chromium,
    down,
    install,
    logs,
    promtool,
    status,
    subscriber,
    up,
    urls,
)
from fieldops.stack.progress import SILENT, Lines, Progress, progress_on

__all__ = [
    "SILENT",
    "Lines",
    "Ports",
    "Progress",
    "ServiceStatus",
    "StackUrls",
    "chromium",
    "down",
    "install",
    "logs",
    "ports_from",
    "progress_on",
    "promtool",
    "root_from",
    "status",
    "subscriber",
    "up",
    "urls",
]
