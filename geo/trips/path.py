"""The length of a driven path, free of drift: only while moving, over vertices that mean something.

Three things make a raw sum too long. Outliers are taken out first: a fix whose reported error is
far above its neighbours', and a run of up to `SPIKE_FIXES` that is entered and left by a jump
much faster than the drive around it. Then a vertex is kept only when it lies `VERTEX_SIGMAS`
errors (or 10 m) from the last one kept, so that noise does not add up step by step. Standing is
not summed at all, and silence is counted apart, as the straight line it may not have been.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from geo.trips.track import Track

GAP_S = 180.0  # a longer silence between two fixes is a gap
SPIKE_FIXES = 4
VERTEX_SIGMAS = 2.0
VERTEX_LEAST_M = 10.0
_POOR = 3.0  # times the median error
_JUMP_TIMES, _JUMP_MORE_MPS = 1.8, 5.0


@dataclass(frozen=True, slots=True)
class Length:
    """Metres seen, and what no fix saw: its straight line and its duration."""

    seen_m: float
    unseen_m: float
    unseen_s: float


def measure(track: Track, moves: Iterable[tuple[int, int]]) -> Length:
    """Return the length of the moves, each from a fix to a fix, both included."""
    seen_m = unseen_m = unseen_s = 0.0
    for first, last in moves:
        kept = believable(track, first, last)
        start = 0
        for place in range(1, len(kept) + 1):
            whole = place == len(kept)
            if whole or _silent(track, kept[place - 1], kept[place]):
                seen_m += _length(track, kept[start:place])
                start = place
                if not whole:
                    unseen_m += track.step_m(kept[place - 1], kept[place])
                    unseen_s += track.at_s[kept[place]] - track.at_s[kept[place - 1]]
    return Length(seen_m, unseen_m, unseen_s)


def _silent(track: Track, a: int, b: int) -> bool:
    return track.at_s[b] - track.at_s[a] > GAP_S


def _length(track: Track, kept: list[int]) -> float:
    """Sum over significant vertices; the last fix is always one."""
    total_m, vertex = 0.0, kept[0]
    for index in kept[1:]:
        step_m = track.step_m(vertex, index)
        least_m = max(VERTEX_SIGMAS * min(track.sigma[vertex], track.sigma[index]), VERTEX_LEAST_M)
        if step_m >= least_m or index == kept[-1]:
            total_m += step_m
            vertex = index
    return total_m


def believable(track: Track, first: int, last: int) -> list[int]:
    """Return the fixes of a move that are no outliers; its ends stay."""
    poor_m = _POOR * median(track.sigma[first : last + 1])
    kept = [i for i in range(first, last + 1) if track.sigma[i] <= poor_m or i in (first, last)]
    speeds = [_speed(track, a, b) for a, b in pairwise(kept)]
    result, place = kept[:1], 1
    while place < len(kept):
        place += _spike(track, kept, speeds, place)
        result.append(kept[place])
        place += 1
    return result


def _spike(track: Track, kept: list[int], speeds: list[float], place: int) -> int:
    """Return how many fixes from `place` on form a spike, 0 for none."""
    around = speeds[max(0, place - 8) : place + 8]
    jump_mps = _JUMP_TIMES * median(around) + _JUMP_MORE_MPS
    if speeds[place - 1] <= jump_mps:
        return 0
    for size in range(1, SPIKE_FIXES + 1):
        back = place + size
        if back >= len(kept):
            return 0
        straight_mps = _speed(track, kept[place - 1], kept[back])
        if speeds[back - 1] > jump_mps and straight_mps <= jump_mps:
            return size
    return 0


def _speed(track: Track, a: int, b: int) -> float:
    return track.step_m(a, b) / max(track.at_s[b] - track.at_s[a], 0.1)
