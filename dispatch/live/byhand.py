"""A person's hand in the plan: who could take a task, and giving it to a crew.

What a person decides is pinned: re-planning works around it.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from dispatch.engine.explanation import Candidate, candidates
from dispatch.live.diffs import counted, entry, place_of_row, place_of_visit
from dispatch.live.facts import Facts
from dispatch.live.moves import move_assignment, report
from dispatch.live.plans import view_assignment
from dispatch.live.publication import accept_unasked, insert_assignment, insert_version
from dispatch.live.roads import facts_on_roads
from dispatch.problem import Code, Json, Visit, as_json
from dispatch.versions.putting import Offers
from fieldops.database import Connection, Record, sql
from fieldops.errors import Conflict, NotFound
from fieldops.model import TaskState, new_id, now
from geo.roads.network import Roads
from identity.commands import Change
from projects.tasks import move_task


async def pin(change: Change, task: UUID) -> dict[str, Any]:
    """Keep a task with the crew that has it, so that re-planning works around it; twice is once.

    Raises:
        NotFound, Conflict: as `unpin`.
    """
    return await _set_pinned(change, task, wanted=True)


async def unpin(change: Change, task: UUID) -> dict[str, Any]:
    """Let re-planning move a task again that a person had given to its crew; twice is once.

    Raises:
        NotFound: the task has no live assignment. Conflict: `bad_state`, it is under way or done.
    """
    return await _set_pinned(change, task, wanted=False)


async def _set_pinned(change: Change, task: UUID, *, wanted: bool) -> dict[str, Any]:
    row = await change.connection.fetchrow(sql("dispatch", "lock_live"), task)
    if row is None:
        raise NotFound(f"task {task} is with nobody", object="assignment")
    if row["state"] not in ("planned", "offered", "accepted"):
        raise Conflict(
            f"assignment {row['id']} is {row['state']}", code="bad_state", state=row["state"]
        )
    if row["pinned"] != wanted:
        what = "pin" if wanted else "unpin"
        await change.connection.execute(sql("dispatch", f"{what}_assignment"), row["id"])
        change.audit(what, "assignment", row["id"])
        await report(change, await view_assignment(change.connection, row["id"]))
        if not wanted:  # only what may move again asks for a new plan
            change.event("task.unpinned", {"task": task})
    return await view_assignment(change.connection, row["id"])


async def rank_candidates(connection: Connection, task: UUID, roads: Roads) -> list[dict[str, Any]]:
    """Return every crew on shift for a task, those who can first, with times or reasons.

    Of `roads` only what they remember is used.

    Raises:
        NotFound: no such open task. Conflict: `no_place`, `bad_state` (started or accepted work).
    """
    # Who asks is about to decide: what somebody pinned before does not bind.
    facts = await facts_on_roads(connection, now(), roads, pins={task: None})
    _open_task(facts, task)
    ranking = await asyncio.to_thread(_ranking, facts, task, relaxed=True)
    return [_shown(facts, task, candidate) for candidate in ranking]


def _ranking(facts: Facts, task: UUID, *, relaxed: bool) -> tuple[Candidate, ...]:
    """Rank the crews; pure computation, tens of milliseconds on a large day."""
    subject = next(t for t in facts.problem.tasks if t.id == task)
    return candidates(facts.problem, facts.present(), subject, relaxed=relaxed)


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
        "end_at": candidate.end_at,
        "cost_s": candidate.cost_s,
        "added_travel_s": candidate.added_travel_s,
        "position": candidate.position,
        "start_source": start.source,
        "travel_source": facts.travel_source,
        "travel_estimated": facts.travel_estimated,
        "reasons": _honest(facts, task, candidate),
        "relaxation": as_json(candidate.relaxation),
    }


def _honest(facts: Facts, task: UUID, candidate: Candidate) -> Json:
    """Say of a crew that is off-line so, and not that it declined."""
    crew = candidate.crew_id
    declined = crew in facts.tasks[task]["declined"]
    found = (r for r in candidate.reasons if r.code is not Code.DECLINED or declined)
    since = facts.crews[crew]["silent_since"]
    offline: Json = {"code": "OFFLINE", "crew_id": str(crew), "params": {"since": as_json(since)}}
    shown: list[Json] = [as_json(reason) for reason in found]
    return shown if since is None or facts.wishes.silent_policy == "keep" else [*shown, offline]


async def assign_by_hand(
    change: Change, task: UUID, crew: UUID, offers: Offers, roads: Roads, *, force: bool
) -> dict[str, Any]:
    """Give a task to a crew, pinned; returns the assignment.

    It is offered at once, however far the visit, where the crew can answer; else the loop offers it
    in its time, as it does what it planned itself: an offer that nobody can answer runs out, and
    with it what the person decided.

    Raises:
        NotFound: no such open task, or the crew has no shift. Conflict: `not_feasible` with the
        reasons, unless forced; `no_place`, `bad_state` as for the candidates.
    """
    await change.connection.fetch(sql("dispatch", "lock_work"))
    facts = await facts_on_roads(change.connection, change.at, roads, pins={task: crew})
    row = _open_task(facts, task)
    if crew not in facts.crews:
        raise NotFound(
            f"crew {crew} does not exist or nobody of it is on shift today", object="crew"
        )
    chosen = await _chosen(facts, task, crew, force=force)
    if row["assignment_id"] is not None:
        await move_assignment(
            change, row["assignment_id"], "withdrawn", why="by_hand", task_moves=False
        )
    visit = _visit(facts, row, chosen)
    position = _position(facts, chosen, visit)
    due = facts.may_offer(crew, change.at)
    place = place_of_visit(crew, position, visit, pinned=True)
    await insert_assignment(
        change,
        assignment := new_id(),
        task,
        crew,
        visit,
        plan_version=await _version(change, facts, row, place, chosen),
        sequence=position,
        pinned=True,
        reason={
            "by_hand": True,
            "forced": not chosen.feasible,
            "travel_source": facts.travel_source,
            **_why(chosen),
        },
        expires_at=offers.expires_at(change.at) if due else None,
    )
    await change.connection.execute(sql("dispatch", "forget_unassigned"), task)
    await move_task(change, task, TaskState.DISPATCHED if due else TaskState.SCHEDULED)
    await report(change, await view_assignment(change.connection, assignment))
    if due:
        await accept_unasked(change, facts, assignment, crew)
    view = await view_assignment(change.connection, assignment)
    change.audit("assign", "task", task, {"crew": str(crew), "forced": not chosen.feasible})
    return view


async def _chosen(facts: Facts, task: UUID, crew: UUID, *, force: bool) -> Candidate:
    """Return what the crew would do with the task; Conflict when it cannot, unless forced."""
    ranking = await asyncio.to_thread(_ranking, facts, task, relaxed=False)
    chosen = next(c for c in ranking if c.crew_id == crew)
    if not chosen.feasible and not force:
        raise Conflict(
            f"crew {crew} cannot take task {task}",
            code="not_feasible",
            reasons=as_json(chosen.reasons),
        )
    return chosen


async def _version(
    change: Change, facts: Facts, row: Record, place: dict[str, Any], chosen: Candidate
) -> int:
    """Write the version that the hand makes, and tell of it."""
    diff = [entry(row["id"], place_of_row(row), place, {"by_hand": True, **_why(chosen)})]
    gain_s = None if chosen.cost_s is None else -chosen.cost_s
    figures = {
        "gain_s": gain_s,
        "travel_source": facts.travel_source,
        "travel_estimated": round(facts.travel_estimated, 4),
        **counted(diff),
    }
    trigger = {"kinds": ["by_hand"]}
    version = await insert_version(change, facts, "by_hand", trigger, figures, diff)
    crews = {place["crew_id"], row["crew_id"]} - {None}
    body = {
        "version": version,
        "changed_crews": sorted(map(str, crews)),
        **{name: figures[name] for name in ("moved", "added", "removed")},
        "trigger": trigger,
        "kind": "by_hand",
        "published_by": change.actor.user_id,
    }
    change.event("plan.published", body, crews=tuple(crews))
    return version


def _why(chosen: Candidate) -> dict[str, Any]:
    return {"added_travel_s": chosen.added_travel_s, "reasons": as_json(chosen.reasons)}


def _visit(facts: Facts, row: Record, chosen: Candidate) -> Visit:
    """Return the visit as the candidate would make it; a forced one starts as soon as it can, and
    may need its set-up. The next round times it on its crew's route."""
    at = facts.problem.now
    arrival = chosen.eta_at or at
    start = chosen.start_at or max(at, row["window_start"])
    end = chosen.end_at or start + timedelta(seconds=row["setup_s"] + row["duration_s"])
    return Visit(row["id"], arrival, start, end, chosen.travel_s or 0)


def _position(facts: Facts, chosen: Candidate, visit: Visit) -> int:
    """Return the candidate's place in the route; a forced visit's is by the hour it starts."""
    if chosen.position is not None:
        return chosen.position
    route = next(r for r in facts.present().routes if r.crew_id == chosen.crew_id)
    others = (other for other in route.visits if other.task_id != visit.task_id)
    return sum(other.start_at <= visit.start_at for other in others)
