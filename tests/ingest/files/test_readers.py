import io
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fieldops.errors import BadInput
from ingest.files.gpx import read_gpx
from ingest.files.lines import read_lines
from ingest.files.message import Said, Unusable
from ingest.files.table import MPS, Columns, columns_from, read_table

GPX = b"""<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1" xmlns:x="urn:x">
<wpt lat="1" lon="2"><name>home</name></wpt>
<trk><trkseg>
<trkpt lat="45.764" lon="4.8357"><ele>172</ele><time>2026-11-22T08:00:00Z</time>
  <extensions><x:speed>12.5</x:speed></extensions></trkpt>
<trkpt lat="45.765" lon="4.8358"></trkpt>
<trkpt lat="north" lon="4.8358"><time>2026-11-22T08:00:02Z</time></trkpt>
</trkseg></trk></gpx>"""


def test_gpx_gives_its_track_points_and_tells_of_the_rest_by_line() -> None:
    point, *unusable = sorted(
        read_gpx(io.BytesIO(GPX), "run"), key=lambda each: isinstance(each, Unusable)
    )

    assert isinstance(point, Said)
    assert point.line == 5
    assert json.loads(point.payload) == {
        "run": "run", "seq": 1, "at": "2026-11-22T08:00:00Z", "lon": 4.8357, "lat": 45.764,
        "alt": 172.0, "spd": 12.5, "src": "gpx",
    }  # fmt: skip
    assert [(u.line, u.code) for u in unusable if isinstance(u, Unusable)] == [
        (3, "no_fix"),
        (7, "no_field"),
        (8, "bad_field"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GPX[:400], "not XML"),
        (b'<!DOCTYPE g [<!ENTITY a "aaaa">]><gpx>&a;</gpx>', "declares entities"),
    ],
)
def test_a_gpx_that_ends_early_or_declares_entities_is_told_so(content: bytes, reason: str) -> None:
    *_, last = read_gpx(io.BytesIO(content), "run")

    assert isinstance(last, Unusable)
    assert reason in last.reason


def test_csv_columns_are_mapped_and_speeds_converted() -> None:
    columns = Columns(
        columns_from("at=Time,lon=Longitude,lat=Latitude,spd=Speed"),
        MPS["kmh"],
        ZoneInfo("Europe/Paris"),
    )
    text = (
        "Speed,Time,Latitude,Longitude\n"
        "36,2026-11-22 09:00:00,45.764,4.8357\n"
        ",1763798400,45.764,4.8357\n"
        ",1763798400500,45.764,4.8357\n"
    )

    said = [_content(each) for each in read_table(io.StringIO(text), columns, "run")]

    assert said[0]["spd"] == pytest.approx(10)
    assert [each["at"] for each in said] == [
        "2026-11-22T08:00:00+00:00",
        "2025-11-22T08:00:00+00:00",
        "2025-11-22T08:00:00.500000+00:00",
    ]
    assert "spd" not in said[1]


def test_a_csv_row_that_cannot_be_used_is_told_with_its_line() -> None:
    columns = Columns(columns_from("at=t,lon=x,lat=y"))
    text = "t,x,y\n2026-11-22 08:00:00,4,45\n0,nan,45\n0,4\n,4,45\n0,four,45\n"

    unusable = list(read_table(io.StringIO(text), columns, "run"))

    assert [(u.line, u.code) for u in unusable if isinstance(u, Unusable)] == [
        (2, "bad_field"),
        (3, "bad_field"),
        (4, "bad_row"),
        (5, "no_field"),
        (6, "bad_field"),
    ]
    assert "tells no offset" in getattr(unusable[0], "reason", "")


GOOD = "0,4,45\n"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ('0,4,"45"x\n', [2]),  # text behind a closing quote
        ('0,4,"45\n', [2]),  # a quote never closed would make one row of the whole file
        (f'0,4,"{"5" * 300_000}"\n', [2]),  # no line of a table is as long
        ('0,"4\n' + "0,4,45\n" * 30_000 + '0,4","45"x\n', [2, 30_003]),  # beyond csv's 128 KiB
        (f'0,4,"45\n0,{"4" * 70_000},45\n', [2, 3]),
    ],
)
def test_a_csv_row_that_is_none_costs_itself_and_reading_goes_on_at_the_next_line(
    broken: str, told: list[int]
) -> None:
    columns = Columns(columns_from("at=t,lon=x,lat=y"))
    text = "t,x,y\n" + broken + GOOD * 3

    said = list(read_table(io.StringIO(text), columns, "run"))

    assert [(u.line, u.code) for u in said if isinstance(u, Unusable)] == [
        (line, "bad_csv") for line in told
    ]
    good = [each.line for each in said if isinstance(each, Said)]
    assert good == [n for n in range(2, 2 + text.count("\n") - 1) if n not in told]


def test_a_quoted_field_may_hold_a_line_break() -> None:
    columns = Columns(columns_from("at=t,lon=x,lat=y"))
    text = 't,x,y,note\n0,4,45,"two\nlines"\n0,4,45,one\n'

    said = list(read_table(io.StringIO(text), columns, "run"))

    assert [(each.line, isinstance(each, Said)) for each in said] == [(3, True), (4, True)]


def test_a_csv_whose_header_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="the header is no CSV"):
        list(read_table(io.StringIO('t,"x"x,y\n'), Columns(columns_from("at=t,lon=x,lat=y")), "r"))


@pytest.mark.parametrize("text", ["at=t,lon=x", "at=t,lon=x,lat=y,colour=z", "at"])
def test_a_map_that_lacks_a_column_or_names_another_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Columns(columns_from(text))


def test_a_column_the_header_lacks_is_refused() -> None:
    with pytest.raises(BadInput, match="no column 'y'"):
        list(read_table(io.StringIO("t,x\n"), Columns(columns_from("at=t,lon=x,lat=y")), "run"))


def test_a_line_without_end_is_one_unusable_line() -> None:
    file = io.BytesIO(b"{}\n" + b"x" * 200_000 + b"\n\n{}\n")

    said = list(read_lines(file))

    assert [(each.line, isinstance(each, Said)) for each in said] == [
        (1, True),
        (2, False),
        (4, True),
    ]


def _content(each: Said | Unusable) -> dict[str, Any]:
    assert isinstance(each, Said), each
    content: dict[str, Any] = json.loads(each.payload)
    return content
