"""What would follow from a few moves: feasible or not, at what cost, and whose times shift.

The plan as it stands and the plan with the moves are timed from the same facts and judged by the
same checker, so that what differs between them is the moves' doing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dispatch.checker import Violation
from dispatch.engine.explanation import Candidate, candidates
from dispatch.live.diffs import Entry, counted, entry, place_of_row, place_of_visit
from dispatch.live.facts import Facts
from dispatch.live.roads import facts_on_roads
from dispatch.problem import Plan, as_json
from dispatch.versions.arrangement import Move, introduced, moved, plan_of, present_orders
from fieldops.database import Connection, Record
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import now
from geo.roads.network import Roads

MOVES_MOST = 200


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Before and after; `candidates` is what the probe says of each move to a crew."""

    facts: Facts
    moves: tuple[Move, ...]
    before: Plan
    after: Plan
    violations: tuple[Violation, ...]
    candidates: tuple[Candidate | None, ...]

    @property
    def feasible(self) -> bool:
        return not self.violations

    def diff(self, *, news_s: int = 60) -> list[Entry]:
        """Return what changes hands, place or time; an ETA's shift of `news_s` and more counts."""
        pinned = {move.task_id for move in self.moves if move.pinned}
        old = _places(self.before)
        new = _places(self.after)
        found = []
        for task_id, row in self.facts.tasks.items():
            was, will = old.get(task_id), new.get(task_id)
            before = None if was is None else place_of_row(row)
            after = None if will is None else place_of_visit(*will, pinned=task_id in pinned)
            if _differs(was, will, news_s):
                found.append(entry(task_id, before, after))
        return found


Placed = tuple[UUID, int, Any]


def _places(plan: Plan) -> dict[UUID, Placed]:
    return {
        visit.task_id: (route.crew_id, number, visit)
        for route in plan.routes
        for number, visit in enumerate(route.visits)
    }


def _differs(was: Placed | None, will: Placed | None, news_s: int) -> bool:
    if was is None or will is None:
        return was is not will
    shift_s = abs((was[2].arrival_at - will[2].arrival_at).total_seconds())
    return was[0] != will[0] or shift_s >= news_s


async def what_if(connection: Connection, moves: Sequence[Move], roads: Roads) -> WhatIf:
    """Answer from the facts of now; of `roads` only what they remember is used.

    Raises:
        BadInput: no move or too many, a task twice. NotFound: a task is not open, a crew has no
        shift. Conflict: `bad_state` for started or accepted work, `no_place`.
    """
    pins = {move.task_id: move.crew_id for move in moves}
    facts = await facts_on_roads(connection, now(), roads, pins=pins)
    check_moves(facts, moves)
    return await asyncio.to_thread(answered, facts, moves)


def check_moves(facts: Facts, moves: Sequence[Move]) -> None:
    """Raise what `what_if` raises for moves that make no sense."""
    if not 1 <= len(moves) <= MOVES_MOST:
        raise BadInput(f"{len(moves)} moves, 1 to {MOVES_MOST}", pointer="/moves")
    seen: set[UUID] = set()
    for number, move in enumerate(moves):
        if move.task_id in seen:
            raise BadInput(
                f"task {move.task_id} is moved twice", pointer=f"/moves/{number}/task_id"
            )
        seen.add(move.task_id)
        open_task(facts, move.task_id)
        if move.crew_id is not None and move.crew_id not in facts.crews:
            raise NotFound(
                f"crew {move.crew_id} does not exist or has no shift today", object="crew"
            )


def open_task(facts: Facts, task: UUID) -> Record:
    """Return a task's row if it may be given to somebody.

    Raises:
        NotFound: it is not open. Conflict: `no_place`, `bad_state` (started or accepted).
    """
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


def answered(facts: Facts, moves: Sequence[Move]) -> WhatIf:
    """Compute the answer; tens of milliseconds on a large day."""
    problem = facts.problem
    orders = present_orders(facts)
    before = plan_of(problem, orders, "rows")
    after = plan_of(problem, moved(orders, moves), "by_hand")
    subjects = {task.id: task for task in problem.tasks}
    found = [
        _of_crew(
            candidates(problem, facts.present(), subjects[move.task_id], relaxed=False),
            move.crew_id,
        )
        for move in moves
    ]
    broken = introduced(problem, before, after)
    return WhatIf(facts, tuple(moves), before, after, broken, tuple(found))


def _of_crew(ranking: Sequence[Candidate], crew: UUID | None) -> Candidate | None:
    return next((c for c in ranking if c.crew_id == crew), None)


def shown(answer: WhatIf) -> dict[str, Any]:
    """Return the fields of the api's WhatIf."""
    diff = answer.diff()
    return {
        "feasible": answer.feasible,
        "violations": [shown_violation(v) for v in answer.violations],
        "reasons": [r for c in answer.candidates if c for r in as_json(c.reasons)],  # type: ignore[union-attr]
        "figures": figures(answer),
        "diff": diff,
    }


def shown_violation(violation: Violation) -> dict[str, Any]:
    """Return a violation as a code with what it is about; its detail is for logs."""
    return {
        "rule": violation.rule.value,
        "crew_id": violation.crew_id,
        "task_id": violation.task_id,
    }


def figures(answer: WhatIf) -> dict[str, Any]:
    """Return what it costs and how much it disturbs."""
    before, after = answer.before, answer.after
    return {
        "cost_before_s": before.cost,
        "cost_after_s": after.cost,
        "cost_delta_s": after.cost - before.cost,
        "travel_delta_s": _travel_s(after) - _travel_s(before),
        "unassigned_before": len(before.unassigned),
        "unassigned_after": len(after.unassigned),
        "travel_source": answer.facts.travel_source,
        "travel_estimated": round(answer.facts.travel_estimated, 4),
        **counted(answer.diff()),
    }


def _travel_s(plan: Plan) -> int:
    return sum(visit.travel_s for route in plan.routes for visit in route.visits)
