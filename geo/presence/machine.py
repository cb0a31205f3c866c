"""One device and one fence: a pure state machine that adds up evidence and explains itself.

    outside ──likely──▶ entering ──certain──▶ inside      (entered: provisional, then confirmed)
       ▲                   │                    │  ▲
       │◀────unlikely──────┘               likely  unlikely   (withdrawn)
       └──────────certain (left)────────────── leaving

The other side of the edge is believed by a log-odds

    B = −log(e^−N + e^−T),   N = H + log Φ(z) / Φ(−z)

where z is the signed distance beyond the edge over the fix's accuracy, H what earlier fixes said
(each worth only its news, see `belief.news`, bounded by the hysteresis) and T the log-odds that
the fix is no outlier (`trust`). B past `LIKELY` is a provisional event, B past the fence's
confidence a confirmed one, B below `UNLIKELY` withdraws what was provisional. Silence is no
evidence: nothing happens without a fix.
"""

from enum import StrEnum
from typing import Any, Literal

import msgspec

from geo.index import Rules
from geo.presence.belief import both, chance, odds, side
from geo.presence.trust import Sight

# Hysteresis: what a confirmed side is worth before a fix speaks against it, and how far it grows.
HELD_INSIDE, HELD_OUTSIDE, LEFT = -6.0, -4.0, -2.0
DOUBLE_MOST = 2.0  # evidence for entering that earlier fixes near the edge may add up to
# Before a fix speaks: something that stops this near to a fence mostly came for it, something
# that drives past mostly did not.
ARRIVED, PASSING, NEXT_DOOR = 2.0, -1.0, -1.5
NEAR_Z, AWAY_Z = 2.5, 3.0
LIKELY, UNLIKELY = 2.5, -1.0
PENDING_LEAST, PENDING_MOST = -2.0, 6.0  # a doubted fix adds no more, for it may be withdrawn
SILENT_S = 60.0
GAP_KNOWN_S = 600.0  # over a longer silence nobody knows when the edge was crossed
CURVE = 12

Status = Literal["provisional", "confirmed", "withdrawn"]


class State(StrEnum):
    OUTSIDE = "outside"
    ENTERING = "entering"
    INSIDE = "inside"
    LEAVING = "leaving"


class Point(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A fix of the evidence curve: how far from the edge (inside negative), how believed."""

    at: float
    edge_m: float
    accuracy_m: float | None
    inside: float  # probability
    trust: float  # probability


class Machine(msgspec.Struct, frozen=True, gc=False):
    """Where one device stands towards one fence; times in seconds since 1970.

    Attributes:
        inside: the confirmed side. since: since when.
        held: log-odds of the other side by earlier fixes. pending: what doubted ones would add.
        moving: the last trusted fix had moved.
        known_at, known_edge_m: the last trusted fix.
        near_at: when it came near and stayed, which is when it entered if it turns out it did.
        run_at: the first fix of the unbroken run on the other side.
        before_at, before_edge_m: the trusted fix before that run.
        said_at: when the provisional event that stands was said.
        curve: the last fixes.
    """

    inside: bool = False
    since: float = 0.0
    held: float = 0.0
    pending: float = 0.0
    moving: bool = True
    known_at: float | None = None
    known_edge_m: float = 0.0
    near_at: float | None = None
    run_at: float | None = None
    before_at: float | None = None
    before_edge_m: float = 0.0
    said_at: float | None = None
    curve: tuple[Point, ...] = ()

    @property
    def state(self) -> State:
        if self.inside:
            return State.INSIDE if self.said_at is None else State.LEAVING
        return State.OUTSIDE if self.said_at is None else State.ENTERING


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one fix did: the machine after it, and what it says of a crossing, if anything."""

    machine: Machine
    kind: Literal["entered", "left"]
    status: Status | None = None
    at: float = 0.0
    why: dict[str, Any] | None = None


def advance(machine: Machine, rules: Rules, sight: Sight, edge_m: float) -> Step:
    """Take one fix, later than the last, `edge_m` metres from the edge (inside negative)."""
    inside = machine.inside
    beyond_m = edge_m - rules.buffer_m if inside else -edge_m
    said = side(beyond_m / sight.sigma_m)
    held, pending = machine.held, machine.pending
    if sight.ended == "real":
        held, pending = held + pending, 0.0
    elif sight.ended == "astray":
        pending = 0.0
    near_at = machine.near_at
    if not inside:
        held, pending, near_at = _approach(machine, sight, edge_m, said, held, pending)
    noise = held + pending + said
    belief = both(noise, sight.trust)

    run_at = machine.run_at
    before_at, before_edge_m = machine.before_at, machine.before_edge_m
    if said <= 0:
        run_at = None
    elif run_at is None:
        run_at = sight.at
        before_at, before_edge_m = machine.known_at, machine.known_edge_m

    if sight.trusted:
        least, most = (HELD_INSIDE, 12.0) if inside else (HELD_OUTSIDE, DOUBLE_MOST)
        held = max(least, min(most, held + sight.news * said))
        moving = sight.moved
    else:
        pending += sight.news * max(PENDING_LEAST, min(PENDING_MOST, said))
        moving = machine.moving or sight.moved
    point = Point(
        sight.at, round(edge_m, 1), sight.accuracy_m,
        round(chance(-belief if inside else belief), 4), round(chance(sight.trust), 4),
    )  # fmt: skip
    after = Machine(
        inside, machine.since, held, pending, moving,
        sight.at if sight.trusted else machine.known_at,
        edge_m if sight.trusted else machine.known_edge_m, near_at, run_at, before_at,
        before_edge_m, machine.said_at, (*machine.curve[-CURVE + 1 :], point),
    )  # fmt: skip
    return _decide(after, rules, sight, belief, said > 0)


def _approach(
    machine: Machine, sight: Sight, edge_m: float, said: float, held: float, pending: float
) -> tuple[float, float, float | None]:
    """Return held, pending and near_at of a machine that is outside, before the fix speaks."""
    z, near_at = edge_m / sight.sigma_m, machine.near_at
    if sight.moved:
        # Where it was says little of where it is.
        pending = 0.0
        if sight.trusted and said <= 0:
            held = PASSING
    elif machine.moving and z < NEAR_Z and sight.trusted:
        held = max(held, ARRIVED)
    if z >= AWAY_Z:
        near_at = None if sight.trusted else near_at
    elif near_at is None:
        near_at = _crossed_at(machine.known_at, machine.known_edge_m, sight.at, edge_m)
    if held < NEXT_DOOR and sight.trusted:
        near_at = None
    return held, pending, near_at


def _decide(machine: Machine, rules: Rules, sight: Sight, belief: float, beyond: bool) -> Step:
    """Say what the belief in the other side is worth."""
    kind: Literal["entered", "left"] = "left" if machine.inside else "entered"
    if beyond and belief >= LIKELY:
        at = _at(machine, sight)
        dwelt = sight.at - at >= rules.dwell_s
        if belief >= odds(rules.confidence) and dwelt:
            why = _why(machine, rules, sight, belief)
            crossed = Machine(
                inside=not machine.inside, since=at,
                held=LEFT if machine.inside else HELD_INSIDE, moving=machine.moving,
                known_at=machine.known_at, known_edge_m=machine.known_edge_m, curve=machine.curve,
            )  # fmt: skip
            return Step(crossed, kind, "confirmed", at, why)
        if machine.said_at is None:
            said = msgspec.structs.replace(machine, said_at=sight.at)
            return Step(said, kind, "provisional", at, _why(machine, rules, sight, belief))
    elif machine.said_at is not None and belief < UNLIKELY:
        why = _why(machine, rules, sight, belief)
        at = machine.said_at
        return Step(msgspec.structs.replace(machine, said_at=None), kind, "withdrawn", at, why)
    return Step(machine, kind)


def _at(machine: Machine, sight: Sight) -> float:
    """Return when the edge was crossed, as far as fixes tell."""
    run_at = sight.at if machine.run_at is None else machine.run_at
    edge_m = next((p.edge_m for p in machine.curve if p.at == run_at), 0.0)
    at = _crossed_at(machine.before_at, machine.before_edge_m, run_at, edge_m)
    if machine.inside and at < run_at - SILENT_S:
        # After a silence it went on as it does now: back from where it is seen, at its speed.
        away = [p for p in machine.curve if p.at > run_at]
        speed = max(((p.edge_m - edge_m) / (p.at - run_at) for p in away), default=0.0)
        if speed > 1.0:
            at = max(at, run_at - edge_m / speed)
    if not machine.inside and machine.near_at is not None:
        at = min(at, machine.near_at)
    return max(at, machine.since)


def _crossed_at(before_at: float | None, before_m: float, at: float, edge_m: float) -> float:
    """Return when the straight way between two fixes crosses the edge, else the later's time."""
    gap = 0.0 if before_at is None else at - before_at
    if before_at is None or gap > GAP_KNOWN_S or (before_m > 0) == (edge_m > 0):
        return at
    return before_at + gap * abs(before_m) / max(1e-6, abs(before_m) + abs(edge_m))


def _why(machine: Machine, rules: Rules, sight: Sight, belief: float) -> dict[str, Any]:
    """Return what a person needs to follow the decision: numbers, no words."""
    return {
        "rule": "evidence",
        "decided_at": sight.at,
        "belief": round(chance(belief), 4),
        "trust": round(chance(sight.trust), 4),
        "edge_m": machine.curve[-1].edge_m,
        "accuracy_m": sight.accuracy_m,
        "sigma_m": round(sight.sigma_m, 1),
        "silent_s": round(sight.gap_s, 1),
        "confidence": rules.confidence,
        "buffer_m": rules.buffer_m,
        "dwell_s": rules.dwell_s,
        "max_accuracy_m": rules.max_accuracy_m,
        "curve": [list(msgspec.structs.astuple(point)) for point in machine.curve],
    }
