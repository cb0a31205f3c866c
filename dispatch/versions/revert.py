"""Go back to an older version: a new one that gives un-started work back where it still can.

What is under way, over, accepted elsewhere or declined stays as it is, and the answer says so for
each task. What goes back is pinned: a person wants it, so re-planning works around it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from dispatch.engine.explanation import candidates
from dispatch.live.facts import Facts, read_facts
from dispatch.problem import as_json
from dispatch.versions.arrangement import Move, breaks
from dispatch.versions.putting import Offers, in_reach, locked_facts, put
from fieldops.database import Connection, Record, sql
from fieldops.errors import Conflict, NotFound
from geo.roads.network import Roads
from identity.commands import Change
from identity.rights import require

Kept = dict[str, Any]


async def revert_to(
    change: Change, version: int, offers: Offers, roads: Roads, *, dry_run: bool = False
) -> dict[str, Any]:
    """Restore who did what at `version` as a new version; `dry_run` only says what it would do.

    Returns:
        version (None when nothing could be restored, or dry), restored: task ids, kept: those that
        stay as they are, each with a code and its params; travel_source and travel_estimated: who
        told the drives.

    Raises:
        NotFound: no such version. Conflict: `nothing_to_revert` when it is the current one.
    """
    require(change.actor, "plan", "validate")
    await change.connection.fetch(sql("dispatch", "lock_work"))
    targets = await _targets(change.connection, version)
    facts = await read_facts(change.connection, change.at)
    kept = [k for task, place in targets.items() if (k := _obstacle(facts, task, place))]
    mine = await in_reach(change, targets.keys())
    kept += [_kept(task, "OUT_OF_REACH") for task in targets if task not in mine]
    barred = {k["task_id"] for k in kept}
    wanted = _moves({t: p for t, p in targets.items() if t not in barred})
    wanted = [m for m in wanted if facts.tasks[m.task_id]["crew_id"] != m.crew_id]
    facts = await locked_facts(change, wanted, roads)
    moves, refused = await asyncio.to_thread(_feasible, facts, wanted)
    answer = {
        "version": None,
        "to_version": version,
        "restored": [move.task_id for move in moves],
        "kept": [*kept, *refused],
        "travel_source": facts.travel_source,
        "travel_estimated": round(facts.travel_estimated, 4),
    }
    if dry_run or not moves:
        return answer
    outcome, _ = await put(change, facts, moves, "revert", offers, reverts=version)
    change.audit("revert", "plan", body={"to": version, "version": outcome.version})
    return {**answer, "version": outcome.version}


async def _targets(connection: Connection, version: int) -> dict[UUID, Mapping[str, Any] | None]:
    """Return where each task that changed hands since was at `version`, None for nowhere."""
    last = int(await connection.fetchval(sql("dispatch", "last_plan")))
    if not 0 <= version <= last:
        raise NotFound(f"plan {version} does not exist", object="plan")
    if version == last:
        raise Conflict(f"plan {version} is the current one", code="nothing_to_revert")
    places: dict[UUID, Mapping[str, Any] | None] = {}
    for row in await connection.fetch(sql("dispatch", "read_diffs"), version, last):
        for each in row["diff"]:
            places.setdefault(UUID(each["task_id"]), each["before"])
    # What a version up to then said is firmer than what stood before the next: a decline between
    # two versions leaves no trace in either.
    known = await connection.fetch(sql("dispatch", "places_at"), version, list(places))
    return places | {row["task_id"]: row["place"] for row in known}


def _obstacle(facts: Facts, task: UUID, place: Mapping[str, Any] | None) -> Kept | None:
    """Return why a task cannot go back, before any clock is asked."""
    row: Record | None = facts.tasks.get(task)
    if row is None:
        return _kept(task, "OVER")
    if row["assignment_state"] in ("started", "accepted"):
        crew = str(row["crew_id"])
        return None if place and place["crew_id"] == crew else _kept(task, "LOCKED", crew_id=crew)
    if place is None:
        return _kept(task, "WAS_UNASSIGNED")
    crew_id = UUID(place["crew_id"])
    if crew_id not in facts.crews:
        return _kept(task, "SHIFT", crew_id=str(crew_id))
    if crew_id in row["declined"]:
        return _kept(task, "DECLINED", crew_id=str(crew_id))
    return None


def _moves(places: Mapping[UUID, Mapping[str, Any] | None]) -> list[Move]:
    found = [(place["sequence"], task, place) for task, place in places.items() if place]
    return [
        Move(task, UUID(place["crew_id"]), place["sequence"], pinned=True)
        for _, task, place in sorted(found, key=lambda each: each[0])
    ]


def _feasible(facts: Facts, wanted: Sequence[Move]) -> tuple[list[Move], list[Kept]]:
    """Return the moves that hold together, each where it was or else where it fits best."""
    moves: list[Move] = []
    refused: list[Kept] = []
    for move in wanted:
        found = next((m for m in _tries(facts, move) if not breaks(facts, [*moves, m])), None)
        if found is not None:
            moves.append(found)
            continue
        subject = next(task for task in facts.problem.tasks if task.id == move.task_id)
        ranking = candidates(facts.problem, facts.present(), subject, relaxed=False)
        reasons = next((c.reasons for c in ranking if c.crew_id == move.crew_id), ())
        refused.append(_kept(move.task_id, "NOT_FEASIBLE", reasons=as_json(reasons)))
    return moves, refused


def _tries(facts: Facts, move: Move) -> list[Move]:
    """Return the place it had, as far as the route still reaches, then every other."""
    route = next(r for r in facts.present().routes if r.crew_id == move.crew_id)
    size = len(route.visits)
    first = min(move.position or 0, size)
    others = [n for n in range(size, -1, -1) if n != first]
    return [Move(move.task_id, move.crew_id, n, move.pinned) for n in [first, *others]]


def _kept(task: UUID, code: str, **params: Any) -> Kept:
    return {"task_id": task, "code": code, "params": params}
