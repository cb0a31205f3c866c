"""CSV with a header: which column is which is said by a map, `at=Time,lon=Longitude,…`.

Left side: at, lon, lat (needed), acc, spd, hdg, alt, bat as in our own JSON, and src. Times are
ISO 8601 or seconds or milliseconds since 1970; one that tells no offset needs `zone`.

A quote that is never closed makes one row of all that follows, so a row that is no CSV is given up
at its first line only, and reading goes on at the next one.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO
from zoneinfo import ZoneInfo

from fieldops.errors import BadInput
from ingest.files.message import Said, Unusable, number, own_json

NEEDED = ("at", "lon", "lat")
NUMBERS = ("lon", "lat", "acc", "spd", "hdg", "alt", "bat")
MPS = {"mps": 1.0, "kmh": 1 / 3.6, "knots": 1852 / 3600, "mph": 0.44704}
LINE_MOST = 64 * 1024  # characters
_ENDS = ("\n", "\r")
# Seconds since 1970 of the year 5138; what is above is milliseconds.
_MILLISECONDS_FROM = 1e11


@dataclass(frozen=True, slots=True)
class Columns:
    """Our names to the file's, the unit of its speeds, the zone of times that tell none."""

    names: Mapping[str, str]
    speed_mps: float = 1.0
    zone: ZoneInfo | None = None
    delimiter: str = ","
    known: frozenset[str] = field(default=frozenset((*NEEDED, *NUMBERS, "src")), init=False)

    def __post_init__(self) -> None:
        for name in self.names:
            if name not in self.known:
                raise BadInput(
                    f"map names {name!r}; there are {', '.join(sorted(self.known))}",
                    pointer="/map",
                )
        for name in NEEDED:
            if name not in self.names:
                raise BadInput(f"map says no column for {name!r}", pointer="/map")


def columns_from(text: str) -> dict[str, str]:
    """Read `at=Time,lon=Longitude,…`.

    Raises:
        BadInput: a part is not name=column.
    """
    names: dict[str, str] = {}
    for part in text.split(","):
        name, equals, column = part.partition("=")
        if not (equals and name.strip() and column.strip()):
            raise BadInput(f"map part {part!r} is not name=column", pointer="/map")
        names[name.strip()] = column.strip()
    return names


def read_table(file: TextIO, columns: Columns, run: str) -> Iterator[Said | Unusable]:
    """Yield each row's message; `line` is that of the row's end, `end` is estimated by text.

    Raises:
        BadInput: a mapped column is not in the header.
    """
    lines = _Lines(file)
    rows = lines.rows(columns.delimiter)
    header = next(rows, [])
    if isinstance(header, Unusable):
        raise BadInput(f"the header is no CSV: {header.reason}", pointer="/file")
    places = _places(header, columns.names)
    end = 0
    for count, row in enumerate(rows, start=1):
        if isinstance(row, Unusable):
            yield row
            continue
        end += sum(map(len, row)) + len(row)
        if row:
            yield _message(row, len(header), places, columns, run, count, lines.number, end)


class _Lines:
    """The lines of a file, of which those of a row that is no CSV can be read again."""

    def __init__(self, file: TextIO) -> None:
        self.number = 0  # of the line read last
        self._file = file
        self._again: deque[str] = deque()
        self._row: list[str] = []

    def rows(self, delimiter: str) -> Iterator[list[str] | Unusable]:
        """Yield each row, or the first line of one that is none."""
        while True:
            # The one before has ended with its error, and csv's errors cannot be resumed.
            rows = csv.reader(self._lines(), delimiter=delimiter, strict=True)
            try:
                for row in rows:
                    self._row.clear()
                    yield row
            except csv.Error as error:
                yield self._give_up(str(error))
            else:
                return

    def _lines(self) -> Iterator[str]:
        again, row, readline = self._again, self._row, self._file.readline
        while line := again.popleft() if (known := bool(again)) else readline(LINE_MOST):
            self.number += 1
            row.append(line)
            if len(line) == LINE_MOST and not line.endswith(_ENDS):
                if not known:
                    self._skip()
                raise csv.Error(f"longer than {LINE_MOST} characters")
            yield line

    def _skip(self) -> None:
        """Leave the rest of a line that never ends unread."""
        while line := self._file.readline(LINE_MOST):
            if line.endswith(_ENDS):
                return

    def _give_up(self, why: str) -> Unusable:
        """Tell the row's first line, and take the others back."""
        self.number -= len(self._row) - 1
        self._again.extendleft(reversed(self._row[1:]))
        self._row.clear()
        return Unusable(self.number, "bad_csv", f"not CSV: {why}")


def _places(header: list[str], names: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for name, column in names.items():
        if column not in header:
            raise BadInput(f"no column {column!r} in the header", pointer="/map")
        places[name] = header.index(column)
    return places


def _message(
    row: list[str],
    width: int,
    places: Mapping[str, int],
    columns: Columns,
    run: str,
    count: int,
    line: int,
    end: int,
) -> Said | Unusable:
    if len(row) != width:
        return Unusable(line, "bad_row", f"{len(row)} columns, the header has {width}")
    said = {name: text for name, place in places.items() if (text := row[place].strip())}
    for name in NEEDED:
        if name not in said:
            return Unusable(line, "no_field", f"column {columns.names[name]!r} is empty")
    values: dict[str, float | str] = {}
    name = "at"
    try:
        values["at"] = _time(said["at"], columns.zone)
        for name in NUMBERS:
            if name in said:
                values[name] = number(said[name])
    except (ValueError, OverflowError, OSError) as error:
        return Unusable(line, "bad_field", f"column {columns.names[name]!r}: {error}")
    if "spd" in values:
        values["spd"] = float(values["spd"]) * columns.speed_mps
    values["src"] = said.get("src", "csv")
    return Said(line, own_json(run, count, values), end)


def _time(text: str, zone: ZoneInfo | None) -> str:
    try:
        since_s = float(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            if zone is None:
                raise ValueError(f"time {text!r} tells no offset from UTC") from None
            at = at.replace(tzinfo=zone)
        return at.astimezone(UTC).isoformat()
    if abs(since_s) >= _MILLISECONDS_FROM:
        since_s /= 1000
    return datetime.fromtimestamp(since_s, UTC).isoformat()
