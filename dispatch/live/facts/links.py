"""What ties tasks together: links of the problem, and what those to work that is done leave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.problem import KeepOrder, Link, Order, SameCrew, Together
from fieldops.database import Record


@dataclass(frozen=True, slots=True)
class Bound:
    """When a task may start for its links to tasks that are no longer planned, both inclusive."""

    earliest: datetime | None = None
    latest: datetime | None = None

    def within(self, earliest: datetime, latest: datetime | None) -> "Bound":
        """Return what both bounds leave."""
        first = earliest if self.earliest is None else max(self.earliest, earliest)
        ends = [end for end in (self.latest, latest) if end is not None]
        return Bound(first, min(ends, default=None))


FREE = Bound()


def ties_of(
    rows: Iterable[Record], tasks: Mapping[UUID, Record]
) -> tuple[tuple[Link, ...], dict[UUID, Bound]]:
    """Return the links between tasks of the problem, and the bounds of those whose predecessor is
    no longer in it."""
    links: list[Link] = []
    steps: dict[tuple[UUID, UUID], int] = {}
    turns: list[tuple[UUID, UUID]] = []
    bounds: dict[UUID, Bound] = {}
    for row in rows:
        pred, succ = row["pred_id"], row["succ_id"]
        if succ not in tasks or row["pred_state"] == "cancelled":
            continue
        if row["kind"] == "order" and pred not in tasks:
            if (origin := _origin(row)) is not None:
                bounds[succ] = bounds.get(succ, FREE).within(*_start_after(origin, row))
        elif pred not in tasks:
            continue  # at once, or by whom and in which order: past asking
        elif row["kind"] == "order":
            links.append(Order(pred, succ, row["lag_s"], row["most_s"], row["after"]))
        elif row["kind"] == "sync":
            steps[pred, succ] = row["within_s"]
        else:
            turns.append((pred, succ))
    groups = [
        # One span holds for the group: the least of its links'.
        Together(tuple(sorted(group)), min(steps[pair] for pair in steps if pair[0] in group))
        for group in _components(steps)
    ]
    return (*links, *groups, *_in_turn(turns), *_kept_together(tasks.values())), bounds


def _origin(row: Record) -> datetime | None:
    """Return what the lag counts from where the predecessor is nobody's to plan: its start, or
    when it was or will be over."""
    work = timedelta(seconds=row["pred_work_s"])
    started_at: datetime | None = row["pred_started_at"]
    over_at: datetime | None = row["pred_done_at"]
    if over_at is None and started_at is not None:
        over_at = started_at + work
    if row["after"] == "end" or over_at is None:
        return over_at
    return started_at or over_at - work


def _start_after(origin: datetime, row: Record) -> tuple[datetime, datetime | None]:
    most_s = row["most_s"]
    latest = None if most_s is None else origin + timedelta(seconds=most_s)
    return origin + timedelta(seconds=row["lag_s"]), latest


def _in_turn(pairs: Iterable[tuple[UUID, UUID]]) -> list[Link]:
    """Return who comes before whom, across tasks between them too: order passes on."""
    after: dict[UUID, list[UUID]] = {}
    for first, then in pairs:
        after.setdefault(first, []).append(then)
    found: list[Link] = []
    for first, next_ones in after.items():
        waiting, seen = list(next_ones), {first, *next_ones}
        while waiting:
            task = waiting.pop()
            found.append(KeepOrder((first, task)))
            new = set(after.get(task, ())) - seen
            waiting += new
            seen |= new
    return found


def _kept_together(rows: Iterable[Record]) -> list[Link]:
    groups: dict[str, list[UUID]] = {}
    for row in rows:
        if row["keep_group"] is not None:
            groups.setdefault(row["keep_group"], []).append(row["id"])
    return [SameCrew(tuple(group)) for group in groups.values() if len(group) > 1]


def _components(pairs: Iterable[tuple[UUID, UUID]]) -> list[set[UUID]]:
    """Return the sets of tasks that start together, directly or through others."""
    found: list[set[UUID]] = []
    for pair in pairs:
        touching = [group for group in found if not group.isdisjoint(pair)]
        found = [group for group in found if group not in touching]
        found.append(set(pair).union(*touching))
    return found
