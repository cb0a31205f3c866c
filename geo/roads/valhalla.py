"""Valhalla, over HTTP or as the library in this process: one JSON in, one JSON out.

https://valhalla.github.io/valhalla/api/matrix/api-reference/ and …/map-matching/. Times are
seconds, distances kilometres as the request asks, shapes polylines of six digits.
"""

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import httpx
import numpy as np

from fieldops.errors import Prerequisite, Unavailable
from geo.roads.asking import asked
from geo.roads.network import Floats, Match, NoRoad, Profile, TrailPoint, senseless

COSTING: dict[Profile, str] = {"car": "auto", "truck": "truck"}
Action = Literal["sources_to_targets", "trace_attributes"]
Ask = Callable[[Action, dict[str, Any]], Awaitable[dict[str, Any]]]
# No suitable edges near location; no path; the match found nothing.
NO_ROAD = frozenset({171, 442, 443, 444})
_LIBRARY_CALLS: dict[Action, str] = {
    "sources_to_targets": "matrix",
    "trace_attributes": "trace_attributes",
}


class Valhalla:
    """A Valhalla, however it is reached."""

    name = "valhalla"
    side_most = 50  # its default limit is 2,500 pairs

    def __init__(self, ask: Ask) -> None:
        """`ask` answers an action with the service's JSON; NoRoad and Unavailable as below."""
        self._ask = ask

    async def table(
        self, origins: Floats, targets: Floats, profile: Profile
    ) -> tuple[Floats, Floats]:
        body = await self._ask(
            "sources_to_targets",
            {
                "sources": [{"lon": lon, "lat": lat} for lon, lat in origins.tolist()],
                "targets": [{"lon": lon, "lat": lat} for lon, lat in targets.tolist()],
                "costing": COSTING[profile],
                "units": "kilometers",
            },
        )
        shape = len(origins), len(targets)
        try:
            cells = body["sources_to_targets"]
            seconds = np.array([[c["time"] for c in row] for row in cells], dtype=float)
            metres = np.array([[c["distance"] for c in row] for row in cells], dtype=float) * 1000
        except (KeyError, TypeError, ValueError) as error:
            raise senseless(self.name, "no sources_to_targets") from error
        if seconds.shape != shape:
            raise senseless(self.name, f"a matrix of shape {seconds.shape}, not {shape}")
        return seconds, np.where(np.isnan(seconds), np.nan, metres)

    async def match(self, trail: Sequence[TrailPoint], profile: Profile) -> Match | None:
        shape = [{"lon": p.lon, "lat": p.lat, "time": p.at.timestamp()} for p in trail]
        try:
            body = await self._ask(
                "trace_attributes",
                {
                    "shape": shape,
                    "costing": COSTING[profile],
                    "shape_match": "map_snap",
                    "units": "kilometers",
                    "filters": {
                        "attributes": [
                            "shape", "matched.point", "matched.type", "edge.length",
                        ],
                        "action": "include",
                    },
                },
            )  # fmt: skip
        except NoRoad:
            return None
        try:
            places = [
                None if p.get("type") == "unmatched" else (float(p["lon"]), float(p["lat"]))
                for p in body["matched_points"]
            ]
            line = polyline(body["shape"])
            metres = 1000 * sum(float(edge["length"]) for edge in body["edges"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise senseless(self.name, f"{type(error).__name__} in a match") from error
        if len(places) != len(trail):
            raise senseless(self.name, f"{len(places)} places for {len(trail)} points")
        return Match(tuple(places), tuple(line), metres) if line else None


def over_http(http: httpx.AsyncClient) -> Ask:
    """Return the way to a server; `http` has its base URL and timeouts."""

    async def ask(action: Action, body: dict[str, Any]) -> dict[str, Any]:
        request = http.build_request("POST", f"/{action}", json=body)
        status, answer = await asked(http, "valhalla", request)
        if status == httpx.codes.OK:
            return dict(answer)
        raise _refusal(answer.get("error_code"), status)

    return ask


def in_process(config: Path) -> Ask:
    """Return the way to the library `pyvalhalla` with the tiles its configuration names.

    Raises:
        Prerequisite: it is not installed, or the configuration has no tiles.
    """
    try:
        library = importlib.import_module("valhalla")
        actor = library.Actor(config)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise Prerequisite(f"valhalla in this process: {error}") from error
    # One graph reader; its library makes no promise about threads.
    turn = asyncio.Lock()

    async def ask(action: Action, body: dict[str, Any]) -> dict[str, Any]:
        call = getattr(actor, _LIBRARY_CALLS[action])
        try:
            async with turn:
                return dict(json.loads(await asyncio.to_thread(call, json.dumps(body))))
        except RuntimeError as error:
            if "No suitable edges" in str(error) or "No path" in str(error):
                raise NoRoad from error
            raise Unavailable(f"valhalla in this process: {error}") from error

    return ask


def polyline(text: str) -> list[tuple[float, float]]:
    """Return lon, lat of an encoded polyline of six digits (Google's algorithm, lat first)."""
    numbers: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 63
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits < 0x20:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    steps = np.cumsum(np.array(numbers, dtype=np.int64).reshape(-1, 2), axis=0) / 1e6
    return [(float(lon), float(lat)) for lat, lon in steps]


def _refusal(code: Any, status: int) -> Exception:
    if code in NO_ROAD:
        return NoRoad()
    return Unavailable(f"valhalla: answers {status}, error {code!s:.10}")
