"""A day as a line to play: few points, true in place and time.

Where the vehicle stood the line stays at one place, so nothing wanders on the map. Where
it moved, outliers are left out and the rest is thinned by TD-TR (Meratnia and de By 2004,
doi:10.1007/978-3-540-24741-8_44): Douglas and Peucker's recursion with the distance to where the
line would put the vehicle *at that moment*, so that playing it back is right in time too. Each
point says what begins at it: moving, stopped, idling, or a gap up to the next.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fieldops.model import Fix
from geo.trips.journey import Segment, State, derive_journey
from geo.trips.path import believable
from geo.trips.track import Track, apart_m, middle, track_of

TOLERANCE_M = 6.0
_STANDING = (State.STOPPED, State.IDLING)


@dataclass(frozen=True, slots=True)
class Point:
    """Where the vehicle was, give or take `accuracy_m`, and what begins there."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None
    state: State


def draw(fixes: Sequence[Fix], until: datetime) -> list[Point]:
    """Return the points of fixes that are in order of time and of trusted clocks."""
    segments = derive_journey(fixes, until).segments
    track = track_of(fixes)
    points: list[Point] = []
    for segment in segments:
        first = bisect_left(fixes, segment.from_at, key=lambda fix: fix.observed_at)
        last = bisect_right(fixes, segment.to_at, key=lambda fix: fix.observed_at) - 1
        stood = points[-1] if points and points[-1].state in _STANDING else None
        found = _points(fixes, track, segment, first, last)
        if stood is not None:  # it leaves from where it stood, not from where a fix saw it there
            found[0] = replace(found[0], lon=stood.lon, lat=stood.lat)
        points += found
    if points:
        points.append(_end(fixes, segments[-1], points[-1]))
    return points


def _points(
    fixes: Sequence[Fix], track: Track, segment: Segment, first: int, last: int
) -> list[Point]:
    """Return the points of a segment, but for its end, with which the next begins."""
    match segment.state:
        case State.GAP:
            return [_point(fixes[first], State.GAP)]
        case State.MOVING:
            kept = thin(track, believable(track, first, last))
            return [_point(fixes[index], State.MOVING) for index in kept[:-1]]
        case _:
            lon, lat, sigma_m = middle(track, range(first, last + 1))
            place = round(lon, 6), round(lat, 6), round(sigma_m, 1)
            return [Point(segment.from_at, *place, segment.state)]


def _point(fix: Fix, state: State) -> Point:
    return Point(fix.observed_at, fix.lon, fix.lat, fix.accuracy_m, state)


def _end(fixes: Sequence[Fix], segment: Segment, before: Point) -> Point:
    """Return the last point: at the stop if it stands, else at the last fix."""
    if segment.state in _STANDING:
        return Point(segment.to_at, before.lon, before.lat, before.accuracy_m, State.GAP)
    return _point(fixes[-1], State.GAP)


def thin(track: Track, indices: Sequence[int]) -> list[int]:
    """Return the fixes needed to be nowhere further off than `TOLERANCE_M`, or its own error."""
    keep = {indices[0], indices[-1]}
    todo = [(0, len(indices) - 1)]
    while todo:
        first, last = todo.pop()
        worst, worst_m = first, 0.0
        for place in range(first + 1, last):
            index = indices[place]
            off_m = _off_m(track, indices[first], index, indices[last])
            if off_m > max(TOLERANCE_M, track.sigma[index] / 2) and off_m > worst_m:
                worst, worst_m = place, off_m
        if worst != first:
            keep.add(indices[worst])
            todo += [(first, worst), (worst, last)]
    return sorted(keep)


def _off_m(track: Track, a: int, index: int, b: int) -> float:
    """Return how far a fix is from where the line from a to b would put it at its time."""
    share = (track.at_s[index] - track.at_s[a]) / max(track.at_s[b] - track.at_s[a], 1e-6)
    lon = track.lon[a] + share * (track.lon[b] - track.lon[a])
    lat = track.lat[a] + share * (track.lat[b] - track.lat[a])
    return apart_m(track.lon[index], track.lat[index], lon, lat)
