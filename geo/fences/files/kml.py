"""Read KML 2.2/2.3 as features, with a parser that cannot be made to explode.

Expat is told to refuse any document type: without one there are no entities, so none can be
expanded a billion times nor fetched from anywhere. KML has no use for one. Elements are matched by
their local name, for files in the wild use every namespace KML ever had.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from fieldops.errors import BadInput
from geo.fences.files.feature import Fault, Feature, fence_fields, line_of, name_of

DEPTH_MOST = 100
_TEXTS = frozenset({"name", "coordinates", "value", "SimpleData"})


@dataclass(slots=True)
class _Placemark:
    properties: dict[str, str] = field(default_factory=dict)
    # In order of appearance: (Point | LineString | Polygon, its rings or line as text).
    drawings: list[tuple[str, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    """What expat tells, gathered into placemarks."""

    found: list[_Placemark] = field(default_factory=list)
    current: _Placemark | None = None
    path: list[str] = field(default_factory=list)
    key: str | None = None
    text: list[str] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.path.append(name)
        if len(self.path) > DEPTH_MOST:
            raise BadInput(f"elements nest deeper than {DEPTH_MOST}", code="file_invalid")
        self.text.clear()
        if name == "Placemark":
            self.current = _Placemark()
            self.found.append(self.current)
        elif self.current is None:
            return
        elif name in ("Point", "LineString", "Polygon"):
            self.current.drawings.append((name, []))
        elif name in ("Data", "SimpleData"):
            self.key = attributes.get("name")

    def data(self, text: str) -> None:
        if self.path and self.path[-1] in _TEXTS:
            self.text.append(text)

    def end(self, _tag: str) -> None:
        name = self.path.pop()
        text = "".join(self.text).strip() if name in _TEXTS else ""
        parent = self.path[-1] if self.path else ""
        current = self.current
        if name == "Placemark":
            self.current = None
        elif current is None:
            return
        elif name == "name" and parent == "Placemark":
            current.properties["name"] = text
        elif name in ("value", "SimpleData") and self.key is not None:
            current.properties.setdefault(self.key, text)
        elif name == "coordinates" and current.drawings:
            current.drawings[-1][1].append(text)
        self.text.clear()


def read_kml(content: bytes) -> Iterator[Feature | Fault]:
    """Yield each placemark's drawings, or why one cannot be read.

    `ExtendedData` may say `kind` and the measures of a fence.

    Raises:
        BadInput: the file is not XML, not KML, or declares a document type.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadInput(f"the file is not XML: {error}", code="file_invalid") from error
    for place, placemark in enumerate(reader.found):
        yield from _read(place, placemark)


def _no_doctype(*_told: Any) -> None:
    raise BadInput(
        "the file declares a document type, which KML does not have", code="file_doctype"
    )


def _read(place: int, placemark: _Placemark) -> Iterator[Feature | Fault]:
    name = name_of(placemark.properties)
    try:
        fields = fence_fields(placemark.properties)
        if not placemark.drawings:
            raise BadInput(
                "it has no Point, LineString or Polygon",
                pointer="/geometry",
                code="geometry_unknown",
            )
        for kind, texts in placemark.drawings:
            lines = [_line(text) for text in texts]
            yield Feature(place, name, _geometry(kind, lines), fields)
    except BadInput as error:
        pointer = error.problems[0].pointer if error.problems else "/geometry/coordinates"
        yield Fault(place, name, pointer, error.code, str(error))


def _geometry(kind: str, lines: list[list[tuple[float, float]]]) -> dict[str, Any]:
    if not lines or not lines[0]:
        raise BadInput(f"its {kind} has no coordinates", code="position_invalid")
    match kind:
        case "Polygon":
            return {"type": kind, "coordinates": lines}
        case "LineString":
            return {"type": kind, "coordinates": lines[0]}
        case _:
            return {"type": "Point", "coordinates": lines[0][0]}


def _line(text: str) -> list[tuple[float, float]]:
    """Return the positions of `lon,lat[,height] …`."""
    tuples = []
    for place, each in enumerate(text.split()):
        try:
            tuples.append([float(number) for number in each.split(",")])
        except ValueError as error:
            raise BadInput(
                f"point {place}: {each!r:.60} is not lon,lat", code="position_invalid"
            ) from error
    return line_of(tuples)
