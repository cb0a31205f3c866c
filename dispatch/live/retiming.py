"""The fast path: who has started, finished, arrived or lags shifts the times of what follows.

No solver is asked and nobody's work moves: the routes as they stand are timed anew from the facts,
in milliseconds. A shift that is news is told to the crew and the office at once; whether the plan
should change is for the round that follows.
"""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from dispatch.live.facts import Facts, read_facts
from dispatch.live.moves import drift_s, report
from dispatch.live.plans import view_assignment
from dispatch.live.roads import on_roads
from dispatch.problem import Visit
from dispatch.versions.arrangement import plan_of, present_orders
from fieldops.database import Record, sql
from fieldops.leases import Lease, begin_batch
from geo.roads.network import GreatCircle, Roads
from identity.commands import Change

# Below it a time is left as it is: fixes wander, and every write is a row's new version.
SHIFT_S = 20


async def retime(change: Change, lease: Lease, roads: Roads | None = None) -> int:
    """Bring arrivals and times up to date under the lease; returns how many changes were told.

    Of `roads` only what they remember is used: nobody outside is asked while the work is locked.

    Raises:
        LeaseLost: another worker owns the tenant.
    """
    await begin_batch(change.connection, lease)
    await change.connection.fetch(sql("dispatch", "lock_work"))
    told = {
        row["id"]
        for name in ("note_arrivals", "note_departures")
        for row in await change.connection.fetch(sql("dispatch", name), change.at)
    }
    facts = await read_facts(change.connection, change.at)
    facts = await on_roads(facts, roads or GreatCircle(), ask=False)
    times = await asyncio.to_thread(_times, facts)
    for row in facts.tasks.values():
        visit = times.get(row["id"])
        if visit is None or row["assignment_state"] == "started":
            continue
        is_news = drift_s(row, visit) > facts.wishes.news_s
        if is_news or _shift_s(row, visit) >= SHIFT_S:
            await _store(change, row, visit)
        if is_news:
            told.add(row["assignment_id"])
    for assignment in sorted(told):
        await report(change, await view_assignment(change.connection, assignment))
    return len(told)


def _times(facts: Facts) -> Mapping[UUID, Visit]:
    plan = plan_of(facts.problem, present_orders(facts), "rows")
    return {visit.task_id: visit for route in plan.routes for visit in route.visits}


def _shift_s(row: Record, visit: Visit) -> float:
    pairs = (
        (row["eta_at"], visit.arrival_at),
        (row["start_at"], visit.start_at),
        (row["end_at"], visit.end_at),
    )
    return max(float(abs((new - old).total_seconds())) for old, new in pairs)


async def _store(change: Change, row: Record, visit: Visit) -> None:
    await change.connection.execute(
        sql("dispatch", "shift_assignment"),
        row["assignment_id"],
        visit.travel_s,
        visit.arrival_at,
        visit.start_at,
        visit.end_at,
    )
