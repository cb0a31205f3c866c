"""The plan, and a crew's own day of it."""

from fastapi import APIRouter

from api.context import CallerDep, reading
from api.shapes.work import CrewDay, PlanView
from dispatch.live.day import view_day
from dispatch.live.plans import view_plan
from identity.reach import reach_of
from identity.rights import require

router = APIRouter(tags=["plan"])


@router.get("/plan")
async def get_plan(caller: CallerDep) -> PlanView:
    """Return the plan as it stands: routes with their visits, and what is unassigned and why."""
    require(caller.actor, "plan", "read")
    async with reading(caller, "plan") as connection:
        return PlanView.model_validate(await view_plan(connection))


@router.get("/my/day")
async def get_my_day(caller: CallerDep) -> CrewDay:
    """Return today's visits of the signed-in worker's crew, in order."""
    reach = reach_of(caller.actor, "assignment", "answer")
    async with reading(caller, "day") as connection:
        return CrewDay.model_validate(await view_day(connection, reach.crews or []))
