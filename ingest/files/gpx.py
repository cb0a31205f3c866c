"""GPX 1.0 and 1.1: the points of its tracks, with their line in the file.

    <trkpt lat="45.764" lon="4.8357"><ele>172</ele><time>2026-11-22T08:00:00Z</time></trkpt>

`speed` (m/s) and `course` stand in the point (1.0) or in its extensions (1.1), by whatever
prefix. Waypoints and routes are places somebody meant to go to, not fixes; each is told as such.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from ingest.files.message import CHUNK_BYTES, Said, Unusable, number, own_json

_FIELDS = {"time": "at", "ele": "alt", "speed": "spd", "course": "hdg"}
_NO_FIX = {"wpt": "a waypoint is no fix", "rtept": "a point of a route is no fix"}
_TEXT_MOST = 200


def read_gpx(file: BinaryIO, run: str) -> Iterator[Said | Unusable]:
    """Yield each track point; a file that is no XML ends with what is wrong and where."""
    points = _Points(run)
    while True:
        chunk = file.read(CHUNK_BYTES)
        try:
            points.parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            yield from points.take()
            yield Unusable(error.lineno, "bad_xml", f"not XML: {expat.ErrorString(error.code)}")
            return
        except _Refused as error:
            yield from points.take()
            yield Unusable(points.parser.CurrentLineNumber, "bad_xml", str(error))
            return
        yield from points.take()
        if not chunk:
            return


class _Refused(Exception):
    """What no GPX has and a hostile file might."""


class _Points:
    """Collects points from the parser's callbacks."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._found: list[Said | Unusable] = []
        self._point: dict[str, str] | None = None
        self._line = 0
        self._count = 0
        self._text: list[str] = []
        parser = self.parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.EntityDeclHandler = self._refuse

    def take(self) -> list[Said | Unusable]:
        found, self._found = self._found, []
        return found

    def _refuse(self, *_: object) -> None:
        raise _Refused("declares entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        match name.rpartition(" ")[2]:
            case "trkpt":
                self._point, self._line = dict(attributes), self.parser.CurrentLineNumber
            case "wpt" | "rtept" as other:
                line = self.parser.CurrentLineNumber
                self._found.append(Unusable(line, "no_fix", _NO_FIX[other]))

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if self._point is not None:
            if local == "trkpt":
                self._finish(self._point)
                self._point = None
            elif local in _FIELDS:
                self._point[_FIELDS[local]] = "".join(self._text).strip()[:_TEXT_MOST]
        self._text.clear()

    def _finish(self, point: dict[str, str]) -> None:
        self._count += 1
        try:
            values: dict[str, Any] = {
                name: number(point[name])
                for name in ("lon", "lat", "alt", "spd", "hdg")
                if name in point
            }
        except ValueError as error:
            self._found.append(Unusable(self._line, "bad_field", str(error)))
            return
        if missing := [n for n in ("lon", "lat", "at") if n not in point]:
            name = "time" if missing[0] == "at" else missing[0]
            self._found.append(Unusable(self._line, "no_field", f"track point without {name}"))
            return
        payload = own_json(self._run, self._count, {"at": point["at"], **values, "src": "gpx"})
        self._found.append(Said(self._line, payload, self.parser.CurrentByteIndex))
