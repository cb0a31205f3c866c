"""Is this drawing a fence? Limits checked here, validity and area by PostGIS.

Every refusal names what, its value and the limit; a polygon that crosses itself is told with the
place where it does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, Problem

Shape = Literal["Polygon", "Point", "LineString"]

RING_LEAST = 4
LINE_LEAST = 2
POINTS_MOST = 5_000
AREA_LEAST_M2 = 10.0
EXTENT_MOST_M = 50_000.0
RADIUS_M = (5.0, 20_000.0)
WIDTH_M = (2.0, 2_000.0)
OTHERS = (
    ("margin_m", 0.0, 500.0),
    ("buffer_m", 0.0, 1_000.0),
    ("dwell_s", 0.0, 3_600.0),
    ("max_accuracy_m", 1.0, 5_000.0),
    ("confidence", 0.6, 0.9999),
)
POINTER = "/geometry/coordinates"
WEEK_DAYS = 7
_CLOCK = re.compile(r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")


@dataclass(frozen=True, slots=True)
class Area:
    """What a drawing covers, as PostGIS says: EWKB of one polygon, and its size."""

    ewkb: bytes
    area_m2: float


async def judge_shape(connection: Connection, values: Mapping[str, Any]) -> Area:
    """Return the area of a drawing: `geometry` with `radius_m`, `width_m` and `margin_m`.

    A Point needs its radius, a LineString its width, a Polygon has neither.

    Raises:
        BadInput: it is open, crosses itself (says where), lacks its radius or width, or has no
            sane size.
    """
    geometry = values["geometry"]
    _check_measures(geometry["type"], values)
    _check_points(geometry["type"], geometry["coordinates"])
    margin_m = values.get("margin_m") or 0.0
    row = await connection.fetchrow(
        sql("geo.fences", "judge_shape"),
        dict(geometry),
        values.get("radius_m"),
        values.get("width_m"),
        margin_m,
    )
    assert row is not None
    if not row["valid"]:
        where = {"lon": round(row["lon"], 6), "lat": round(row["lat"], 6)}
        raise BadInput(
            f"the fence is not a simple {geometry['type'].lower()}: {row['reason']} at "
            f"{where['lon']}, {where['lat']}",
            pointer=POINTER,
            code="polygon_invalid",
            reason=row["reason"],
            **where,
        )
    if row["area_m2"] < AREA_LEAST_M2:
        raise BadInput(
            f"the fence covers {row['area_m2']:.1f} m², the least is {AREA_LEAST_M2:.0f}",
            pointer=POINTER,
            code="polygon_too_small",
            area_m2=round(row["area_m2"], 1),
        )
    if row["extent_m"] > EXTENT_MOST_M:
        raise BadInput(
            f"the fence is {row['extent_m'] / 1000:.1f} km across, the limit is "
            f"{EXTENT_MOST_M / 1000:.0f}; are lon and lat swapped?",
            pointer=POINTER,
            code="polygon_too_large",
            extent_km=round(row["extent_m"] / 1000, 1),
        )
    return Area(row["area"], row["area_m2"])


def check_hours(schedule: Mapping[str, Any] | None) -> None:
    """Raise BadInput unless each day's [from, to) hours are in order and do not overlap.

    `week` has seven days, Monday first; hours that pass midnight are two ranges, to "24:00" and
    from "00:00" of the next day.
    """
    if schedule is None:
        return
    week = schedule.get("week")
    if not isinstance(week, list) or len(week) != WEEK_DAYS:
        raise BadInput(
            "schedule: the week has not seven days",
            pointer="/schedule/week",
            code="schedule_order",
        )
    for day, ranges in enumerate(week):
        _check_day(day, ranges)


def _check_day(day: int, ranges: Any) -> None:
    reached = "00:00"
    for place, pair in enumerate(ranges):
        start, end = pair if isinstance(pair, list | tuple) and len(pair) == 2 else ("", "")
        known = _CLOCK.match(str(start)) and _CLOCK.match(str(end))
        # "HH:MM" sorts as it passes.
        if not known or start < reached or end <= start:
            raise BadInput(
                f"schedule: {start}-{end} on day {day} is empty, or begins before {reached}",
                pointer=f"/schedule/week/{day}/{place}",
                code="schedule_order",
            )
        reached = end


def _check_measures(shape: Shape, values: Mapping[str, Any]) -> None:
    for name, owner, (least, most) in (
        ("radius_m", "Point", RADIUS_M),
        ("width_m", "LineString", WIDTH_M),
    ):
        value = values.get(name)
        if (value is None) is (shape == owner):
            said = "needs its" if value is None else "has no"
            raise BadInput(f"a {shape} {said} {name}", pointer=f"/{name}", code="shape_measure")
        if value is not None:
            _check_range(name, value, least, most)
    # The api's shapes bound these too; a file's properties come here alone.
    for name, least, most in OTHERS:
        if values.get(name) is not None:
            _check_range(name, values[name], least, most)


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise BadInput(
            f"{name} {value:g} is not {least:g} to {most:g}",
            pointer=f"/{name}",
            code="shape_measure",
        )


def _check_points(shape: Shape, coordinates: Any) -> None:
    if shape == "Point":
        return
    rings: Sequence[Sequence[Sequence[float]]] = (
        coordinates if shape == "Polygon" else [coordinates]
    )
    problems = []
    for i, ring in enumerate(rings):
        if shape == "LineString":
            if len(ring) < LINE_LEAST:
                text = f"a line has {len(ring)} points, the least is {LINE_LEAST}"
                problems.append(Problem(POINTER, text))
        elif len(ring) < RING_LEAST:
            text = f"a ring has {len(ring)} points, the least is {RING_LEAST}"
            problems.append(Problem(f"{POINTER}/{i}", text))
        elif tuple(ring[0]) != tuple(ring[-1]):
            problems.append(Problem(f"{POINTER}/{i}", "a ring must end where it begins"))
    points = sum(map(len, rings))
    if points > POINTS_MOST:
        problems.append(
            Problem(POINTER, f"the {shape} has {points} points, the limit is {POINTS_MOST}")
        )
    if problems:
        raise BadInput(
            "; ".join(p.message for p in problems), problems=tuple(problems), code="polygon_invalid"
        )
