"""What a plan changes, as data that is kept: each task with its place before and after, and why.

A version's changes are kept with it; two versions are compared by adding up what lies between.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from dispatch.problem import Visit
from fieldops.database import Record

Entry = dict[str, Any]


def place_of_row(row: Record) -> dict[str, Any] | None:
    """Return where a task's live assignment places it, None without one."""
    if row["crew_id"] is None:
        return None
    return {
        "crew_id": row["crew_id"],
        "sequence": row["sequence"],
        "eta_at": row["eta_at"],
        "start_at": row["start_at"],
        "end_at": row["end_at"],
        "pinned": row["pinned"],
    }


def place_of_visit(crew: UUID, sequence: int, visit: Visit, *, pinned: bool) -> dict[str, Any]:
    """Return where a planned visit places its task."""
    return {
        "crew_id": crew,
        "sequence": sequence,
        "eta_at": visit.arrival_at,
        "start_at": visit.start_at,
        "end_at": visit.end_at,
        "pinned": pinned,
    }


def entry(
    task_id: UUID,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    why: Mapping[str, Any] | None = None,
) -> Entry:
    """Return one change; `kind` is what it is to a reader."""
    return {
        "task_id": task_id,
        "kind": _kind(before, after),
        "before": None if before is None else dict(before),
        "after": None if after is None else dict(after),
        "why": dict(why or {}),
    }


def added_up(diffs: Iterable[Sequence[Mapping[str, Any]]]) -> list[Entry]:
    """Return what several diffs change together, oldest first; what ends as it began is none."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    why: dict[str, Any] = {}
    for diff in diffs:
        for each in diff:
            task = str(each["task_id"])
            before.setdefault(task, each["before"])
            after[task], why[task] = each["after"], each["why"]
    return [
        entry(UUID(task), before[task], after[task], why[task])
        for task in before
        if _crew(before[task]) != _crew(after[task])
    ]


def counted(diff: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many entries of each kind."""
    kinds = [each["kind"] for each in diff]
    return {kind: kinds.count(kind) for kind in ("added", "moved", "removed", "retimed")}


def _kind(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return "retimed" if str(before["crew_id"]) == str(after["crew_id"]) else "moved"


def _crew(place: Mapping[str, Any] | None) -> str | None:
    return None if place is None else str(place["crew_id"])
