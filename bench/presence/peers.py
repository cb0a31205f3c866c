"""The rules others decide by, each as a function of distances: one circle, fixes in order.

Traccar, ThingsBoard, Fleetbase, Tile38 and the OwnTracks recorder use `raw`; the others are what
their users add by hand.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np

from bench.presence.model import Floats, Kind, Track

Said = list[tuple[float, Kind]]
SPEED_MOST_MPS = 50.0
ACCURACY_MOST_M = 100.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Leave beyond `buffer_m`; believe after `dwell_s`; ignore fixes less accurate or faster."""

    buffer_m: float = 0.0
    dwell_s: float = 0.0
    accuracy_m: float = float("inf")
    speed_mps: float = float("inf")


PEERS: dict[str, Rule] = {
    "raw": Rule(),
    "accuracy_speed": Rule(accuracy_m=ACCURACY_MOST_M, speed_mps=SPEED_MOST_MPS),
    "buffer_25m": Rule(buffer_m=25),
    "dwell_60s": Rule(dwell_s=60),
    "buffer_20m_dwell_60s_accuracy_60m": Rule(buffer_m=20, dwell_s=60, accuracy_m=60),
}


def said_by(rule: Rule, track: Track, signed_m: Floats) -> Said:
    """Return what a rule says of a track; `signed_m` is the distance to the edge, inside < 0."""
    kept = _kept(rule, track)
    inside, run_at = False, -1.0
    said: Said = []
    for at, metres in zip(track.at_s[kept].tolist(), signed_m[kept].tolist(), strict=True):
        now_inside = metres <= (rule.buffer_m if inside else 0.0)
        if now_inside == inside:
            run_at = -1.0
            continue
        run_at = at if run_at < 0 else run_at
        if at - run_at >= rule.dwell_s:
            said.append((run_at, "entered" if now_inside else "left"))
            inside, run_at = now_inside, -1.0
    return said


def _kept(rule: Rule, track: Track) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    kept = track.accuracy_m < rule.accuracy_m
    if rule.speed_mps == float("inf"):
        return kept
    last = -1
    for i in np.flatnonzero(kept).tolist():
        if last >= 0:
            moved = hypot(track.x_m[i] - track.x_m[last], track.y_m[i] - track.y_m[last])
            if moved > rule.speed_mps * (track.at_s[i] - track.at_s[last]):
                kept[i] = False
                continue
        last = i
    return kept
