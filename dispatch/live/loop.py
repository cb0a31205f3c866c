"""The live loop of one tenant: something happened, wait for calm, plan, check, publish.

What wakes it: a new or changed task, a declined or finished visit, a crew that comes, goes or
changes, an offer that ran out, and once a minute the drift of positions and hours. A plan is
published only after the checker, which shares no code with the solver, has found nothing; a
solver that dies or overruns leaves the last plan live.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from dispatch.checker import violations
from dispatch.engine.explanation import why_assigned
from dispatch.engine.pool import SolverPool
from dispatch.live.facts import Facts, read_facts
from dispatch.live.offers import expire_offers, withdraw_cancelled
from dispatch.live.publication import Outcome, Publishing, publish
from dispatch.metrics import PLANS, REACTION_S, SOLVE_S
from dispatch.problem import Plan
from fieldops.database import Connection, Pool, sql, translated
from fieldops.errors import LeaseLost, Stale, Unavailable
from fieldops.events import Event, follow_events, last_position
from fieldops.leases import Lease, begin_batch
from fieldops.log import get_log
from fieldops.model import now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor

log = get_log()
DRIFT_S = 60.0
CALM_MOST_S = 3.0
ATTEMPTS = 5

# Kinds that always change the problem; the others are judged by their body.
WAKING = frozenset(
    {"task.created", "task.changed", "crew.changed", "crew.shift_started", "crew.shift_ended",
     "fence.changed", "worker.changed"}
)  # fmt: skip


def wakes(event: Event) -> bool:
    """Return whether an event asks for a new plan; what we publish ourselves does not."""
    match event.kind:
        case "assignment.changed":
            return event.body.get("state") in ("declined", "started", "done")
        case "task.state_changed":
            return event.body.get("state") == "cancelled"
        case kind:
            return kind in WAKING


@dataclass(slots=True)
class Bench:
    """What woke the loop since the last plan."""

    kinds: set[str] = field(default_factory=set)
    since: float | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self, kind: str) -> None:
        self.kinds.add(kind)
        self.since = self.since or time.monotonic()
        self.woken.set()

    def take(self) -> tuple[list[str], float]:
        """Return and forget what woke the loop, and since when."""
        kinds, since = sorted(self.kinds), self.since or time.monotonic()
        self.kinds, self.since = set(), None
        self.woken.clear()
        return kinds, since


class Dispatcher:
    """Plans one tenant under one lease."""

    def __init__(
        self, process: Process, solvers: SolverPool, tenant: Tenant, pool: Pool, lease: Lease
    ) -> None:
        self._settings = process.settings
        self._solvers = solvers
        self._tenant = tenant
        self._pool = pool
        self._valkey = process.valkey
        self._lease = lease
        self._store = TenantStore(pool, process.valkey)
        self._actor = Actor(tenant.slug)
        self._bench = Bench()

    async def run(self) -> None:
        """Plan until cancelled.

        Raises:
            LeaseLost: another worker owns the tenant. Unavailable: the database is lost.
        """
        since = await last_position(self._pool)
        self._bench.wake("start")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(since))
            group.create_task(self._plan_for_ever())

    async def _listen(self, since: int) -> None:
        async for events in follow_events(self._pool, self._valkey, self._tenant.slug, since):
            for event in events:
                if wakes(event):
                    self._bench.wake(event.kind)

    async def _plan_for_ever(self) -> None:
        while True:
            await self._calm()
            kinds, since = self._bench.take()
            try:
                outcome = await self._plan(kinds)
            except LeaseLost:
                raise
            except Unavailable as error:
                # The database or the solver; the lease's renewal tells which, by ending us.
                log.warning("plan.failed", tenant=self._tenant.slug, reason=str(error))
                self._bench.wake("retry")
                await asyncio.sleep(1.0)
                continue
            if outcome.changed:
                REACTION_S.labels(self._tenant.slug).observe(time.monotonic() - since)
            PLANS.labels(self._tenant.slug, "changed" if outcome.changed else "same").inc()

    async def _calm(self) -> None:
        """Wait for something to do, then for the debounce after it, but not for ever."""
        try:
            async with asyncio.timeout(await self._rest_s()):
                await self._bench.woken.wait()
        except TimeoutError:
            self._bench.wake("drift")
            return
        started = time.monotonic()
        while time.monotonic() - started < CALM_MOST_S:
            before = len(self._bench.kinds)
            await asyncio.sleep(self._settings.dispatch_debounce_ms / 1000)
            if len(self._bench.kinds) == before:
                return

    async def _rest_s(self) -> float:
        """Return how long nothing will be due: until the next offer expires, a minute at most."""
        with translated("offers"):
            expires_at = await self._pool.fetchval(sql("dispatch", "next_expiry"))
        if expires_at is None:
            return DRIFT_S
        left_s: float = (expires_at - now()).total_seconds()
        return min(DRIFT_S, max(0.05, left_s + 0.05))

    async def _plan(self, kinds: Sequence[str]) -> Outcome:
        """Plan and publish, again while the work moves on under the plan."""
        await execute(self._store, self._actor, self._tidy, what="expire offers")
        for _ in range(ATTEMPTS):
            with translated("facts"):
                async with self._pool.acquire(timeout=10.0) as connection:
                    facts = await self._read(connection)
            plan = await self._solve(facts)
            new = Publishing(
                facts=facts,
                plan=plan,
                reasons=await asyncio.to_thread(_reasons, facts, plan),
                trigger={"kinds": list(kinds)},
                offer_horizon_s=self._settings.offer_horizon_s,
                offer_s=self._settings.offer_s,
            )
            try:
                outcome = await self._publish(new)
            except Stale:
                continue
            _log(self._tenant, kinds, plan, outcome)
            return outcome
        self._bench.wake("moved_on")
        return Outcome()

    async def _read(self, connection: Connection) -> Facts:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await read_facts(connection, now())

    async def _solve(self, facts: Facts) -> Plan:
        """Return a checked plan with its reasons.

        Raises:
            Unavailable: the solver died, overran, or made a plan the checker refuses.
        """
        with SOLVE_S.labels(self._tenant.slug).time():
            plan = await self._solvers.solve(
                facts.problem, self._settings.dispatch_seconds, previous=facts.present()
            )
        found = await asyncio.to_thread(violations, facts.problem, plan)
        if found:
            PLANS.labels(self._tenant.slug, "refused").inc()
            log.error(
                "plan.refused",
                tenant=self._tenant.slug,
                violations=len(found),
                rules=sorted({v.rule.value for v in found}),
            )
            raise Unavailable(f"the checker refused the plan: {found[0].rule.value}")
        return plan

    async def _tidy(self, change: Change) -> None:
        """End what nobody answered in time and what was cancelled under its crew."""
        await begin_batch(change.connection, self._lease)
        await expire_offers(change)
        await withdraw_cancelled(change)

    async def _publish(self, new: Publishing) -> Outcome:
        async def apply(change: Change) -> Outcome:
            return await publish(change, self._lease, new)

        return await execute(self._store, self._actor, apply, what="publish")


def _reasons(facts: Facts, plan: Plan) -> dict[UUID, dict[str, Any]]:
    """Return why each task goes to its new crew; kept with the assignment for ever."""
    return {
        visit.task_id: dict(why_assigned(facts.problem, plan, visit))
        for route in plan.routes
        for visit in route.visits
        if facts.tasks[visit.task_id]["crew_id"] != route.crew_id
    }


def _log(tenant: Tenant, kinds: Sequence[str], plan: Plan, outcome: Outcome) -> None:
    log.info(
        "plan.published" if outcome.changed else "plan.kept",
        tenant=tenant.slug,
        kinds=list(kinds),
        version=outcome.version,
        added=outcome.added,
        moved=outcome.moved,
        removed=outcome.removed,
        offered=outcome.offered,
        unassigned=len(plan.unassigned),
        solve_s=round(plan.seconds, 3),
    )
