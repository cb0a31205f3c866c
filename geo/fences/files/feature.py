"""What a file's feature says, whatever the format, and the errors that name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any

from fieldops.errors import BadInput

SHAPES = ("Polygon", "Point", "LineString")
NAME_MOST = 200
# What a file may say of a fence beside its drawing; the rest of its properties is its own.
MEASURES = (
    "radius_m",
    "width_m",
    "margin_m",
    "buffer_m",
    "dwell_s",
    "max_accuracy_m",
    "confidence",
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One drawing of a file.

    Attributes:
        place: counted from 0 in the file; parts of one multi-geometry share it.
        name: as the file says, None when it says none.
        geometry: GeoJSON Polygon, Point or LineString, [lon, lat] only.
        properties: the fields of a fence the file sets: `kind` and measures.
    """

    place: int
    name: str | None
    geometry: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one feature cannot be a fence: which one, where in it, and what is wrong in English.

    `lon`, `lat` say where an outline crosses itself.
    """

    feature: int
    name: str | None
    pointer: str
    code: str
    message: str
    lon: float | None = None
    lat: float | None = None


def position_of(values: Sequence[Any]) -> tuple[float, float]:
    """Return lon, lat of a position; a height is left out.

    Raises:
        BadInput: it is not two or three numbers on the globe.
    """
    if not isinstance(values, list | tuple) or not 2 <= len(values) <= 4:
        raise BadInput(f"position {values!r:.60} is not lon, lat", code="position_invalid")
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values[:2]):
        raise BadInput(f"position {values!r:.60} is not of numbers", code="position_invalid")
    lon, lat = (_float(value) for value in values[:2])
    if not (isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise BadInput(
            f"position {lon:g}, {lat:g} is off the globe (lon ±180, lat ±90): is the file in "
            "another projection than WGS 84, Lambert 93 for one?",
            code="position_invalid",
        )
    return lon, lat


def list_of(value: Any, what: str) -> list[Any]:
    """Return a JSON list, empty for null.

    Raises:
        BadInput: it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadInput(f"{value!r:.60} is not a list of {what}", code="position_invalid")
    return value


def line_of(values: Any) -> list[tuple[float, float]]:
    """Return the positions of a line or ring.

    Raises:
        BadInput: one of them is none; says which.
    """
    line = []
    for place, each in enumerate(list_of(values, "positions")):
        try:
            line.append(position_of(each))
        except BadInput as error:
            raise BadInput(f"point {place}: {error}", code=error.code) from error
    return line


def fence_fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file's properties say of a fence; numbers may come as text.

    Raises:
        BadInput: a measure is no number; names it and its value.
    """
    fields: dict[str, Any] = {}
    if properties.get("kind") is not None:
        fields["kind"] = str(properties["kind"])
    if isinstance(properties.get("schedule"), dict):
        fields["schedule"] = {"week": properties["schedule"].get("week")}
    for name in MEASURES:
        value = properties.get(name)
        if value is None or value == "":
            continue
        number = _float(value)
        if not isfinite(number):
            raise BadInput(
                f"{name} {value!r:.40} is not a number", pointer=f"/{name}", code="measure_invalid"
            )
        fields[name] = number
    return fields


def name_of(properties: Mapping[str, Any]) -> str | None:
    """Return the name a file gives, cut to what a fence's may be."""
    for key in ("name", "nom", "Name", "NAME", "NOM"):
        value = properties.get(key)
        if value is not None and str(value).strip():
            return str(value).strip()[:NAME_MOST]
    return None


def _float(value: Any) -> float:
    """Return a number, NaN for what is none or has more digits than one can hold."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return nan
