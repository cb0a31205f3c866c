"""Days that others recorded or made: fixes and truth as JSON lines, fences as GeoJSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, radians
from pathlib import Path
from typing import Any
from uuid import UUID

import shapely
import shapely.affinity
from shapely.geometry import shape

from bench.presence.model import Kind, Truth
from bench.presence.ours import DEVICE, REACH_M, T0
from fieldops.errors import BadInput
from fieldops.model import Fix
from geo.index import Fence, FenceIndex, Rules

FILES = ("fixes.jsonl", "fences.geojson", "truth.jsonl")
EVENTS: Mapping[str, Kind] = {
    "entered": "entered", "enter": "entered", "entry": "entered", "in": "entered",
    "left": "left", "leave": "left", "exit": "left", "exited": "left", "out": "left",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trace:
    """One device's fixes in order of time, the fences by name, the true crossings."""

    name: str
    fixes: list[Fix]
    index: FenceIndex
    names: dict[UUID, str]
    truth: list[Truth]

    @property
    def hours(self) -> float:
        return (self.fixes[-1].observed_at - self.fixes[0].observed_at).total_seconds() / 3600


def read_traces(folder: Path) -> list[Trace]:
    """Read the trace in a folder, or those in its subfolders, by name.

    Raises:
        BadInput: no trace is there, or a line says not what it should; names file and line.
    """
    found = [
        _read(path)
        for path in [folder, *sorted(p for p in folder.glob("*") if p.is_dir())]
        if all((path / name).is_file() for name in FILES)
    ]
    if not found:
        raise BadInput(f"no {', '.join(FILES)} in {folder} or in a folder of it")
    return found


def _read(path: Path) -> Trace:
    index, names = _fences(path / "fences.geojson")
    fixes = sorted((_fix(line) for line in _lines(path / "fixes.jsonl")), key=_observed_at)
    if not fixes:
        raise BadInput(f"{path / 'fixes.jsonl'} holds no fix")
    known = set(names.values())
    truth = [_truth(line, known) for line in _lines(path / "truth.jsonl")]
    return Trace(path.name, fixes, index, names, sorted(truth, key=lambda t: t.at_s))


class _Line(dict[str, Any]):
    """A line's object; a member that is missing is an error that says where."""

    def __init__(self, where: str, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self.where = where

    def __missing__(self, member: str) -> Any:
        raise BadInput(f"{self.where} has no {member!r}")


def _lines(path: Path) -> Iterator[_Line]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                members = json.loads(line)
            except json.JSONDecodeError as error:
                raise BadInput(f"{path}:{number} is not JSON: {error}") from error
            yield _Line(f"{path}:{number}", members)


def _fix(line: _Line) -> Fix:
    at, accuracy = _moment(line["at"], line.where), line.get("accuracy_m")
    return Fix(DEVICE, at, at, float(line["lon"]), float(line["lat"]),
               accuracy_m=None if accuracy is None else float(accuracy))  # fmt: skip


def _truth(line: _Line, known: set[str]) -> Truth:
    fence, event = str(line["fence"]), str(line["event"])
    if fence not in known:
        raise BadInput(f"{line.where} names fence {fence!r}, which fences.geojson has not")
    if event not in EVENTS:
        raise BadInput(f"{line.where} has event {event!r}, not one of {', '.join(EVENTS)}")
    return Truth((_moment(line["at"], line.where) - T0).total_seconds(), fence, EVENTS[event])


def _fences(path: Path) -> tuple[FenceIndex, dict[UUID, str]]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    fences, names = [], {}
    for number, feature in enumerate(features, start=1):
        told = feature.get("properties") or {}
        name = told.get("id") or feature.get("id") or told.get("name") or told.get("fence")
        fence = UUID(int=1000 + number)
        names[fence] = str(number if name is None else name)
        fences.append(Fence(fence, None, _area(feature["geometry"], told), Rules()))
    return FenceIndex(fences, reach_m=REACH_M), names


def _area(geometry: Mapping[str, Any], told: Mapping[str, Any]) -> Any:
    """Return the area of a GeoJSON geometry; a Point needs `radius_m` beside it."""
    drawn = shape(geometry)
    if geometry["type"] != "Point":
        return drawn
    metres = 111_195.0
    circle = shapely.Point(0, 0).buffer(float(told["radius_m"]) / metres, 32)
    wide = shapely.affinity.scale(circle, 1 / max(0.01, cos(radians(drawn.y))), 1, origin=(0, 0))
    return shapely.affinity.translate(wide, drawn.x, drawn.y)


def _observed_at(fix: Fix) -> datetime:
    return fix.observed_at


def _moment(value: Any, where: str) -> datetime:
    """Read RFC 3339 or seconds since 1970."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadInput(f"{where}: {value!r} is no time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
