"""Presence over batches: which machines a batch of fixes moves, and what they say.

Nothing here does I/O: `advance_batch` says what a batch changes, `Memory.settle` remembers it
once it is stored. What a device's machines are is a function of its fixes in order of time and
of nothing else, however they fell into batches; a fix older than the newest taken is only named,
for it needs the past (`geo.presence.late`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID

import msgspec

from fieldops.model import Fix
from geo.index import FenceIndex
from geo.presence.machine import Machine, Status, advance
from geo.presence.trust import Sight, Tracker, begin, look, observe

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REACH_M = 300.0  # so far from a fence a device begins to be looked at
# Of the fixes of one half second the first is looked at: the error of those behind is that one's
# (receivers' errors last for tens of seconds), so they are no second witness. A grid of observed
# time, so that which they are depends on nothing but the fixes (`fixes_before.sql` has it too).
PAUSE_S = 0.5
# A fix that comes later than this is kept but changes no presence; 5 min are the clock's.
LATE_MOST = timedelta(hours=48, minutes=5)
CHECKPOINT_S = 3600
_observed_at = attrgetter("observed_at")
Pair = tuple[UUID, UUID]  # device, fence


class Place(msgspec.Struct, frozen=True, gc=False):
    """The last fixes of a device that is near no fence: seconds since 1970, lon, lat, accuracy."""

    at: float
    lon: float
    lat: float
    accuracy_m: float | None
    before: "Place | None" = None


class Known(msgspec.Struct, frozen=True, gc=False):
    """All that is known of one device after some of its fixes."""

    place: Place | None = None
    tracker: Tracker | None = None
    machines: dict[UUID, Machine] = {}


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """What was known of a device after its fix at `at`, to go back to when fixes come late.

    One is made when a device comes near a fence, each hour it stays and when it is away again
    (`rests`): between the last of these and the next checkpoint nothing was near.
    """

    device: UUID
    at: datetime
    known: Known
    rests: bool = False


@dataclass(frozen=True, slots=True)
class Crossing:
    """An entry or exit that was said, confirmed or withdrawn; `at` is when the edge was crossed."""

    kind: Literal["entered", "left"]
    status: Status
    device: UUID
    fence: UUID
    at: datetime
    decided_at: datetime
    why: dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What a batch changes: only what is new. A machine that is None rests again."""

    places: dict[UUID, Place] = field(default_factory=dict)
    trackers: dict[UUID, Tracker | None] = field(default_factory=dict)
    machines: dict[Pair, Machine | None] = field(default_factory=dict)
    crossings: list[Crossing] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    late: dict[UUID, datetime] = field(default_factory=dict)
    followed: int = 0
    passed: int = 0
    late_fixes: int = 0
    expired: int = 0
    untrusted: int = 0


@dataclass(slots=True)
class Memory:
    """What is known of all devices: their last fixes, and what is near a fence or in one."""

    places: dict[UUID, Place] = field(default_factory=dict)
    trackers: dict[UUID, Tracker] = field(default_factory=dict)
    machines: dict[UUID, dict[UUID, Machine]] = field(default_factory=dict)

    def settle(self, outcome: Outcome) -> None:
        """Take over what a batch changed, after it was stored."""
        self.places.update(outcome.places)
        for device, tracker in outcome.trackers.items():
            if tracker is None:
                self.trackers.pop(device, None)
            else:
                self.trackers[device] = tracker
        for (device, fence), machine in outcome.machines.items():
            if machine is not None:
                self.machines.setdefault(device, {})[fence] = machine
            elif fence in (held := self.machines.get(device, {})):
                del held[fence]
                if not held:
                    del self.machines[device]

    def known(self, device: UUID) -> Known:
        """Return all that is known of a device."""
        return Known(
            self.places.get(device), self.trackers.get(device), self.machines.get(device, {})
        )

    def put(self, device: UUID, known: Known) -> None:
        """Know this of a device and nothing else."""
        self.places.pop(device, None)
        self.trackers.pop(device, None)
        self.machines.pop(device, None)
        if known.place is not None:
            self.places[device] = known.place
        if known.tracker is not None:
            self.trackers[device] = known.tracker
        if known.machines:
            self.machines[device] = dict(known.machines)


def advance_batch(memory: Memory, fixes: Sequence[Fix], index: FenceIndex) -> Outcome:
    """Return what a batch of fixes changes; `memory` stays as it is until `settle`.

    The batch may be in any order; within a device its fixes are taken by time. The index must
    have been made with a reach: how far from a fence a device begins to be looked at.
    """
    outcome, taken, ats = _taken(memory, fixes)
    near: dict[int, list[UUID]] = {}
    for place, fence in index.near(
        [f.lon for f in taken], [f.lat for f in taken], [f.observed_at for f in taken]
    ):
        near.setdefault(place, []).append(fence)
    involved = {taken[place].device for place in near} | memory.machines.keys()
    by_device: dict[UUID, list[int]] = {}
    places, known = outcome.places, memory.places
    for place, fix in enumerate(taken):
        device = fix.device
        if device in involved:
            by_device.setdefault(device, []).append(place)
        else:
            before = places.get(device) or known.get(device)
            places[device] = _place(fix, ats[place], before)
    edges = _edges(memory, taken, near, by_device, index)
    for device, numbers in by_device.items():
        walk = _Walk(memory, outcome, device, index)
        for place in numbers:
            walk.take(taken[place], ats[place], near.get(place, []), edges[place])
    return outcome


def _taken(memory: Memory, fixes: Sequence[Fix]) -> tuple[Outcome, list[Fix], list[float]]:
    """Return the fixes to be looked at in order of time, their seconds since 1970, and the outcome
    that names the others."""
    outcome, taken, ats = Outcome(), [], []
    seen: dict[UUID, float] = {}
    known = memory.places
    for fix in sorted(fixes, key=_observed_at):
        if not fix.timely:
            outcome.untrusted += 1
            continue
        device, at = fix.device, fix.observed_at.timestamp()
        newest = seen.get(device)
        if newest is None and (place := known.get(device)) is not None:
            newest = place.at
        if newest is None or at > newest:
            if newest is not None and at // PAUSE_S == newest // PAUSE_S:
                outcome.passed += 1
                continue
            seen[device] = at
            taken.append(fix)
            ats.append(at)
        elif fix.received_at - fix.observed_at > LATE_MOST:
            outcome.expired += 1
        else:
            outcome.late_fixes += 1
            if at < newest:  # else the same fix again
                outcome.late.setdefault(device, fix.observed_at)
    outcome.followed = len(taken)
    return outcome, taken, ats


def _edges(
    memory: Memory,
    taken: Sequence[Fix],
    near: dict[int, list[UUID]],
    by_device: dict[UUID, list[int]],
    index: FenceIndex,
) -> dict[int, dict[UUID, float]]:
    """Return per fix the metres to the edge of every fence it may be asked about, in one go."""
    asked: list[tuple[int, UUID]] = []
    for device, places in by_device.items():
        fences = set(memory.machines.get(device, ()))
        for place in places:
            fences.update(near.get(place, ()))
            asked += [(place, fence) for fence in fences]
    metres = index.distances(
        [taken[place].lon for place, _ in asked],
        [taken[place].lat for place, _ in asked],
        [fence for _, fence in asked],
        [taken[place].observed_at for place, _ in asked],
    )
    edges: dict[int, dict[UUID, float]] = {place: {} for ps in by_device.values() for place in ps}
    for (place, fence), metre in zip(asked, metres, strict=True):
        edges[place][fence] = metre
    return edges


class _Walk:
    """One device's way through a batch."""

    def __init__(self, memory: Memory, outcome: Outcome, device: UUID, index: FenceIndex) -> None:
        self._outcome = outcome
        self._device = device
        self._index = index
        self._place = memory.places.get(device)
        self._tracker = memory.trackers.get(device)
        self._machines = dict(memory.machines.get(device, {}))

    def take(self, fix: Fix, at: float, near: list[UUID], edges: dict[UUID, float]) -> None:
        place, before = _place(fix, at, self._place), self._place
        held = bool(self._machines)
        if held and before is not None and place.at // CHECKPOINT_S != before.at // CHECKPOINT_S:
            self._mark(before.at)
        if held or near:
            known = Known(before)
            self._track(fix, place, near, edges)
            if not held and self._machines:
                since = place.at - 1e-6 if before is None else before.at
                self._outcome.checkpoints.append(Checkpoint(self._device, moment(since), known))
        self._place = self._outcome.places[self._device] = place
        if held and not self._machines:
            self._mark(place.at, rests=True)

    def _mark(self, at: float, *, rests: bool = False) -> None:
        known = Known(self._place, self._tracker, dict(self._machines))
        self._outcome.checkpoints.append(Checkpoint(self._device, moment(at), known, rests))

    def _track(self, fix: Fix, place: Place, near: list[UUID], edges: dict[UUID, float]) -> None:
        tracker, sight = _sighted(self._tracker, self._place, place)
        for fence in sorted(self._machines.keys() | set(near)):
            version = self._index.version(fence, fix.observed_at)
            if version is None:  # closed at that time
                self._machines.pop(fence, None)
                self._outcome.machines[self._device, fence] = None
                continue
            if (fix.accuracy_m or 0.0) >= version.rules.max_accuracy_m:
                continue
            machine = self._machines.get(fence) or Machine(since=sight.at)
            step = advance(machine, version.rules, sight, edges[fence])
            if step.status is not None:
                self._say(step.kind, step.status, fence, step.at, sight, step.why or {})
            self._keep(fence, step.machine, sight, fence in near)
        self._tracker = self._outcome.trackers[self._device] = tracker if self._machines else None

    def _keep(self, fence: UUID, machine: Machine, sight: Sight, near: bool) -> None:
        rests = not (near or machine.inside or machine.said_at) and sight.trusted
        if rests:
            self._machines.pop(fence, None)
        else:
            self._machines[fence] = machine
        self._outcome.machines[self._device, fence] = None if rests else machine

    def _say(
        self, kind: Literal["entered", "left"], status: Status, fence: UUID, at: float,
        sight: Sight, why: dict[str, Any],
    ) -> None:  # fmt: skip
        self._outcome.crossings.append(
            Crossing(kind, status, self._device, fence, moment(at), moment(sight.at), why)
        )


def close_fences(memory: Memory, gone: Iterable[UUID], at: datetime) -> Outcome:
    """Return what it changes that fences are no longer watched: who was inside has left."""
    outcome, fences = Outcome(), set(gone)
    for device, machines in memory.machines.items():
        for fence in machines.keys() & fences:
            machine = machines[fence]
            outcome.machines[device, fence] = None
            why = {"rule": "fence_closed"}
            if machine.inside:
                left_at = max(at, moment(machine.since))
                outcome.crossings.append(
                    Crossing("left", "confirmed", device, fence, left_at, at, why)
                )
            elif machine.said_at is not None:
                said_at = moment(machine.said_at)
                outcome.crossings.append(
                    Crossing("entered", "withdrawn", device, fence, said_at, at, why)
                )
        if not machines.keys() - fences:
            outcome.trackers[device] = None
    return outcome


def moment(seconds: float) -> datetime:
    """Return the instant so many seconds after 1970, to the microsecond."""
    return EPOCH + timedelta(microseconds=round(seconds * 1e6))


def _place(fix: Fix, at: float, before: Place | None) -> Place:
    if before is not None and before.before is not None:
        before = Place(before.at, before.lon, before.lat, before.accuracy_m)
    return Place(at, fix.lon, fix.lat, fix.accuracy_m, before)


def _sighted(tracker: Tracker | None, before: Place | None, place: Place) -> tuple[Tracker, Sight]:
    """Return the tracker after a fix and how it is seen; it starts from the last fixes."""
    at, lon, lat, accuracy_m = place.at, place.lon, place.lat, place.accuracy_m
    if tracker is None and before is not None:
        start = before.before or before
        tracker = begin(start.at, start.lon, start.lat, start.accuracy_m)
        if start is not before:
            tracker, _ = observe(tracker, before.at, before.lon, before.lat, before.accuracy_m)
    if tracker is None:
        tracker = begin(at, lon, lat, accuracy_m)
        return tracker, look(at, accuracy_m, tracker)
    return observe(tracker, at, lon, lat, accuracy_m)
