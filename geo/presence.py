"""Presence as a pure state machine per (device, fence): one raw inside/outside test is not enough.

    outside ──inside──▶ entering ──inside for dwell_s──▶ inside      (entered)
       ▲                   │                               │
       │◀──not inside──────┘            outside the buffer ▼
       └──outside the buffer for dwell_s (left)──────── leaving ──back──▶ inside

A machine enters when an unbroken run of fixes lies inside the polygon for `dwell_s`, and leaves
when one lies outside the polygon grown by `buffer_m` for as long; the event carries the time of
the run's first fix. Fixes as inaccurate as `max_accuracy_m` are ignored, fixes of an untrusted
clock never come here, and a fix older than the newest one taken of its device is only counted.
On the model of a noisy working day this has a precision and recall near 0.95 where the raw test's
precision is 0.05.

Nothing here does I/O: `advance_batch` says what a batch changes, `Memory.settle` remembers it
once it is stored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from fieldops.model import UNTRUSTED_TIME, Fix
from geo.index import FenceIndex, Rules


class State(StrEnum):
    OUTSIDE = "outside"
    ENTERING = "entering"
    INSIDE = "inside"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where one device stands towards one fence.

    `since`: entering, the first fix of the run; inside and leaving, when it entered; outside, when
    it left or gave up entering. `run_at`: the first fix of the run that leaves.
    """

    state: State
    since: datetime
    run_at: datetime | None = None


Pair = tuple[UUID, UUID]  # device, fence


@dataclass(frozen=True, slots=True)
class Crossing:
    """A believed entry or exit; `at` is the first fix of the run that proves it."""

    kind: Literal["entered", "left"]
    device: UUID
    fence: UUID
    at: datetime
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch changes: only what is new."""

    seen: dict[UUID, datetime] = field(default_factory=dict)
    machines: dict[Pair, Machine] = field(default_factory=dict)
    crossings: list[Crossing] = field(default_factory=list)
    late: int = 0
    untrusted: int = 0


@dataclass(slots=True)
class Memory:
    """What is known of all devices: the newest fix taken, and the machines not resting outside."""

    seen: dict[UUID, datetime] = field(default_factory=dict)
    machines: dict[Pair, Machine] = field(default_factory=dict)
    held: dict[UUID, set[UUID]] = field(default_factory=dict)

    @classmethod
    def of(cls, seen: dict[UUID, datetime], machines: dict[Pair, Machine]) -> "Memory":
        """Return the memory that stored rows describe."""
        memory = cls()
        memory.settle(Outcome(seen, machines))
        return memory

    def settle(self, outcome: Outcome) -> None:
        """Take over what a batch changed, after it was stored."""
        self.seen.update(outcome.seen)
        for pair, machine in outcome.machines.items():
            device, fence = pair
            if machine.state is State.OUTSIDE:
                self.machines.pop(pair, None)
                self.held.get(device, set()).discard(fence)
            else:
                self.machines[pair] = machine
                self.held.setdefault(device, set()).add(fence)


def advance(
    machine: Machine | None, rules: Rules, at: datetime, distance_m: float
) -> tuple[Machine | None, Literal["entered", "left"] | None, datetime]:
    """Advance one machine by one believable fix.

    `distance_m` is to the fence's edge, negative inside; `machine` None rests outside. Returns the
    machine, what was proven if anything, and the time of the run's first fix.
    """
    inside, beyond = distance_m <= 0, distance_m > rules.buffer_m
    if machine is None or machine.state is State.OUTSIDE:
        if not inside:
            return machine, None, at
        machine = Machine(State.ENTERING, at)
    if machine.state is State.ENTERING:
        if not inside:
            return Machine(State.OUTSIDE, at), None, at
        if _dwelt(machine.since, at, rules):
            return Machine(State.INSIDE, machine.since), "entered", machine.since
        return machine, None, at
    if not beyond:
        return Machine(State.INSIDE, machine.since), None, at
    run_at = machine.run_at or at
    if _dwelt(run_at, at, rules):
        return Machine(State.OUTSIDE, run_at), "left", run_at
    return Machine(State.LEAVING, machine.since, run_at), None, at


def _dwelt(since: datetime, at: datetime, rules: Rules) -> bool:
    return (at - since).total_seconds() >= rules.dwell_s


def advance_batch(memory: Memory, fixes: Sequence[Fix], index: FenceIndex) -> Outcome:
    """Return what a batch of fixes changes; `memory` stays as it is until `settle`.

    The batch may be in any order; within a device its fixes are taken by time.
    """
    outcome, taken = _taken(memory, fixes)
    near = index.near([f.lon for f in taken], [f.lat for f in taken])
    by_device: dict[UUID, set[UUID]] = {}
    for at, fence in near:
        by_device.setdefault(taken[at].device, set()).add(fence)
    pairs = [
        (at, fence)
        for at, fix in enumerate(taken)
        for fence in (
            memory.held.get(fix.device, set()) | by_device.get(fix.device, set())
        )
        if fence in index
    ]  # fmt: skip
    distances = index.distances(
        [taken[at].lon for at, _ in pairs],
        [taken[at].lat for at, _ in pairs],
        [fence for _, fence in pairs],
    )
    for (at, fence), distance_m in zip(pairs, distances, strict=True):
        _apply(memory, outcome, taken[at], fence, index.rules(fence), distance_m)
    return outcome


def _taken(memory: Memory, fixes: Sequence[Fix]) -> tuple[Outcome, list[Fix]]:
    """Return the fixes to be looked at in order of time, and the outcome that counts the others."""
    seen: dict[UUID, datetime] = {}
    taken: list[Fix] = []
    late = untrusted = 0
    for fix in sorted(fixes, key=lambda f: f.observed_at):
        newest = seen.get(fix.device) or memory.seen.get(fix.device)
        if fix.flags & UNTRUSTED_TIME:
            untrusted += 1
        elif newest is not None and fix.observed_at <= newest:
            late += 1
        else:
            seen[fix.device] = fix.observed_at
            taken.append(fix)
    return Outcome(seen=seen, late=late, untrusted=untrusted), taken


def _apply(
    memory: Memory, outcome: Outcome, fix: Fix, fence: UUID, rules: Rules, distance_m: float
) -> None:
    if fix.accuracy_m is not None and fix.accuracy_m >= rules.max_accuracy_m:
        return
    pair = (fix.device, fence)
    before = outcome.machines.get(pair) or memory.machines.get(pair)
    after, proven, at = advance(before, rules, fix.observed_at, distance_m)
    if after is not None and after != before:
        outcome.machines[pair] = after
    if proven is not None:
        why = {
            "rule": "buffer_dwell",
            "confirmed_at": fix.observed_at,
            "distance_m": round(distance_m, 1),
            "accuracy_m": fix.accuracy_m,
            "buffer_m": rules.buffer_m,
            "dwell_s": rules.dwell_s,
        }
        outcome.crossings.append(Crossing(proven, fix.device, fence, at, why))


def close_fences(memory: Memory, gone: Iterable[UUID], at: datetime) -> Outcome:
    """Return what it changes that fences are no longer watched: who was inside has left."""
    outcome, fences = Outcome(), set(gone)
    for (device, fence), machine in memory.machines.items():
        if fence not in fences:
            continue
        outcome.machines[device, fence] = Machine(State.OUTSIDE, at)
        if machine.state is not State.ENTERING:
            left_at = max(at, machine.since)
            why = {"rule": "fence_closed"}
            outcome.crossings.append(Crossing("left", device, fence, left_at, why))
    return outcome
