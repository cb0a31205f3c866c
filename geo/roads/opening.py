"""Which roads a process uses, as its settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from fieldops.errors import BadInput
from fieldops.settings import Settings
from geo.roads.known import RoadNetwork
from geo.roads.network import Engine, GreatCircle, Roads
from geo.roads.osrm import Osrm
from geo.roads.valhalla import Valhalla, in_process, over_http


@asynccontextmanager
async def open_roads(settings: Settings) -> AsyncIterator[Roads]:
    """Lend the roads of the settings; closed at the end.

    Raises:
        BadInput: the kind needs a URL, or the URL is none. Prerequisite: pyvalhalla is missing.
    """
    kind, url = settings.roads_kind, settings.roads_url
    if kind == "great_circle":
        yield GreatCircle()
        return
    parts = urlsplit(url or "")
    if kind == "valhalla" and parts.scheme == "file":
        yield _network(settings, Valhalla(in_process(Path(parts.path))))
        return
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(
            f"FIELDOPS_ROADS_URL {url!r} is not the http address that kind {kind} needs",
            pointer="/FIELDOPS_ROADS_URL",
        )
    async with httpx.AsyncClient(
        base_url=url or "", timeout=settings.roads_timeout_s, trust_env=False
    ) as http:
        engine = Osrm(http) if kind == "osrm" else Valhalla(over_http(http))
        yield _network(settings, engine)


def _network(settings: Settings, engine: Engine) -> RoadNetwork:
    return RoadNetwork(
        engine, timeout_s=settings.roads_timeout_s, cells_most=settings.roads_cache_cells
    )
