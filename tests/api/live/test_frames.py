"""What is said on the wire."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from api.live.frames import (
    Viewport,
    events_frame,
    fix_row,
    fixes_frame,
    is_moving,
    snapshot_frame,
    whole_ms,
)
from api.shapes.live import FixesFrame, FixRow
from fieldops.model import Fix

NOW = datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=UTC)
VAN = UUID(int=1)


def fix(**more: Any) -> Fix:
    values: dict[str, Any] = {"lon": 4.8, "lat": 45.7, "observed_at": NOW - timedelta(seconds=2)}
    values |= more
    return Fix(VAN, values.pop("observed_at"), NOW, values.pop("lon"), values.pop("lat"), **values)


@pytest.mark.parametrize(
    ("lon", "lat", "shown"),
    [(4.0, 45.0, True), (5.0, 46.0, True), (3.99, 45.5, False), (4.5, 46.01, False)],
)
def test_a_viewport_shows_what_lies_in_it_edges_included(
    lon: float, lat: float, shown: bool
) -> None:
    assert Viewport(4, 45, 5, 46).shows(lon, lat) is shown


@pytest.mark.parametrize(("lon", "shown"), [(179.5, True), (-179.5, True), (0.0, False)])
def test_a_viewport_may_cross_the_antimeridian(lon: float, shown: bool) -> None:
    assert Viewport(179, -20, -179, -10).shows(lon, -15) is shown


def test_a_row_has_the_published_columns() -> None:
    full = fix(heading_deg=271.04, speed_mps=12.44, accuracy_m=6.54)

    row = json.loads(fix_row(full, moving=True, now=NOW))

    assert row == [str(VAN), 4.8, 45.7, 271.0, 12.4, 2.0, "moving", 6.5]
    TypeAdapter(FixRow).validate_python(row)


def test_a_frame_says_at_which_instant_its_ages_were_counted() -> None:
    frame = fixes_frame(NOW, [fix_row(fix(), moving=False, now=NOW)] * 2)

    said = FixesFrame.model_validate_json(frame)

    assert said.now == NOW
    assert [row[5] for row in said.fixes] == [2.0, 2.0]


def test_an_instant_is_cut_to_what_the_wire_says() -> None:
    assert whole_ms(NOW + timedelta(microseconds=999)) == NOW


def test_encoded_parts_are_joined_into_json() -> None:
    assert json.loads(events_frame([b'{"at":1}', b'{"at":2}'])) == {
        "events": [{"at": 1}, {"at": 2}]
    }
    opening = json.loads(snapshot_frame({"now": NOW, "sites": [{"id": VAN}]}, [b"[1]", b"[2]"], 7))
    assert opening == {
        "snapshot": {
            "now": "2026-11-23T08:00:00.123000Z",
            "sites": [{"id": str(VAN)}],
            "fixes": [[1], [2]],
        },
        "at": 7,
        "resumed": False,
    }


@pytest.mark.parametrize(
    ("now_fix", "before", "moving"),
    [
        (fix(speed_mps=0.4), None, False),
        (fix(speed_mps=1.0), None, True),
        (fix(), None, False),
        # 78 m east in 10 s.
        (fix(lon=4.801), fix(observed_at=NOW - timedelta(seconds=12)), True),
        # The same step between two fixes of 60 m accuracy may be noise.
        (fix(lon=4.801, accuracy_m=60.0),
         fix(observed_at=NOW - timedelta(seconds=12), accuracy_m=60.0), False),
        # An hour ago says nothing about now.
        (fix(lon=4.801), fix(observed_at=NOW - timedelta(hours=1)), False),
    ],
)  # fmt: skip
def test_what_moves_is_told_by_its_speed_else_by_its_way(
    now_fix: Fix, before: Fix | None, moving: bool
) -> None:
    assert is_moving(now_fix, before) is moving
