"""Say why open work has no place, after the plan is out: crews wait for a plan, not for reasons.

Until then a task left out keeps the reasons it had; a new one has none. The reasons stay for ever
with the version that took a task off its crew and left it with nobody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dispatch.engine.pool import BUSY, SolverPool
from dispatch.live.facts import Facts
from dispatch.problem import Plan, Unassigned, as_json
from fieldops.database import sql
from fieldops.errors import Unavailable
from fieldops.leases import Lease, begin_batch
from identity.commands import Change

EXPLAINING_S = 2.0
TRIES = 3


@dataclass(frozen=True, slots=True)
class Untold:
    """A published plan of which some work has no reasons yet."""

    facts: Facts
    plan: Plan
    version: int
    tries: int = 0


class Telling:
    """The plan to explain next: the latest one, for reasons of an older one help nobody."""

    def __init__(self) -> None:
        self._latest: Untold | None = None
        self._newest: Plan | None = None
        self._woken = asyncio.Event()

    def put(self, facts: Facts, plan: Plan, version: int | None) -> None:
        """Remember a published plan if something in it has no reasons."""
        some = version is not None and any(not item.reasons for item in plan.unassigned)
        self._latest = Untold(facts, plan, version) if some and version is not None else None
        self._newest = plan
        self._woken.set()

    def put_back(self, untold: Untold, error: Unavailable) -> bool:
        """Remember a plan for another try, unless a newer one came or it fails again and again.

        That every process was busy is no failure of the plan. Returns whether there is another try.
        """
        tries = untold.tries + (error.code != BUSY)
        if untold.plan is not self._newest or tries >= TRIES:
            return False
        self._latest = replace(untold, tries=tries)
        self._woken.set()
        return True

    def take(self) -> Untold | None:
        """Return the plan to explain, if there is one, and forget it."""
        untold, self._latest = self._latest, None
        return untold

    async def next(self) -> Untold:
        """Wait for a plan to explain, and take it."""
        while (untold := self.take()) is None:
            await self._woken.wait()
            self._woken.clear()
        return untold


async def explained(untold: Untold, solvers: SolverPool) -> tuple[Unassigned, ...]:
    """Return why the plan leaves work out, each crew's reasons and the cheapest way out.

    Raises:
        Unavailable: no process came free, or it died or overran.
    """
    plan = await solvers.solve(
        untold.facts.problem, EXPLAINING_S, previous=untold.plan, way="explain"
    )
    return plan.unassigned


async def tell(change: Change, lease: Lease, version: int, told: Sequence[Unassigned]) -> int:
    """Store reasons where the plan still is of this version; return how many changed.

    Raises:
        LeaseLost: another worker owns the tenant.
    """
    await begin_batch(change.connection, lease)
    known = [item for item in told if item.reasons]
    reasons = (
        [item.task_id for item in known],
        [as_json(item.reasons) for item in known],
        [as_json(item.relaxation) for item in known],
    )
    await change.connection.execute(sql("dispatch", "keep_reasons"), version, *reasons)
    changed = await change.connection.fetchval(
        sql("dispatch", "tell_unassigned"), version, *reasons
    )
    if changed:
        change.event("plan.explained", {"version": version, "tasks": changed})
    return int(changed)
