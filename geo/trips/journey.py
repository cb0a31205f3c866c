"""Trips and stops of one device from its fixes: what a day of a vehicle is made of.

    fixes ──silence > 20 min──▶ runs ──▶ stays ──≥ 3 min──▶ stops ──what lies between──▶ trips

A stay of `STOP_S` is a stop; a shorter one is a halt inside a trip (a traffic light). Between two
stops lies a trip when the second is at another place, or when enough fixes were truly elsewhere:
more than a burst of outliers, for longer than `AWAY_S`. What is no trip belongs to the stop it
left, so noise about a parked car is one stop. A trip ends where a stop begins, or with the last
fix before a silence of `SILENCE_S`: what was not seen is not claimed.

Everything is a function of the fixes and of the present time, which only says whether the last
run is over. Late and disordered fixes therefore end in the same trips.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fieldops.model import Fix
from geo.trips.path import GAP_S, Length, measure
from geo.trips.stays import BRIDGED, Stay, find_stays
from geo.trips.track import Track, apart_m, middle, track_of

SILENCE_S = 1_200.0
STOP_S = 180.0
# How long it must have been elsewhere: there and back, seen leaving, seen coming.
AWAY_S = 180.0
LEAVING_S = 120.0
COMING_S = 60.0
EXTENT_M = 100.0


class State(StrEnum):
    """`idling`: stands with the engine known to run. `gap`: no fix says."""

    MOVING = "moving"
    STOPPED = "stopped"
    IDLING = "idling"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Segment:
    """One state from a moment to a moment."""

    state: State
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """A vehicle stood at lon, lat; `ended_at` None: as far as is known it still does."""

    started_at: datetime
    ended_at: datetime | None
    lon: float
    lat: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Trip:
    """A vehicle went from a place to a place; `ended_at` None: it is under way.

    `distance_m` is what was seen, `unseen_m` the straight lines across gaps inside.
    """

    started_at: datetime
    ended_at: datetime | None
    last_at: datetime
    start_lon: float
    start_lat: float
    end_lon: float
    end_lat: float
    distance_m: float
    unseen_m: float
    unseen_s: float
    halted_s: float


@dataclass(frozen=True, slots=True)
class Journey:
    """All of it: segments without overlap in order of time, the stops, the trips."""

    segments: list[Segment]
    stops: list[Stop]
    trips: list[Trip]


@dataclass(frozen=True, slots=True)
class Leg:
    """Fixes [first, last] between stops; `to_stop`: a stop follows, `over`: the run has ended."""

    first: int
    last: int
    to_stop: bool
    over: bool


def derive_journey(
    fixes: Sequence[Fix], until: datetime, engine: Sequence[tuple[datetime, bool]] = ()
) -> Journey:
    """Return what the fixes of one device, in any order, say of its vehicle at `until`.

    `engine` says from when on the engine is known to run, or not, in order of time. Without it
    nothing idles: a stand says nothing of its engine.
    """
    believed = sorted((f for f in fixes if f.timely), key=lambda fix: fix.observed_at)
    track = track_of(believed)
    builder = _Builder(believed, track, until.timestamp())
    runs = list(_runs(track))
    for place, (first, end) in enumerate(runs):
        if place:
            builder.add(State.GAP, runs[place - 1][1] - 1, first)
        builder.run(first, end, last_run=place == len(runs) - 1)
    journey = builder.journey
    return replace(journey, segments=mark_idling(journey.segments, engine)) if engine else journey


def mark_idling(
    segments: Sequence[Segment], engine: Sequence[tuple[datetime, bool]]
) -> list[Segment]:
    """Return the segments with each stand cut where the engine is known to start and end."""
    marked: list[Segment] = []
    for segment in segments:
        if segment.state is not State.STOPPED:
            marked.append(segment)
            continue
        running = next((on for at, on in reversed(engine) if at <= segment.from_at), False)
        from_at = segment.from_at
        inside = [(at, on) for at, on in engine if segment.from_at < at < segment.to_at]
        for at, on in [*inside, (segment.to_at, not running)]:
            if on != running:
                marked.append(Segment(State.IDLING if running else State.STOPPED, from_at, at))
                from_at, running = at, on
    return marked


def _runs(track: Track) -> Iterator[tuple[int, int]]:
    """Yield [first, end) of fixes with no silence between them."""
    first = 0
    for index in range(1, len(track) + 1):
        if index == len(track) or track.at_s[index] - track.at_s[index - 1] > SILENCE_S:
            yield first, index
            first = index


class _Builder:
    """Collects a journey, one run after the other."""

    def __init__(self, fixes: Sequence[Fix], track: Track, until_s: float) -> None:
        self.journey = Journey([], [], [])
        self._fixes = fixes
        self._track = track
        self._until_s = until_s

    def run(self, first: int, end: int, *, last_run: bool) -> None:
        over = not last_run or self._until_s - self._track.at_s[end - 1] > SILENCE_S
        stays = find_stays(self._track, first, end)
        stops, legs = arrange(self._track, stays, first, end, over=over)
        under_way = bool(legs) and not legs[-1].to_stop
        marks: list[Stay | Leg] = sorted([*stops, *legs], key=lambda mark: (mark.first, mark.last))
        place = first
        for mark in marks:
            self._loose(place, mark.first, stays)
            if isinstance(mark, Leg):
                self._trip(mark, _between(stays, mark.first, mark.last))
            else:
                self._stop(mark, open_end=mark is stops[-1] and not over and not under_way)
            place = mark.last
        self._loose(place, end - 1, stays)

    def _stop(self, stay: Stay, *, open_end: bool) -> None:
        self.journey.stops.append(
            Stop(
                self._at(stay.first),
                None if open_end else self._at(stay.last),
                round(stay.lon, 7),
                round(stay.lat, 7),
                round(stay.sigma_m, 1),
            )
        )
        self.add(State.STOPPED, stay.first, stay.last)

    def _trip(self, leg: Leg, halts: list[Stay]) -> None:
        edges = [leg.first, *(i for halt in halts for i in (halt.first, halt.last)), leg.last]
        moves = list(zip(edges[::2], edges[1::2], strict=True))
        length = measure(self._track, moves)
        self.journey.trips.append(self._trip_row(leg, halts, length))
        for place, (first, last) in enumerate(moves):
            self._move(first, last)
            if place < len(halts):
                self.add(State.STOPPED, halts[place].first, halts[place].last)

    def _trip_row(self, leg: Leg, halts: list[Stay], length: Length) -> Trip:
        start, end = self._fixes[leg.first], self._fixes[leg.last]
        at_s = self._track.at_s
        return Trip(
            start.observed_at,
            end.observed_at if leg.to_stop or leg.over else None,
            end.observed_at,
            start.lon,
            start.lat,
            end.lon,
            end.lat,
            round(length.seen_m, 1),
            round(length.unseen_m, 1),
            round(length.unseen_s, 1),
            round(sum(at_s[halt.last] - at_s[halt.first] for halt in halts), 1),
        )

    def _move(self, first: int, last: int) -> None:
        """Add moving, with the gaps in it."""
        start = first
        for index in range(first, last):
            if self._track.at_s[index + 1] - self._track.at_s[index] > GAP_S:
                self.add(State.MOVING, start, index)
                self.add(State.GAP, index, index + 1)
                start = index + 1
        self.add(State.MOVING, start, last)

    def _loose(self, first: int, last: int, stays: list[Stay]) -> None:
        """Add the segments of what is neither: a run's edges, too short to tell."""
        for stay in _between(stays, first, last):
            self._move(first, stay.first)
            self.add(State.STOPPED, stay.first, stay.last)
            first = stay.last
        self._move(first, last)

    def add(self, state: State, first: int, last: int) -> None:
        if last > first:
            self.journey.segments.append(Segment(state, self._at(first), self._at(last)))

    def _at(self, index: int) -> datetime:
        return self._fixes[index].observed_at


def _between(stays: Sequence[Stay], first: int, last: int) -> list[Stay]:
    return [stay for stay in stays if first < stay.first and stay.last < last]


def arrange(
    track: Track, stays: Sequence[Stay], first: int, end: int, *, over: bool
) -> tuple[list[Stay], list[Leg]]:
    """Return the stops of a run and the legs between them that are trips.

    Between two stops, what is no trip is given to the first.
    """
    stops: list[Stay] = []
    legs: list[Leg] = []
    for stay in stays:
        if track.at_s[stay.last] - track.at_s[stay.first] < STOP_S:
            continue
        if not stops:
            leg = _from_start(track, stays, first, stay)
            if leg is not None:
                legs.append(leg)
            stops.append(stay)
        elif _departed(track, stops[-1], stay):
            legs.append(Leg(stops[-1].last, stay.first, to_stop=True, over=True))
            stops.append(stay)
        else:
            stops[-1] = replace(stops[-1], last=stay.last)
    tail = _to_end(track, stays, stops, first, end, over=over)
    if tail is not None:
        legs.append(tail)
    return stops, legs


def _extent_m(stay: Stay) -> float:
    """Metres from a stop beyond which a vehicle is elsewhere."""
    return max(EXTENT_M, 2 * stay.reach_m)


def _departed(track: Track, before: Stay, after: Stay) -> bool:
    """Return whether a trip lies between two stops."""
    if apart_m(before.lon, before.lat, after.lon, after.lat) > max(
        _extent_m(before), _extent_m(after)
    ):
        return True
    return _elsewhere(track, before, before.last, after.first, AWAY_S)


def _elsewhere(track: Track, stay: Stay, first: int, last: int, least_s: float) -> bool:
    """Return whether the fixes between prove that the vehicle was away from a stop so long."""
    beyond = [
        i
        for i in range(first + 1, last + 1)
        if track.distance_m(i, stay.lon, stay.lat) > _extent_m(stay) + 2 * track.sigma[i]
    ]
    return len(beyond) > BRIDGED and track.at_s[beyond[-1]] - track.at_s[first] >= least_s


def _from_start(track: Track, stays: Sequence[Stay], first: int, stop: Stay) -> Leg | None:
    """Return the trip that was under way when the run began, if there was one."""
    if not _elsewhere(track, stop, first, stop.first, COMING_S):
        return None
    return Leg(_leaving(stays, first, stop.first), stop.first, to_stop=True, over=True)


def _to_end(
    track: Track, stays: Sequence[Stay], stops: list[Stay], first: int, end: int, *, over: bool
) -> Leg | None:
    """Return the trip that the run's end finds under way, if there is one."""
    if stops:
        origin, begin = stops[-1], stops[-1].last
    else:
        lon, lat, sigma_m = middle(track, range(first, min(first + 3, end)))
        begin = _leaving(stays, first, end - 1)
        origin = Stay(first, begin, lon, lat, sigma_m)
    if not _elsewhere(track, origin, begin, end - 1, LEAVING_S):
        return None
    last = end - 1
    if over and stays and stays[-1].last >= end - 1 - BRIDGED and stays[-1].first > begin:
        last = stays[-1].first  # it stood when it was last seen, too short to be a stop
    return Leg(begin, last, to_stop=False, over=over)


def _leaving(stays: Sequence[Stay], first: int, last: int) -> int:
    """Return where the run's first move begins: it may begin with a stand too short for a stop."""
    if stays and stays[0].first <= first + 1 and stays[0].last < last:
        return stays[0].last
    return first
