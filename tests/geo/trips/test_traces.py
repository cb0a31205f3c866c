"""Real traces against what a look at them says: speeds plotted over time, places on a map.

pNEUMA (Athens, drone, 1 Hz): stands read off the plot of speed over time, in seconds of the
vehicle's own track. Liverpool's route 14: terminus stands and drives read off the table of fixes.
"""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from fieldops.model import Fix
from geo.trips.journey import Journey, State, derive_journey

CAR = UUID(int=1)
# Stands of 10 s and more, each seen as zero speed between two moves.
STANDS = {
    "128": [(3, 72), (118, 157), (172, 243), (270, 284), (289, 304), (320, 384), (433, 472)],
    "2138": [(50, 72), (250, 262), (289, 300), (366, 419)],
    "347": [(20, 40), (121, 170), (233, 251), (290, 333), (396, 407), (435, 454)],
    "365": [(23, 85), (141, 164), (184, 240), (265, 297), (312, 339), (345, 375), (419, 473)],
}
SLACK_S = 10  # braking and pulling away below 1 m/s count as standing


def athens(folder: Path) -> dict[str, list[tuple[Fix, float]]]:
    """Return each vehicle's fixes and its speed in km/h as the drone measured it."""
    tracks: dict[str, list[tuple[Fix, float]]] = defaultdict(list)
    with gzip.open(folder / "pneuma_athens_1hz_50veh.csv.gz", "rt") as rows:
        for row in csv.DictReader(rows):
            at = datetime.fromisoformat(row["time"]).replace(year=2026, tzinfo=UTC)
            fix = Fix(CAR, at, at, float(row["lon"]), float(row["lat"]), accuracy_m=1.0)
            tracks[row["track_id"]].append((fix, float(row["speed"])))
    return tracks


def liverpool(folder: Path, bus: str) -> Journey:
    fixes: dict[datetime, Fix] = {}
    with (folder / "liverpool_bus_route14.csv").open() as rows:
        for row in csv.DictReader(rows):
            if row["vehicle_id"] == bus:
                at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
                place = float(row["longitude"]), float(row["latitude"])
                fixes.setdefault(at, Fix(CAR, at, at, *place))
    return derive_journey(list(fixes.values()), max(fixes))


def stands_of(fixes: list[Fix]) -> list[tuple[float, float]]:
    t0 = fixes[0].observed_at
    return [
        ((s.from_at - t0).total_seconds(), (s.to_at - t0).total_seconds())
        for s in derive_journey(fixes, fixes[-1].observed_at).segments
        if s.state is State.STOPPED
    ]


@pytest.mark.parametrize("vehicle", STANDS)
def test_stands_in_traffic_are_found_where_the_eye_sees_them(
    shared_data: Path, vehicle: str
) -> None:
    found = stands_of([fix for fix, _ in athens(shared_data)[vehicle]])

    for start_s, end_s in STANDS[vehicle]:
        assert any(
            abs(start - start_s) <= SLACK_S and abs(end - end_s) <= SLACK_S for start, end in found
        ), (start_s, end_s, found)


def test_a_vehicle_is_moving_or_not_as_the_drone_says(shared_data: Path) -> None:
    right = asked = 0
    for track in athens(shared_data).values():
        stands = stands_of([fix for fix, _ in track])
        t0 = track[0][0].observed_at
        for fix, kmh in track:
            at_s = (fix.observed_at - t0).total_seconds()
            right += any(a <= at_s <= b for a, b in stands) == (kmh < 2)
            asked += 1

    assert asked == 23_293
    assert right / asked > 0.9


def test_distance_in_traffic_is_the_drones(shared_data: Path) -> None:
    """The truth is the drone's speed summed over the trip; two vehicles of fifty never left."""
    ours_m = truth_m = 0.0
    for track in athens(shared_data).values():
        for trip in derive_journey([f for f, _ in track], track[-1][0].observed_at).trips:
            ours_m += trip.distance_m
            truth_m += sum(v / 3.6 for f, v in track if trip.started_at < f.observed_at
                           <= trip.last_at)  # fmt: skip

    assert ours_m == pytest.approx(truth_m, rel=0.03)


def clock(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%H:%M:%S}"


def test_a_bus_waits_at_its_terminus_between_two_trips(shared_data: Path) -> None:
    """Bus 4720 stands at Queen Square from 16:03 to 16:12 within 40 m, and from 17:22."""
    journey = liverpool(shared_data, "4720")

    assert [(clock(s.started_at), clock(s.ended_at)) for s in journey.stops] == [
        ("16:03:21", "16:12:04"),
        ("17:22:08", "17:25:26"),
    ]
    assert [(clock(t.started_at), clock(t.ended_at)) for t in journey.trips] == [
        ("16:12:04", "16:47:15"),
        ("17:25:26", None),
    ]


def test_a_bus_that_was_silent_is_not_said_to_have_driven(shared_data: Path) -> None:
    """Bus 4836 is unseen from 16:07:49 to 16:43:24 and comes back 8.5 km away."""
    journey = liverpool(shared_data, "4836")

    assert [(clock(t.started_at), clock(t.ended_at)) for t in journey.trips[:2]] == [
        ("16:00:15", "16:07:49"),
        ("16:43:24", "17:17:16"),
    ]
    assert sum(t.distance_m for t in journey.trips) < 12_500
