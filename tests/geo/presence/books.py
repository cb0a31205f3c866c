"""A ledger in memory that takes fixes in any order, as the role and its tables do."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from fieldops.model import Fix
from geo.index import FenceIndex
from geo.presence.batch import EPOCH, PAUSE_S, Checkpoint, Memory, advance_batch
from geo.presence.entries import Changes, Entry, holding, reconcile, record
from geo.presence.late import retell, start_of


@dataclass(slots=True)
class Books:
    index: FenceIndex
    memory: Memory = field(default_factory=Memory)
    fixes: dict[UUID, list[Fix]] = field(default_factory=dict)
    checkpoints: dict[UUID, dict[datetime, Checkpoint]] = field(default_factory=dict)
    entries: dict[UUID, Entry] = field(default_factory=dict)
    late: dict[UUID, datetime] = field(default_factory=dict)

    def take(self, fixes: Sequence[Fix]) -> None:
        """Follow a batch."""
        outcome = advance_batch(self.memory, fixes, self.index)
        self.memory.settle(outcome)
        for fix in fixes:
            known = self.fixes.setdefault(fix.device, [])
            if all(fix.observed_at != other.observed_at for other in known):
                insort(known, fix, key=lambda f: f.observed_at)
        for checkpoint in outcome.checkpoints:
            self.checkpoints.setdefault(checkpoint.device, {})[checkpoint.at] = checkpoint
        standing = {
            e.pair: e for e in self.entries.values()
            if e.status == "provisional" and e.superseded_by is None
        }  # fmt: skip
        self._enter(record(standing, outcome.crossings))
        for device, since in outcome.late.items():
            self.late[device] = min(since, self.late.get(device, since))

    def retell(self) -> None:
        """Tell anew what late fixes change."""
        for device, since in self.late.items():
            self._retell(device, since)
        self.late = {}

    def says(self) -> list[tuple[UUID, UUID, str, datetime]]:
        """What holds."""
        return sorted((e.device, e.fence, e.kind, e.at) for e in holding(self.entries.values()))

    def _retell(self, device: UUID, since: datetime) -> None:
        known = self.fixes[device]
        marks = [c for c in self.checkpoints.get(device, {}).values() if c.at < since]
        checkpoint = max(marks, key=lambda c: c.at, default=None)
        before = _looked_at([f for f in known if f.observed_at < since])[-2:]
        start = start_of(checkpoint, before)
        if checkpoint is not None and not checkpoint.rests:
            after = checkpoint.at
        else:
            after = before[-1].observed_at if before else EPOCH
        told = retell(device, start, [f for f in known if f.observed_at > after], self.index)
        mine = [e for e in self.entries.values() if e.device == device and e.superseded_by is None]
        old = [e for e in mine if e.decided_at > after and e.status != "withdrawn"]
        standing = {e.pair: e for e in mine if e.status == "provisional" and e.decided_at <= after}
        self._enter(reconcile(old, standing, told.outcome.crossings, known[-1].observed_at))
        self.memory.put(device, told.known)
        kept = {at: c for at, c in self.checkpoints.get(device, {}).items() if at <= after}
        self.checkpoints[device] = kept | {c.at: c for c in told.outcome.checkpoints}

    def _enter(self, changes: Changes) -> None:
        for entry in changes.new:
            self.entries[entry.id] = entry
        for before, after in changes.superseded.items():
            assert self.entries[before].superseded_by is None
            self.entries[before] = replace(self.entries[before], superseded_by=after)


def _looked_at(fixes: Sequence[Fix]) -> list[Fix]:
    """Return the first fix of each half second, as the database's query does."""
    first: dict[float, Fix] = {}
    for each in fixes:
        if each.timely:
            first.setdefault(each.observed_at.timestamp() // PAUSE_S, each)
    return list(first.values())
