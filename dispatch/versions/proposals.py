"""Improvements found in the background: offered with what they save, never slipped in.

A better plan becomes a proposal when what it saves for each task it gives to another crew reaches
the tenant's threshold; past a second threshold, where there is one, it is published without asking.
It is built from moves as any draft is, so it is judged, shown, published and refused the same way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dispatch.live.facts import Facts
from dispatch.problem import Plan
from dispatch.versions.arrangement import Move, Orders, breaks, plan_of, present_orders
from dispatch.versions.drafts import add_draft, end_proposals, moves_of, publish_draft
from dispatch.versions.putting import Offers
from fieldops.database import sql
from geo.roads.network import Roads
from identity.commands import Change

_LATELY = 20


@dataclass(frozen=True, slots=True)
class Improvement:
    """A better plan as moves; gain_s: what it saves of the objective, move tax included."""

    moves: tuple[Move, ...]
    handed_over: int
    gain_s: int

    @property
    def gain_per_move_s(self) -> int:
        return self.gain_s // max(1, self.handed_over)


def improvement(facts: Facts, better: Plan) -> Improvement | None:
    """Compare a plan found with the one that stands; None when it saves nothing or breaks a rule.

    Pure computation, tens of milliseconds on a large day.
    """
    orders = present_orders(facts)
    wanted = {route.crew_id: [visit.task_id for visit in route.visits] for route in better.routes}
    moves = _moves(facts, orders, wanted)
    if not moves:
        return None
    before, after = plan_of(facts.problem, orders, "rows"), plan_of(facts.problem, wanted, "better")
    gain_s = before.cost - after.cost
    if gain_s <= 0 or breaks(facts, moves):
        return None
    handed_over = sum(facts.tasks[m.task_id]["crew_id"] != m.crew_id for m in moves)
    return Improvement(tuple(moves), handed_over, gain_s)


def _moves(facts: Facts, orders: Orders, wanted: Orders) -> list[Move]:
    """Return the moves that turn the routes that differ into those wanted, in route order."""
    held = {visit.task_id for crew in facts.problem.crews for visit in crew.locked}
    moves = [
        Move(task, crew, place, pinned=bool(facts.tasks[task]["pinned"]))
        for crew, tasks in wanted.items()
        if tasks != orders.get(crew)
        for place, task in enumerate(tasks)
        if task not in held
    ]
    kept = {move.task_id for move in moves}
    placed = {task for tasks in wanted.values() for task in tasks}
    dropped = [
        Move(task, None, pinned=False)
        for tasks in orders.values()
        for task in tasks
        if task not in kept and task not in placed and task not in held
    ]
    return [*moves, *dropped]


async def propose(
    change: Change, facts: Facts, found: Improvement, offers: Offers, roads: Roads
) -> dict[str, Any] | None:
    """Offer an improvement, or publish it where the tenant wants so; None below the threshold.

    A proposal that was open gives way to the new one.

    Raises:
        Conflict, NotFound, Stale: the work has moved on; there is nothing to propose any more.
    """
    if found.gain_per_move_s < facts.wishes.gain_per_move_s:
        return None
    await end_proposals(change)
    if await _known(change, found):
        return None
    await change.connection.execute(sql("dispatch", "retire_proposals"))
    figures = {"gain_s": found.gain_s, "gain_per_move_s": found.gain_per_move_s}
    draft = await add_draft(change, found.moves, roads, kind="proposal", more=figures)
    limit_s = facts.wishes.auto_gain_per_move_s
    if limit_s is not None and found.gain_per_move_s >= limit_s:
        return await publish_draft(change, draft["id"], None, offers, roads)
    return draft


async def _known(change: Change, found: Improvement) -> bool:
    """Return whether a proposal of the same hands is open, or was turned down lately."""
    hands = _hands(found.moves)
    rows = await change.connection.fetch(sql("dispatch", "last_proposals"), _LATELY)
    return any(_hands(moves_of(row)) == hands for row in rows)


def _hands(moves: Iterable[Move]) -> frozenset[tuple[UUID, UUID | None]]:
    return frozenset((move.task_id, move.crew_id) for move in moves)
