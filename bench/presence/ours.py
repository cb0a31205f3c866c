"""Our engine on a track: the product's own index and batches, nothing simplified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import shapely

from bench.presence.model import Track, Truth
from fieldops.model import Fix
from geo.index import Fence, FenceIndex, Rules
from geo.presence.batch import Crossing, Memory, advance_batch

LON, LAT = 4.85, 45.75
EAST_M, NORTH_M = 77_804.0, 111_147.0  # metres of a degree there, WGS 84
T0 = datetime(2026, 11, 23, 7, tzinfo=UTC)
DEVICE = UUID(int=1)
REACH_M = 300.0


@dataclass(frozen=True, slots=True)
class Said:
    """What the engine said of a track, by fence name.

    Attributes:
        confirmed: crossings, in the order they were confirmed.
        decided_s: when each of them was.
        first_s: when it was first said: its provisional event, or the confirmed one itself.
        unconfirmed: provisional events taken back, or never followed by the confirmed one.
    """

    confirmed: list[Truth]
    decided_s: list[float]
    first_s: list[float]
    unconfirmed: int


def watch(shapes: Mapping[str, shapely.Polygon]) -> tuple[FenceIndex, dict[UUID, str]]:
    """Return the index of named polygons given in metres around the origin."""
    fences, names = [], {}
    for number, (name, shape) in enumerate(shapes.items(), start=1):
        fence = UUID(int=100 + number)
        names[fence] = name
        degrees = shapely.transform(shape, lambda p: p / (EAST_M, NORTH_M) + (LON, LAT))
        fences.append(Fence(fence, None, degrees, Rules()))
    return FenceIndex(fences, reach_m=REACH_M), names


def fixes_of(track: Track) -> list[Fix]:
    """Return the track as fixes of one device."""
    rows = zip(
        track.at_s.tolist(), (track.x_m / EAST_M + LON).tolist(),
        (track.y_m / NORTH_M + LAT).tolist(), track.accuracy_m.tolist(), strict=True,
    )  # fmt: skip
    return [
        Fix(DEVICE, at := T0 + timedelta(seconds=s), at, lon, lat, accuracy_m=accuracy)
        for s, lon, lat, accuracy in rows
    ]


def say(fixes: Sequence[Fix], index: FenceIndex, names: Mapping[UUID, str]) -> Said:
    """Follow one device's fixes and return what was said of it."""
    memory = Memory()
    outcome = advance_batch(memory, fixes, index)
    confirmed: list[Truth] = []
    decided_s: list[float] = []
    first_s: list[float] = []
    withdrawn = 0
    standing: dict[UUID, Crossing] = {}
    for crossing in outcome.crossings:
        if crossing.status == "provisional":
            standing[crossing.fence] = crossing
            continue
        first = standing.pop(crossing.fence, crossing)
        if crossing.status == "withdrawn":
            withdrawn += 1
            continue
        confirmed.append(Truth(_seconds(crossing.at), names[crossing.fence], crossing.kind))
        decided_s.append(_seconds(crossing.decided_at))
        first_s.append(_seconds(first.decided_at))
    return Said(confirmed, decided_s, first_s, withdrawn + len(standing))


def _seconds(at: datetime) -> float:
    return (at - T0).total_seconds()
