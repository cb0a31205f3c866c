"""A whole hub on services of a bench's own: ingest, and geo that follows it, with fences."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.conditions import Hub
from bench.own_stack import own_stack
from bench.rig import Rig, allow_sockets, await_lease, rig
from bench.worker import working
from fieldops.settings import Settings
from fieldops.stack import Ports
from fieldops.stack.progress import Progress


@dataclass(frozen=True, slots=True)
class OwnHub:
    """The rig, its two workers, and the ports of the services under it."""

    bed: Rig
    hub: Hub
    ports: Ports


@asynccontextmanager
async def own_hub(settings: Settings, devices: int, progress: Progress) -> AsyncIterator[OwnHub]:
    """Start services and workers with room for so many devices, and take all down at the end."""
    allow_sockets(2 * devices + 1000)
    with tempfile.TemporaryDirectory(prefix="fieldops-bench-") as folder:
        async with (
            own_stack(settings, progress) as (own, urls, ports),
            rig(own, urls, Path(folder)) as bed,
            working(["ingest"], bed.env, bed.folder) as ingest,
            working(["geo"], bed.env, bed.folder) as geo,
        ):
            for role in ("ingest", "geo"):
                await await_lease(await bed.pool(), role)
            yield OwnHub(bed, Hub(ingest, geo), ports)
