"""Ask the solvers for a plan, and let only one through that the checker finds nothing in."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dispatch.checker import violations
from dispatch.engine.explanation import why_assigned
from dispatch.engine.pool import SolverPool, Way
from dispatch.live.calm import calmed
from dispatch.live.facts import Facts
from dispatch.metrics import PLANS, SOLVE_S
from dispatch.problem import Plan
from dispatch.versions.arrangement import plan_of, present_orders
from fieldops.errors import Unavailable
from fieldops.log import get_log
from fieldops.model import TenantSlug

log = get_log()


@dataclass(frozen=True, slots=True)
class Solving:
    """Whose plans are made, by which processes."""

    tenant: TenantSlug
    solvers: SolverPool

    async def calm(self, facts: Facts, seconds: float) -> Plan:
        """Return a checked plan that changes no crew's work more than the tenant allows.

        Raises:
            Unavailable: as `checked`.
        """
        with SOLVE_S.labels(self.tenant).time():
            plan = await self.checked(facts, seconds)
            if (calmer := calmed(facts, plan)) is not None:
                plan = await self.checked(calmer, seconds)
        return plan

    async def checked(self, facts: Facts, seconds: float, way: Way = "repair") -> Plan:
        """Return a checked plan.

        Raises:
            Unavailable: the solver died, overran, or made a plan the checker refuses.
            BadInput: no solver takes the problem.
        """
        plan = await self.solvers.solve(facts.problem, seconds, previous=facts.present(), way=way)
        found = await asyncio.to_thread(violations, facts.problem, plan)
        if found:
            PLANS.labels(self.tenant, "refused").inc()
            log.error(
                "plan.refused",
                tenant=self.tenant,
                violations=len(found),
                rules=sorted({v.rule.value for v in found}),
            )
            raise Unavailable(f"the checker refused the plan: {found[0].rule.value}")
        return plan


def why(facts: Facts, plan: Plan) -> tuple[dict[UUID, dict[str, Any]], int]:
    """Return why each task goes to its new crew, kept with the assignment for ever; and what the
    plan that stands costs."""
    new = {
        visit.task_id: route.crew_id
        for route in plan.routes
        for visit in route.visits
        if facts.tasks[visit.task_id]["crew_id"] != route.crew_id
    }
    reasons = {task: dict(each) for task, each in why_assigned(facts.problem, plan, new).items()}
    return reasons, plan_of(facts.problem, present_orders(facts), "rows").cost
