"""The live loop of one tenant: something happened, wait for calm, plan, check, publish.

Each path has its own pace. What shifts times (a start, an end, an arrival) re-times the routes at
once, without a solver. What changes the problem (`bench.wakes`), an offer that ran out, and once a
minute the drift of positions and hours plan anew; why the plan leaves work out is told after it.
And while nothing happens, a longer search looks for a better plan and proposes it. A plan is
published only after the checker, which shares no code with the solver, has found nothing; a solver
that dies or overruns leaves the last plan live.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from dispatch.engine.pool import SolverPool
from dispatch.live.bench import HEARING, Bench, shifts, wakes
from dispatch.live.facts import Facts, read_facts
from dispatch.live.facts.reading import WORK_MOST
from dispatch.live.offers import expire_offers, withdraw_cancelled
from dispatch.live.preferences import Preferences, read_preferences
from dispatch.live.publication import Outcome, Publishing, publish
from dispatch.live.retiming import retime
from dispatch.live.roads import on_roads
from dispatch.live.silence import Hearing, watch_silence
from dispatch.live.solving import Solving, why
from dispatch.live.telling import Telling, Untold, explained, tell
from dispatch.metrics import PLANS, REACTION_S, RETIMED
from dispatch.problem import Plan
from dispatch.versions.drafts import end_proposals
from dispatch.versions.proposals import improvement, propose
from dispatch.versions.putting import Offers, offers_as
from fieldops.database import Pool, sql, translated
from fieldops.errors import FieldopsError, LeaseLost, Stale, Unavailable
from fieldops.events import follow_events, last_position
from fieldops.leases import Lease, begin_batch
from fieldops.log import get_log
from fieldops.model import now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from geo.roads.kept import keeping
from geo.roads.network import GreatCircle, Roads
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor
from resources.credentials import tell_due

log = get_log()
DRIFT_S = 60.0
CALM_MOST_S = 3.0
ATTEMPTS = 5
TIDY_S = 3600.0


class Dispatcher:
    """Plans one tenant under one lease."""

    def __init__(
        self,
        process: Process,
        solvers: SolverPool,
        tenant: Tenant,
        pool: Pool,
        lease: Lease,
        *,
        improvers: SolverPool | None = None,
        roads: Roads | None = None,
    ) -> None:
        self._settings = process.settings
        # A search of seconds must not make an event wait: it has processes of its own.
        self._improvers = improvers or solvers
        self._solving = Solving(tenant.slug, solvers)
        self._improving = Solving(tenant.slug, self._improvers)
        self._tenant = tenant
        self._pool = pool
        self._valkey = process.valkey
        self._lease = lease
        self._roads = keeping(roads or GreatCircle(), process.valkey, tenant.slug)
        self._store = TenantStore(pool, process.valkey)
        self._actor = Actor(tenant.slug)
        self._bench = Bench()
        self._shifted = asyncio.Event()
        self._expected = asyncio.Event()
        self._telling = Telling()
        self._tidied_at = -TIDY_S

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
            group.create_task(self._retime_for_ever())
            group.create_task(self._improve_for_ever())
            group.create_task(self._explain_for_ever())
            group.create_task(self._watch_for_ever())

    async def _listen(self, since: int) -> None:
        async for events in follow_events(self._pool, self._valkey, self._tenant.slug, since):
            for event in events:
                if wakes(event):
                    self._bench.wake(event.kind)
                if shifts(event):
                    self._shifted.set()
                if event.kind in HEARING:
                    self._expected.set()

    async def _retime_for_ever(self) -> None:
        while True:
            await self._shifted.wait()
            self._shifted.clear()
            try:
                told = await self._retime()
            except LeaseLost:
                raise
            except Unavailable as error:
                log.warning("times.failed", tenant=self._tenant.slug, reason=str(error))
                await asyncio.sleep(1.0)
                self._shifted.set()
                continue
            except FieldopsError as error:
                log.error("times.impossible", tenant=self._tenant.slug, reason=str(error))
                continue
            RETIMED.labels(self._tenant.slug).inc(told)

    async def _watch_for_ever(self) -> None:
        """See silence and return when they come, not at the next round."""
        while True:
            self._expected.clear()
            try:
                hearing = await execute(self._store, self._actor, self._hear, what="hearing")
            except LeaseLost:
                raise
            except FieldopsError as error:
                log.warning("hearing.failed", tenant=self._tenant.slug, reason=str(error))
                hearing = Hearing(told=False, next_at=now() + timedelta(seconds=1))
            if hearing.told:
                self._bench.wake("hearing")
            left_s = (
                DRIFT_S if hearing.next_at is None else (hearing.next_at - now()).total_seconds()
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(min(DRIFT_S, max(0.05, left_s + 0.05))):
                    await self._expected.wait()

    async def _hear(self, change: Change) -> Hearing:
        await begin_batch(change.connection, self._lease)
        return await watch_silence(change, await read_preferences(change.connection))

    async def _retime(self) -> int:
        if not isinstance(self._roads, GreatCircle):
            # The roads learn what they will be asked; within the transaction nobody is waited for.
            await self._facts()
        return await execute(
            self._store,
            self._actor,
            lambda change: retime(change, self._lease, self._roads),
            what="retime",
        )

    async def _explain_for_ever(self) -> None:
        """Give each published plan its reasons, or the next one while a process is busy."""
        while True:
            untold = await self._telling.next()
            try:
                await self._explain(untold)
            except LeaseLost:
                raise
            except Unavailable as error:
                again = self._telling.put_back(untold, error)
                event = "reasons.late" if again else "reasons.dropped"
                log.info(event, tenant=self._tenant.slug, reason=str(error))
                await asyncio.sleep(1.0)
            except FieldopsError as error:
                log.info("reasons.dropped", tenant=self._tenant.slug, reason=str(error))

    async def _explain(self, untold: Untold) -> int:
        told = await explained(untold, self._improvers)
        return await execute(
            self._store,
            self._actor,
            lambda change: tell(change, self._lease, untold.version, told),
            what="reasons",
        )

    async def _improve_for_ever(self) -> None:
        """Look for a better plan now and then; failing to find one is no failure."""
        while True:
            wishes = await self._wishes()
            await asyncio.sleep(wishes.improve_every_s)
            if not wishes.improve or self._bench.woken.is_set():
                continue
            try:
                await self.improve()
            except LeaseLost:
                raise
            except FieldopsError as error:
                log.info("improvement.dropped", tenant=self._tenant.slug, reason=str(error))

    async def improve(self) -> dict[str, Any] | None:
        """Search longer than a round may, and propose what is worth it; returns the proposal."""
        facts = await self._facts()
        plan = await self._improving.checked(facts, facts.wishes.improve_s, "portfolio")
        found = await asyncio.to_thread(improvement, facts, plan)
        if found is None or self._bench.woken.is_set():
            return None
        offers = self._offers(facts.wishes)

        async def apply(change: Change) -> dict[str, Any] | None:
            await begin_batch(change.connection, self._lease)
            return await propose(change, facts, found, offers, self._roads)

        return await execute(self._store, self._actor, apply, what="propose")

    async def _wishes(self) -> Preferences:
        with translated("dispatch settings"):
            async with self._pool.acquire(timeout=10.0) as connection:
                return await read_preferences(connection)

    def _offers(self, wishes: Preferences) -> Offers:
        return offers_as(wishes, self._settings)

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
            except FieldopsError as error:
                # This tenant's data, and no better for asking again: it waits for what happens
                # next, and the other tenants' loops go on.
                PLANS.labels(self._tenant.slug, "impossible").inc()
                log.error("plan.impossible", tenant=self._tenant.slug, reason=str(error))
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
            facts = await self._facts()
            plan = await self._solving.calm(facts, self._settings.dispatch_seconds)
            reasons, cost_before = await asyncio.to_thread(why, facts, plan)
            offers = self._offers(facts.wishes)
            new = Publishing(
                facts=facts,
                plan=plan,
                reasons=reasons,
                trigger={"kinds": list(kinds)},
                offer_horizon_s=offers.horizon_s,
                offer_s=offers.offer_s,
                cost_before=cost_before,
            )
            try:
                outcome = await self._publish(new)
            except Stale:
                continue
            self._telling.put(facts, plan, outcome.version)
            _log(self._tenant, kinds, facts, plan, outcome)
            return outcome
        self._bench.wake("moved_on")
        return Outcome()

    async def _facts(self) -> Facts:
        with translated("facts"):
            async with (
                self._pool.acquire(timeout=10.0) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                facts = await read_facts(connection, now())
        return await on_roads(facts, self._roads)

    async def _tidy(self, change: Change) -> None:
        """End what nobody answered in time, what was cancelled under its crew, and proposals the
        plan moved on from; tell who fell silent, and once an hour which papers end."""
        await begin_batch(change.connection, self._lease)
        await expire_offers(change)
        await withdraw_cancelled(change)
        await end_proposals(change)
        await watch_silence(change, await read_preferences(change.connection))
        if time.monotonic() - self._tidied_at >= TIDY_S:
            await tell_due(change, change.at.date())
            self._tidied_at = time.monotonic()

    async def _publish(self, new: Publishing) -> Outcome:
        async def apply(change: Change) -> Outcome:
            return await publish(change, self._lease, new)

        return await execute(self._store, self._actor, apply, what="publish")


def _log(tenant: Tenant, kinds: Sequence[str], facts: Facts, plan: Plan, outcome: Outcome) -> None:
    if len(facts.tasks) >= WORK_MOST:
        log.warning("work.cut", tenant=tenant.slug, most=WORK_MOST)
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
        travel=facts.travel_source,
        travel_estimated=round(facts.travel_estimated, 4),
    )
