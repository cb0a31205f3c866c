"""A person's hand in the plan: who could take a task, and giving it to a crew.

What a person decides is pinned: re-planning works around it.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from dispatch.engine.explanation import Candidate, candidates
from dispatch.live.facts import Facts, read_facts
from dispatch.live.moves import move_assignment, report
from dispatch.live.plans import view_assignment
from dispatch.live.publication import insert_assignment
from dispatch.problem import Visit, as_json
from fieldops.database import Connection, Record, sql
from fieldops.errors import Conflict, NotFound
from fieldops.model import TaskState, new_id, now
from identity.commands import Change
from projects.tasks import move_task


async def rank_candidates(connection: Connection, task: UUID) -> list[dict[str, Any]]:
    """Return every crew on shift for a task, those who can first, with times or reasons.

    Raises:
        NotFound: no such open task. Conflict: `no_place`, `bad_state` (started or accepted work).
    """
    # Who asks is about to decide: what somebody pinned before does not bind.
    facts = await read_facts(connection, now(), pin=(task, None))
    _open_task(facts, task)
    ranking = await asyncio.to_thread(_ranking, facts, task)
    return [_shown(facts, task, candidate) for candidate in ranking]


def _ranking(facts: Facts, task: UUID) -> tuple[Candidate, ...]:
    """Rank the crews; pure computation, tens of milliseconds on a large day."""
    subject = next(t for t in facts.problem.tasks if t.id == task)
    return candidates(facts.problem, facts.present(), subject)


def _open_task(facts: Facts, task: UUID) -> Record:
    row = facts.tasks.get(task)
    if row is None:
        raise NotFound(f"task {task} does not exist or is over", object="task")
    if task in facts.nowhere:
        raise Conflict(f"task {task} lies nowhere: give its site a fence", code="no_place")
    if row["assignment_state"] in ("accepted", "started"):
        raise Conflict(
            f"task {task} is {row['assignment_state']} by a crew",
            code="bad_state",
            state=row["assignment_state"],
        )
    return row


def _shown(facts: Facts, task: UUID, candidate: Candidate) -> dict[str, Any]:
    start = next(c.start for c in facts.problem.crews if c.id == candidate.crew_id)
    return {
        "crew_id": candidate.crew_id,
        "crew_name": facts.crews[candidate.crew_id]["name"],
        "feasible": candidate.feasible,
        "current": facts.tasks[task]["crew_id"] == candidate.crew_id,
        "eta_at": candidate.eta_at,
        "start_at": candidate.start_at,
        "added_travel_s": candidate.added_travel_s,
        "position": candidate.position,
        "start_source": start.source,
        "reasons": as_json(candidate.reasons),
    }


async def assign_by_hand(
    change: Change, task: UUID, crew: UUID, *, force: bool, offer_s: int
) -> dict[str, Any]:
    """Give a task to a crew, pinned and offered at once; returns the assignment.

    Raises:
        NotFound: no such open task, or the crew has no shift. Conflict: `not_feasible` with the
        reasons, unless forced; `no_place`, `bad_state` as for the candidates.
    """
    await change.connection.fetch(sql("dispatch", "lock_work"))
    facts = await read_facts(change.connection, change.at, pin=(task, crew))
    row = _open_task(facts, task)
    if crew not in facts.crews:
        raise NotFound(f"crew {crew} does not exist or has no shift today", object="crew")
    ranking = await asyncio.to_thread(_ranking, facts, task)
    chosen = next(c for c in ranking if c.crew_id == crew)
    if not chosen.feasible and not force:
        raise Conflict(
            f"crew {crew} cannot take task {task}",
            code="not_feasible",
            reasons=as_json(chosen.reasons),
        )
    if row["assignment_id"] is not None:
        await move_assignment(
            change, row["assignment_id"], "withdrawn", why="by_hand", task_moves=False
        )
    assignment = new_id()
    await insert_assignment(
        change,
        assignment,
        task,
        crew,
        _visit(facts, row, chosen),
        plan_version=int(await change.connection.fetchval(sql("dispatch", "last_plan"))),
        sequence=chosen.position or 0,
        pinned=True,
        reason={"by_hand": True, "forced": not chosen.feasible, **_why(chosen)},
        expires_at=change.at + timedelta(seconds=offer_s),
    )
    await move_task(change, task, TaskState.DISPATCHED)
    view = await view_assignment(change.connection, assignment)
    await report(change, view)
    change.audit("assign", "task", task, {"crew": str(crew), "forced": not chosen.feasible})
    return view


def _why(chosen: Candidate) -> dict[str, Any]:
    return {"added_travel_s": chosen.added_travel_s, "reasons": as_json(chosen.reasons)}


def _visit(facts: Facts, row: Record, chosen: Candidate) -> Visit:
    """Return the visit as the candidate would make it; a forced one starts as soon as it can."""
    at = facts.problem.now
    arrival = chosen.eta_at or at
    start = chosen.start_at or max(at, row["window_start"])
    end = start + timedelta(seconds=row["duration_s"])
    return Visit(row["id"], arrival, start, end, chosen.travel_s or 0)
