"""What the ledger says: entries are never changed, a correction is a new one that replaces.

An entry that is replaced names its successor. A provisional entry is replaced by the confirmed
one or by a withdrawal; when late fixes tell another story, `reconcile` replaces what no longer
holds and leaves what does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fieldops.model import new_id
from geo.presence.batch import Crossing, Pair
from geo.presence.machine import Status


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger; `at` is when the edge was crossed, `decided_at` the deciding fix's.

    `corrects`: it replaces what was said of the same crossing, and does not just confirm it.
    """

    id: UUID
    device: UUID
    fence: UUID
    kind: Literal["entered", "left"]
    status: Status
    at: datetime
    decided_at: datetime
    why: Mapping[str, Any]
    supersedes: UUID | None = None
    superseded_by: UUID | None = None
    corrects: bool = False

    @property
    def pair(self) -> Pair:
        return self.device, self.fence


@dataclass(slots=True)
class Changes:
    """New entries, in order, and the older ones they replace: old id to new id."""

    new: list[Entry] = field(default_factory=list)
    superseded: dict[UUID, UUID] = field(default_factory=dict)


def record(standing: Mapping[Pair, Entry], crossings: Iterable[Crossing]) -> Changes:
    """Return the entries of crossings as they were said; `standing` are open provisional ones."""
    changes, open_now = Changes(), dict(standing)
    places: dict[UUID, int] = {}
    for crossing in crossings:
        pair = (crossing.device, crossing.fence)
        replaced = None if crossing.status == "provisional" else open_now.pop(pair, None)
        if replaced is None and crossing.status == "withdrawn":
            continue
        entry = _entry(crossing, replaced)
        if replaced is not None:
            place = places.get(replaced.id)
            if place is None:
                changes.superseded[replaced.id] = entry.id
            else:
                changes.new[place] = replace(changes.new[place], superseded_by=entry.id)
        if crossing.status == "provisional":
            open_now[pair] = entry
        places[entry.id] = len(changes.new)
        changes.new.append(entry)
    return changes


def reconcile(
    old: Sequence[Entry],
    standing: Mapping[Pair, Entry],
    crossings: Iterable[Crossing],
    at: datetime,
) -> Changes:
    """Return what makes the ledger say what fixes say now that late ones have come.

    Args:
        old: the entries that hold so far and were decided in the time told anew.
        standing: provisional entries of before that time that still stand.
        crossings: that time told anew, in order.
        at: when this is found, the time of a withdrawal.
    """
    told = record(standing, crossings)
    changes, free = Changes(), list(old)
    for entry in told.new:
        # What was said and taken back within the time told anew was never in this ledger.
        stood = entry.supersedes if entry.supersedes in told.superseded else None
        if entry.superseded_by is not None or (entry.status == "withdrawn" and stood is None):
            continue
        same = next((e for e in free if _same(e, entry)), None)
        if same is not None:
            free.remove(same)
            continue
        rival = next((e for e in free if (e.pair, e.kind) == (entry.pair, entry.kind)), None)
        if rival is not None:
            free.remove(rival)
            stood = rival.id
        if stood is not None:
            changes.superseded[stood] = entry.id
        changes.new.append(replace(entry, supersedes=stood, corrects=rival is not None))
    for entry in free:
        gone = replace(
            entry, id=new_id(), status="withdrawn", decided_at=at, why={"rule": "late_fixes"},
            supersedes=entry.id, superseded_by=None, corrects=True,
        )  # fmt: skip
        changes.superseded[entry.id] = gone.id
        changes.new.append(gone)
    return changes


def holding(entries: Iterable[Entry]) -> list[Entry]:
    """Return the confirmed entries nothing has replaced, by time: what the ledger says."""
    return sorted(
        (e for e in entries if e.superseded_by is None and e.status == "confirmed"),
        key=lambda e: (e.at, e.decided_at),
    )


def _same(one: Entry, other: Entry) -> bool:
    return (one.pair, one.kind, one.status, one.at) == (
        other.pair, other.kind, other.status, other.at,
    )  # fmt: skip


def _entry(crossing: Crossing, replaced: Entry | None) -> Entry:
    return Entry(
        new_id(), crossing.device, crossing.fence, crossing.kind, crossing.status, crossing.at,
        crossing.decided_at, crossing.why, None if replaced is None else replaced.id,
    )  # fmt: skip
