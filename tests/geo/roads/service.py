"""A road service over real HTTP that speaks OSRM's and Valhalla's documented words.

Its land is a grid of streets: a drive is as long as north-south plus east-west, at 10 m/s. North of
46° there are no roads, and no way leads over the 5th meridian. It keeps the services' own limits.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fieldops.model import great_circle_m

SPEED_MPS = 10.0
NORTH_END, RIVER = 46.0, 5.0
Place = tuple[float, float]


@dataclass(slots=True)
class Service:
    """What it was asked, and how it behaves."""

    url: str = ""
    cells: list[int] = field(default_factory=list)
    delay_s: float = 0.0
    broken: bool = False
    nonsense: bool = False


def drive_m(a: Place, b: Place) -> float | None:
    """Return the metres between two places, None when there is no way."""
    if (a[0] < RIVER) != (b[0] < RIVER):
        return None
    return great_circle_m(*a, b[0], a[1]) + great_circle_m(b[0], a[1], *b)


def snapped(place: Place) -> Place:
    """Return the place on its street: every thousandth of a degree of latitude is one."""
    return place[0], round(place[1], 3)


@asynccontextmanager
async def serving() -> AsyncIterator[Service]:
    service = Service()
    app = Starlette(
        routes=[
            Route("/table/v1/{profile}/{places}", partial(_osrm_table, service)),
            Route("/match/v1/{profile}/{places}", partial(_osrm_match, service)),
            Route("/sources_to_targets", partial(_matrix, service), methods=["POST"]),
            Route("/trace_attributes", partial(_trace, service), methods=["POST"]),
        ]
    )
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    service.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.should_exit = True
        await running


async def _faulty(service: Service) -> Response | None:
    await asyncio.sleep(service.delay_s)
    if service.broken:
        return PlainTextResponse("<html>502</html>", 502)
    return JSONResponse({"code": "Ok", "other": []}) if service.nonsense else None


def _places(request: Request) -> list[Place]:
    pairs = [pair.split(",") for pair in request.path_params["places"].split(";")]
    return [(float(lon), float(lat)) for lon, lat in pairs]


async def _osrm_table(service: Service, request: Request) -> Response:
    if (fault := await _faulty(service)) is not None:
        return fault
    places, query = _places(request), request.query_params
    if len(places) > 100:
        return JSONResponse({"code": "TooBig", "message": "Too many table coordinates"}, 400)
    if any(lat > NORTH_END for _, lat in places):
        return JSONResponse({"code": "NoSegment", "message": "no segment"}, 400)
    assert query["annotations"] == "duration,distance"
    rows = [places[int(i)] for i in query["sources"].split(";")]
    columns = [places[int(j)] for j in query["destinations"].split(";")]
    metres = [[drive_m(a, b) for b in columns] for a in rows]
    service.cells.append(len(rows) * len(columns))
    seconds = [[None if m is None else round(m / SPEED_MPS, 1) for m in row] for row in metres]
    return JSONResponse({"code": "Ok", "durations": seconds, "distances": metres})


async def _osrm_match(service: Service, request: Request) -> Response:
    if (fault := await _faulty(service)) is not None:
        return fault
    places, query = _places(request), request.query_params
    assert len(places) <= 100
    assert len(query["timestamps"].split(";")) == len(query["radiuses"].split(";")) == len(places)
    on = [snapped(p) if abs(p[1] - snapped(p)[1]) < 0.0004 else None for p in places]
    found = [place for place in on if place is not None]
    if not found:
        return JSONResponse({"code": "NoMatch", "message": "none"}, 400)
    metres = sum(drive_m(a, b) or 0.0 for a, b in pairwise(found))
    return JSONResponse(
        {
            "code": "Ok",
            "tracepoints": [p and {"location": p, "matchings_index": 0} for p in on],
            "matchings": [
                {
                    "confidence": 0.9,
                    "distance": metres,
                    "duration": metres / SPEED_MPS,
                    "geometry": {"type": "LineString", "coordinates": found},
                }
            ],
        }
    )


def _of(places: list[dict[str, float]]) -> list[Place]:
    return [(p["lon"], p["lat"]) for p in places]


async def _matrix(service: Service, request: Request) -> Response:
    if (fault := await _faulty(service)) is not None:
        return fault
    body = await request.json()
    rows, columns = _of(body["sources"]), _of(body["targets"])
    assert body["costing"] in ("auto", "truck")
    assert len(rows) * len(columns) <= 2500
    if any(lat > NORTH_END for _, lat in rows + columns):
        told = {"error_code": 171, "error": "No suitable edges near location", "status_code": 400}
        return JSONResponse(told, 400)
    service.cells.append(len(rows) * len(columns))
    cells = [
        [_cell(i, j, drive_m(a, b)) for j, b in enumerate(columns)] for i, a in enumerate(rows)
    ]
    return JSONResponse({"sources_to_targets": cells, "units": "kilometers"})


def _cell(i: int, j: int, metres: float | None) -> dict[str, Any]:
    return {
        "from_index": i,
        "to_index": j,
        "time": None if metres is None else round(metres / SPEED_MPS),
        "distance": None if metres is None else round(metres / 1000, 3),
    }


async def _trace(service: Service, request: Request) -> Response:
    if (fault := await _faulty(service)) is not None:
        return fault
    body = await request.json()
    places = _of(body["shape"])
    assert body["shape_match"] == "map_snap"
    if all(lat > NORTH_END for _, lat in places):
        return JSONResponse({"error_code": 444, "error": "Map Match algorithm failed"}, 400)
    on = [snapped(place) for place in places]
    metres = [drive_m(a, b) or 0.0 for a, b in pairwise(on)]
    points = [
        {"lon": lon, "lat": lat, "type": "matched" if abs(lat - place[1]) < 4e-4 else "unmatched"}
        for (lon, lat), place in zip(on, places, strict=True)
    ]
    edges = [{"length": m / 1000} for m in metres]
    return JSONResponse({"matched_points": points, "edges": edges, "shape": encoded(on)})


def encoded(line: list[Place]) -> str:
    """Return Google's encoded polyline of six digits."""
    text, before = "", (0, 0)
    for lon, lat in line:
        place = (round(lat * 1e6), round(lon * 1e6))
        for now, last in zip(place, before, strict=True):
            step = now - last
            value = ~(step << 1) if step < 0 else step << 1
            while value >= 0x20:
                text += chr((0x20 | (value & 0x1F)) + 63)
                value >>= 5
            text += chr(value + 63)
        before = place
    return text
