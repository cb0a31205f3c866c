"""Put a person's moves into the live plan: judged again against the facts of this instant."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dispatch.live.facts import Facts
from dispatch.live.preferences import Preferences, read_preferences
from dispatch.live.publication import Outcome, PlanKind, Publishing, publish
from dispatch.live.roads import facts_on_roads
from dispatch.problem import Plan, Unassigned, as_json
from dispatch.versions.arrangement import Move, tasks_of
from dispatch.versions.whatif import (
    WhatIf,
    answered,
    check_moves,
    figures,
    shown_violation,
)
from fieldops.database import Connection, sql
from fieldops.errors import Conflict, NotFound
from fieldops.settings import Settings
from geo.roads.network import Roads
from identity.commands import Change
from identity.reach import reach_of
from projects.tasks import view_tasks


@dataclass(frozen=True, slots=True)
class Offers:
    """How long an offer lives, and how soon a visit must start to be offered; seconds."""

    offer_s: int
    horizon_s: int

    def expires_at(self, at: datetime) -> datetime:
        """Return until when an offer made at `at` may be answered."""
        return at + timedelta(seconds=self.offer_s)


async def offers_of(connection: Connection, settings: Settings) -> Offers:
    """Return what the tenant's preferences say, else the process's settings."""
    return offers_as(await read_preferences(connection), settings)


def offers_as(wishes: Preferences, settings: Settings) -> Offers:
    """Return what these preferences say, else the process's settings."""
    return Offers(
        wishes.offer_s if wishes.offer_s is not None else settings.offer_s,
        wishes.offer_horizon_s if wishes.offer_horizon_s is not None else settings.offer_horizon_s,
    )


async def locked_facts(change: Change, moves: Sequence[Move], roads: Roads) -> Facts:
    """Lock the open work and read it as if the moves had been ordered.

    Of `roads` only what they remember is used: nobody is waited for while the work is locked.
    """
    await change.connection.fetch(sql("dispatch", "lock_work"))
    pins = {move.task_id: move.crew_id for move in moves}
    return await facts_on_roads(change.connection, change.at, roads, pins=pins)


async def in_reach(change: Change, tasks: Set[UUID]) -> frozenset[UUID]:
    """Return those of the tasks that the actor may give to a crew."""
    reach = reach_of(change.actor, "assignment", "create")
    return frozenset(
        row["id"] for row in await view_tasks(change.connection, reach, ids=list(tasks))
    )


async def require_reach(change: Change, tasks: Set[UUID]) -> None:
    """Raise NotFound unless the actor may give each of the tasks to a crew."""
    for task in tasks - await in_reach(change, tasks):
        raise NotFound(f"task {task} does not exist", object="task")


async def put(
    change: Change,
    facts: Facts,
    moves: Sequence[Move],
    kind: PlanKind,
    offers: Offers,
    *,
    force: bool = False,
    reverts: int | None = None,
) -> tuple[Outcome, WhatIf]:
    """Publish the moves as a version of the plan; the facts were read under the work's lock.

    Raises:
        NotFound, Conflict, BadInput: as `check_moves`. Conflict: `not_feasible` with the rules
        the moves would break and the reasons, unless forced.
    """
    check_moves(facts, moves)
    answer = await asyncio.to_thread(answered, facts, moves)
    if answer.violations and not force:
        raise Conflict(
            f"the moves break {answer.violations[0].rule.value}",
            code="not_feasible",
            violations=as_json([shown_violation(v) for v in answer.violations]),
            reasons=as_json([r for c in answer.candidates if c for r in c.reasons]),
        )
    new = Publishing(
        facts=facts,
        plan=_with_reasons(answer.after, await _left_out(change)),
        reasons=_reasons(answer, kind),
        trigger={"kinds": [kind]},
        offer_horizon_s=offers.horizon_s,
        offer_s=offers.offer_s,
        cost_before=answer.before.cost,
        kind=kind,
        reverts=reverts,
        pinned=frozenset(m.task_id for m in moves if m.pinned and m.crew_id is not None),
        released=tasks_of(moves),
    )
    return await publish(change, None, new), answer


async def _left_out(change: Change) -> dict[UUID, Any]:
    rows = await change.connection.fetch(sql("dispatch", "view_unassigned"))
    return {row["task_id"]: (row["reasons"], row["relaxation"]) for row in rows}


def _with_reasons(plan: Plan, known: Mapping[UUID, Any]) -> Plan:
    """Keep what was said of tasks that stay out; the loop explains the others when it plans."""
    found = [(each.task_id, *known.get(each.task_id, ((), None))) for each in plan.unassigned]
    left = tuple(Unassigned(task, tuple(reasons), lifts) for task, reasons, lifts in found)
    return replace(plan, unassigned=left)


def _reasons(answer: WhatIf, kind: PlanKind) -> dict[UUID, dict[str, Any]]:
    """Return why each task goes where a person puts it; kept with the assignment for ever."""
    found: dict[UUID, dict[str, Any]] = {}
    broken = {v.task_id for v in answer.violations}
    for move, candidate in zip(answer.moves, answer.candidates, strict=True):
        found[move.task_id] = {
            "by_hand": kind != "proposal",
            "kind": kind,
            "forced": move.task_id in broken,
            "added_travel_s": None if candidate is None else candidate.added_travel_s,
            "reasons": [] if candidate is None else as_json(candidate.reasons),
            "cost_delta_s": figures(answer)["cost_delta_s"],
        }
    return found
