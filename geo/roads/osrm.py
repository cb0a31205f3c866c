"""OSRM over HTTP: the table and match services of its API v1.

https://project-osrm.org/docs/v5.24.0/api/. A server serves one graph, so a profile is only a word
in the path. Its default limits are 100 places for a table and 100 for a match
(`--max-table-size`, `--max-matching-size`).
"""

from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np

from fieldops.errors import Unavailable
from geo.roads.asking import asked
from geo.roads.network import Floats, Match, NoRoad, Profile, TrailPoint, senseless

PATHS: dict[Profile, str] = {"car": "driving", "truck": "driving"}
MATCH_MOST = 100
# No road within reach of a place; a place the graph does not cover.
_NO_ROAD = frozenset({"NoSegment", "NoTable", "NoRoute"})


class Osrm:
    """An OSRM server."""

    name = "osrm"
    side_most = 50

    def __init__(self, http: httpx.AsyncClient) -> None:
        """`http` has the server's base URL and its timeouts; the caller closes it."""
        self._http = http

    async def table(
        self, origins: Floats, targets: Floats, profile: Profile
    ) -> tuple[Floats, Floats]:
        n, m = len(origins), len(targets)
        places = _joined(np.concatenate([origins, targets]))
        body = await self._get(
            f"/table/v1/{PATHS[profile]}/{places}",
            {
                "sources": ";".join(map(str, range(n))),
                "destinations": ";".join(map(str, range(n, n + m))),
                "annotations": "duration,distance",
            },
        )
        if body.get("code") in _NO_ROAD:
            raise NoRoad
        if body.get("code") != "Ok":
            raise Unavailable(f"osrm: refuses the table ({body.get('code')!s:.40})")
        return _square(body, "durations", (n, m)), _square(body, "distances", (n, m))

    async def match(self, trail: Sequence[TrailPoint], profile: Profile) -> Match | None:
        places: list[tuple[float, float] | None] = []
        line: list[tuple[float, float]] = []
        metres = 0.0
        # Parts overlap by one point, so that no road between them is lost.
        for start in range(0, max(1, len(trail) - 1), MATCH_MOST - 1):
            part = await self._match(trail[start : start + MATCH_MOST], profile)
            if part is None:
                part = Match((None,) * len(trail[start : start + MATCH_MOST]), (), 0.0)
            places += part.places[1:] if start else part.places
            line += part.line
            metres += part.metres
        return Match(tuple(places), tuple(line), metres) if line else None

    async def _match(self, trail: Sequence[TrailPoint], profile: Profile) -> Match | None:
        body = await self._get(
            f"/match/v1/{PATHS[profile]}/{_joined(np.array([(p.lon, p.lat) for p in trail]))}",
            {
                "timestamps": ";".join(str(int(p.at.timestamp())) for p in trail),
                "radiuses": ";".join(f"{max(5.0, p.accuracy_m or 15.0):.0f}" for p in trail),
                "geometries": "geojson",
                "overview": "full",
            },
        )
        if body.get("code") in ("NoMatch", *_NO_ROAD):
            return None
        if body.get("code") != "Ok":
            raise Unavailable(f"osrm: refuses the match ({body.get('code')!s:.40})")
        try:
            places = [
                p and (float(p["location"][0]), float(p["location"][1]))
                for p in body["tracepoints"]
            ]
            parts = [part["geometry"]["coordinates"] for part in body["matchings"]]
            line = [(float(lon), float(lat)) for part in parts for lon, lat in part]
            metres = sum(float(part["distance"]) for part in body["matchings"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise senseless(self.name, f"{type(error).__name__} in a match") from error
        if len(places) != len(trail):
            raise senseless(self.name, f"{len(places)} places for {len(trail)} points")
        return Match(tuple(places), tuple(line), metres)

    async def _get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        # The separators of OSRM's lists stand in its queries as they are.
        text = "&".join(f"{name}={value}" for name, value in query.items())
        request = self._http.build_request("GET", f"{path}?{text}")
        _, body = await asked(self._http, self.name, request)
        return dict(body)


def _joined(places: Floats) -> str:
    return ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in places)


def _square(body: dict[str, Any], name: str, shape: tuple[int, int]) -> Floats:
    """Return a matrix of the answer; null, where there is no way, as NaN."""
    try:
        found = np.array(body[name], dtype=float)
    except (KeyError, TypeError, ValueError) as error:
        raise senseless("osrm", f"no matrix of {name}") from error
    if found.shape != shape:
        raise senseless("osrm", f"{name} of shape {found.shape}, not {shape}")
    return found
