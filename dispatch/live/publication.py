"""Publish a checked plan: the difference to what stands, its events and its frame, or nothing.

One transaction, fenced by the lease. The work is locked and compared with what the plan was made
of; if somebody answered, finished or cancelled meanwhile, nothing is written and the caller plans
again. What does not change is not touched: an offer that only shifts by minutes stays valid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from dispatch.live.diffs import Entry, counted, entry, place_of_row, place_of_visit
from dispatch.live.facts import Facts, stamp_of
from dispatch.live.moves import drift_s, move_assignment, report
from dispatch.live.plans import view_assignment
from dispatch.problem import Json, Plan, Visit, as_json
from fieldops.database import Record, sql
from fieldops.errors import Stale
from fieldops.leases import Lease, begin_batch
from fieldops.model import TaskState, new_id
from identity.commands import Change
from projects.tasks import move_task

Planned = tuple[UUID, int, Visit]
PlanKind = Literal["auto", "by_hand", "draft", "proposal", "revert"]


@dataclass(frozen=True, slots=True)
class Publishing:
    """What to publish: the plan, what it was made of, why, and each new visit's reasons.

    cost_before: the objective of what stands, to say what the plan saves. pinned: tasks a person
    gave to their crew; released: tasks a person took back, pinned or not.
    """

    facts: Facts
    plan: Plan
    reasons: Mapping[UUID, dict[str, Any]]
    trigger: dict[str, Any]
    offer_horizon_s: int
    offer_s: int
    cost_before: int | None = None
    kind: PlanKind = "auto"
    reverts: int | None = None
    pinned: frozenset[UUID] = frozenset()
    released: frozenset[UUID] = frozenset()


@dataclass(slots=True)
class Outcome:
    """What publishing did."""

    version: int | None = None
    moved: int = 0
    added: int = 0
    removed: int = 0
    offered: int = 0
    diff: list[Entry] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.moved or self.added or self.removed or self.offered)


async def publish(change: Change, lease: Lease | None, new: Publishing) -> Outcome:
    """Write the plan's difference and events under the lease, or for a person without one.

    Raises:
        LeaseLost: another worker owns the tenant. Stale: the work changed meanwhile.
    """
    if lease is not None:
        await begin_batch(change.connection, lease)
    rows = await change.connection.fetch(sql("dispatch", "lock_work"))
    if frozenset(stamp_of(row) for row in rows) != new.facts.stamp():
        raise Stale("the work changed while the plan was made")
    outcome, crews = Outcome(), set[UUID]()
    planned = {
        v.task_id: (r.crew_id, n, v) for r in new.plan.routes for n, v in enumerate(r.visits)
    }
    outcome.diff = _diff(new, planned)
    for row in _movable(new):
        await _withdraw_if_gone(change, row, planned.get(row["id"]), new, outcome, crews)
    version = await _frame(change, new, outcome.diff)
    for task_id, (crew, place, visit) in planned.items():
        row = new.facts.tasks[task_id]
        if row["crew_id"] == crew:
            await _keep(change, row, version, place, visit, new)
        else:
            await _add(change, row, crew, version, place, visit, new)
            outcome.moved += row["crew_id"] is not None
            outcome.added += row["crew_id"] is None
            crews.add(crew)
    await _leave_out(change, new, version)
    outcome.offered = await _offer(change, new, crews)
    outcome.version = version
    if outcome.changed:
        _announce(change, new, outcome, crews)
    return outcome


def _movable(new: Publishing) -> list[Record]:
    """Return the rows the plan may move: all but started work."""
    return [row for row in new.facts.tasks.values() if row["assignment_state"] != "started"]


def _changes_hands(row: Record, planned: Planned | None, new: Publishing) -> bool:
    """Return whether the plan gives the task to another crew, or takes it from its own.

    What a person pinned stays with its crew while that is on shift, even where the plan finds no
    room for it: the reasons say so, the person decides.
    """
    if planned is None:
        return row["crew_id"] is not None and not (
            row["pinned"] and row["crew_id"] in new.facts.crews and row["id"] not in new.released
        )
    return bool(planned[0] != row["crew_id"])


def _diff(new: Publishing, planned: Mapping[UUID, Planned]) -> list[Entry]:
    """Return what changes hands."""
    changed = []
    for row in _movable(new):
        place = planned.get(row["id"])
        if _changes_hands(row, place, new):
            pinned = row["id"] in new.pinned
            after = None if place is None else place_of_visit(*place, pinned=pinned)
            why = new.reasons.get(row["id"])
            changed.append(entry(row["id"], place_of_row(row), after, why))
    return changed


async def _withdraw_if_gone(
    change: Change,
    row: Record,
    planned: Planned | None,
    new: Publishing,
    outcome: Outcome,
    crews: set[UUID],
) -> None:
    """Withdraw what the plan gives to another crew or to none."""
    if row["crew_id"] is None or not _changes_hands(row, planned, new):
        return
    await move_assignment(
        change, row["assignment_id"], "withdrawn", why=_WHY[new.kind], task_moves=planned is None
    )
    outcome.removed += planned is None
    crews.add(row["crew_id"])


_WHY: dict[PlanKind, str] = {
    "auto": "replanned",
    "by_hand": "by_hand",
    "draft": "by_hand",
    "proposal": "replanned",
    "revert": "reverted",
}


async def _frame(change: Change, new: Publishing, diff: list[Entry]) -> int:
    """Return the version to plan under: a new one when any task changes hands."""
    if not diff and new.kind == "auto":
        return int(await change.connection.fetchval(sql("dispatch", "last_plan")))
    figures = {
        "cost": new.plan.cost,
        "solver": new.plan.solver,
        "seconds": round(new.plan.seconds, 3),
        "unassigned": len(new.plan.unassigned),
        "travel_source": new.facts.travel_source,
        "travel_estimated": round(new.facts.travel_estimated, 4),
        "cost_before": new.cost_before,
        "gain_s": None if new.cost_before is None else new.cost_before - new.plan.cost,
        **counted(diff),
    }
    return await insert_version(
        change, new.facts, new.kind, new.trigger, figures, diff, reverts=new.reverts
    )


async def insert_version(
    change: Change,
    facts: Facts,
    kind: PlanKind,
    trigger: dict[str, Any],
    figures: dict[str, Any],
    diff: list[Entry],
    *,
    reverts: int | None = None,
) -> int:
    """Write a version of the plan and return its number; the open work is locked."""
    starts = [
        {
            "crew_id": str(crew.id),
            "start": {"lon": crew.start.lon, "lat": crew.start.lat, "source": crew.start.source},
        }
        for crew in facts.problem.crews
    ]
    frame = (trigger, starts, figures, diff, kind, change.actor.user_id, reverts)
    return int(await change.connection.fetchval(sql("dispatch", "insert_plan"), *frame))


async def _keep(
    change: Change,
    row: Record,
    version: int,
    place: int,
    visit: Visit,
    new: Publishing,
) -> None:
    """Bring a kept assignment's place and times up to date; tell its crew of real news only."""
    if row["assignment_state"] == "started":
        return
    await change.connection.execute(
        sql("dispatch", "retime_assignment"),
        row["assignment_id"],
        version,
        place,
        visit.travel_s,
        visit.arrival_at,
        visit.start_at,
        visit.end_at,
    )
    pins = row["id"] in new.pinned and not row["pinned"]
    if pins:
        await change.connection.execute(sql("dispatch", "pin_assignment"), row["assignment_id"])
    if pins or row["sequence"] != place or drift_s(row, visit) > new.facts.wishes.news_s:
        await report(change, await view_assignment(change.connection, row["assignment_id"]))


async def _add(
    change: Change,
    row: Record,
    crew: UUID,
    version: int,
    place: int,
    visit: Visit,
    new: Publishing,
) -> None:
    assignment = new_id()
    await insert_assignment(
        change,
        assignment,
        row["id"],
        crew,
        visit,
        plan_version=version,
        sequence=place,
        pinned=row["id"] in new.pinned,
        reason=new.reasons.get(row["id"], {}),
    )
    await move_task(change, row["id"], TaskState.SCHEDULED)
    await report(change, await view_assignment(change.connection, assignment))


async def insert_assignment(
    change: Change,
    assignment: UUID,
    task: UUID,
    crew: UUID,
    visit: Visit,
    *,
    plan_version: int,
    sequence: int,
    pinned: bool,
    reason: dict[str, Any],
    expires_at: datetime | None = None,
) -> None:
    """Insert an assignment, planned, or offered when it has an expiry."""
    await change.connection.execute(
        sql("dispatch", "insert_assignment"),
        assignment,
        task,
        crew,
        plan_version,
        sequence,
        "planned" if expires_at is None else "offered",
        pinned,
        visit.travel_s,
        visit.arrival_at,
        visit.start_at,
        visit.end_at,
        as_json(reason),
        None if expires_at is None else change.at,
        expires_at,
        change.actor.user_id,
    )


async def _leave_out(change: Change, new: Publishing, version: int) -> None:
    """Store why each open task is in nobody's route."""
    left: dict[UUID, tuple[Json, Json]] = {
        item.task_id: (as_json(item.reasons), as_json(item.relaxation))
        for item in new.plan.unassigned
    }
    for task in new.facts.nowhere:
        left[task] = ([{"code": "NO_PLACE", "crew_id": None, "params": {}}], None)
    await change.connection.execute(
        sql("dispatch", "write_unassigned"),
        version,
        list(left),
        [reasons for reasons, _ in left.values()],
        [relaxation for _, relaxation in left.values()],
    )


async def _offer(change: Change, new: Publishing, crews: set[UUID]) -> int:
    """Offer the planned visits that start within the horizon to crews that can answer."""
    horizon = change.at + timedelta(seconds=new.offer_horizon_s)
    able = [crew for crew in new.facts.crews if new.facts.may_offer(crew, change.at)]
    due = await change.connection.fetch(sql("dispatch", "due_offers"), horizon, able)
    for row in due:
        expires_at = change.at + timedelta(seconds=new.offer_s)
        await move_assignment(change, row["id"], "offered", expires_at=expires_at)
        await accept_unasked(change, new.facts, row["id"], row["crew_id"])
        crews.add(row["crew_id"])
    return len(due)


async def accept_unasked(change: Change, facts: Facts, assignment: UUID, crew: UUID) -> bool:
    """Accept an offer at once for a crew without a phone, where the tenant wants it so."""
    if facts.wishes.no_phone != "accept" or facts.crews[crew]["has_phone"]:
        return False
    change.audit("accept_unasked", "assignment", assignment, {"crew": str(crew)})
    await move_assignment(change, assignment, "accepted", why="no_phone")
    return True


def _announce(change: Change, new: Publishing, outcome: Outcome, crews: set[UUID]) -> None:
    body = {
        "version": outcome.version,
        "changed_crews": sorted(map(str, crews)),
        "moved": outcome.moved,
        "added": outcome.added,
        "removed": outcome.removed,
        "unassigned": len(new.plan.unassigned) + len(new.facts.nowhere),
        "trigger": new.trigger,
        "kind": new.kind,
        "published_by": change.actor.user_id,
    }
    change.event("plan.published", body, crews=tuple(crews))
    change.audit("publish", "plan", body=body)
