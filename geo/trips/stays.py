"""Stays: stretches in which the fixes cannot be told from a vehicle that stands at one place.

A stay opens where a window of fixes, long enough that 1 m/s would have shown, lies about one
place: three quarters within `REACH` sigmas of the window's median, and the medians of its two
halves no further apart than `DRIFT` sigmas. (Errors of neighbouring fixes are alike, AR(1) with
some 90 s, so a mean over n fixes is not √n better and a single step says little; a difference of
medians over the window does.) It goes on while fixes come back to the place: up to
`BRIDGED` in a row may lie elsewhere, for that is what an outlier looks like. A fix that reports a
large error of its own is no sign of having left.

The place is the median of the first ten minutes and then stands still, and the stay reaches back
over the fixes that already were there. So a stay depends on its own fixes only, and beginning
again at its first fix finds it again: `derive` relies on that.
"""

from dataclasses import dataclass, replace

from geo.trips.track import Track, apart_m, middle

REACH = 4.0  # sigmas a resting fix may lie from the place
OWN_REACH = 2.0  # of the fix's own error
DRIFT = 2.5  # sigmas between the medians of a window's halves
START = 2.0  # sigmas the first fix may lie from the window's median
SLOWEST_MPS = 1.0
WINDOW_LEAST_S = 5.0
WINDOW_MOST_S = 300.0
WINDOW_FIXES = 6  # three quarters of which are more than a burst of outliers has
BRIDGED = 6
FREEZE_S = 600.0
_SHARE_WITHIN = 0.75
_AHEAD = 9  # fixes whose median error sizes the window


@dataclass(frozen=True, slots=True)
class Stay:
    """Fixes `first` to `last` of a track stand about one place."""

    first: int
    last: int
    lon: float
    lat: float
    sigma_m: float

    @property
    def reach_m(self) -> float:
        """Metres from the place within which a fix is no sign of having left."""
        return REACH * self.sigma_m


def find_stays(track: Track, first: int, end: int) -> list[Stay]:
    """Return the stays among fixes [first, end), in order; none overlap."""
    stays: list[Stay] = []
    least = index = first
    while index < end:
        window = _window(track, index, end)
        if window is None:
            index += 1
            continue
        stay = _arrived(track, least, _extend(track, index, window, end))
        stays.append(stay)
        least = index = stay.last + 1
    return stays


def _window(track: Track, first: int, end: int) -> list[int] | None:
    """Return the fixes that open a stay at `first`, None when they do not."""
    *_, sigma_m = middle(track, range(first, min(first + _AHEAD, end)))
    span_s = min(max(2 * REACH * sigma_m / SLOWEST_MPS, WINDOW_LEAST_S), WINDOW_MOST_S)
    until = max(track.until(first, track.at_s[first] + span_s, end), first + WINDOW_FIXES)
    if until > end or (until == end and track.at_s[end - 1] < track.at_s[first] + span_s):
        return None  # not long enough to tell
    indices = range(first, until)
    lon, lat, sigma_m = middle(track, indices)
    if track.distance_m(first, lon, lat) > START * sigma_m:
        return None
    within = [i for i in indices if track.distance_m(i, lon, lat) <= REACH * sigma_m]
    if len(within) < _SHARE_WITHIN * len(indices):
        return None
    half = len(within) // 2
    early, late = middle(track, within[:half]), middle(track, within[-half:])
    drift_m = apart_m(*early[:2], *late[:2])
    return within if drift_m <= DRIFT * sigma_m else None


def _extend(track: Track, first: int, window: list[int], end: int) -> Stay:
    """Return the stay that `window` opens, as far as fixes come back to its place."""
    members = list(window)
    lon, lat, sigma_m = middle(track, members)
    freeze_s = track.at_s[first] + FREEZE_S
    renew_at, frozen = 2 * len(members), False
    last = seen = members[-1]
    index = last + 1
    while index < end and index - seen <= BRIDGED + 1:
        if not frozen and track.at_s[index] > freeze_s:
            lon, lat, sigma_m = middle(track, members)
            frozen = True
        away_m = track.distance_m(index, lon, lat)
        if away_m <= OWN_REACH * track.sigma[index]:
            seen = index  # no sign of having left; none of having been here either
        if away_m <= REACH * sigma_m:
            last = seen = index
            if not frozen:
                members.append(index)
                if len(members) >= renew_at:
                    lon, lat, sigma_m = middle(track, members)
                    renew_at = 2 * len(members)
        index += 1
    return Stay(first, _trimmed(track, first, last, lon, lat, sigma_m), lon, lat, sigma_m)


def _arrived(track: Track, least: int, stay: Stay) -> Stay:
    """Return the stay from its arrival on: back over fixes at its place, less the approach."""
    first = index = stay.first
    while index > least and first - index <= BRIDGED:
        index -= 1
        if track.distance_m(index, stay.lon, stay.lat) <= stay.reach_m:
            first = index
    while first < stay.first:
        away_m = track.distance_m(first, stay.lon, stay.lat)
        if away_m <= START * stay.sigma_m or away_m <= track.distance_m(
            first + 1, stay.lon, stay.lat
        ):
            break
        first += 1
    return replace(stay, first=first)


def _trimmed(track: Track, first: int, last: int, lon: float, lat: float, sigma_m: float) -> int:
    """Return the last fix before the vehicle drew away: the tail that only grows is departure."""
    while last > first:
        away_m = track.distance_m(last, lon, lat)
        if away_m <= START * sigma_m or away_m <= track.distance_m(last - 1, lon, lat):
            break
        last -= 1
    return last
