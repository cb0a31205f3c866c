"""A person's hand in the plan: who could take a task, and giving it to a crew."""

from uuid import UUID

from fastapi import APIRouter

from api.context import CallerDep, command, known_roads, reading
from api.shapes.work import Assign, Assignment, Candidate
from dispatch.live.byhand import assign_by_hand, pin, rank_candidates, unpin
from dispatch.versions.putting import offers_of
from identity.reach import reach_of
from projects.tasks import view_task

router = APIRouter(prefix="/tasks", tags=["dispatch"])


@router.get("/{task_id}/candidates")
async def list_candidates(task_id: UUID, caller: CallerDep) -> list[Candidate]:
    """Rank every crew of today for the task: when it could be there, or why it cannot."""
    reach = reach_of(caller.actor, "assignment", "create")
    roads = await known_roads(caller)
    async with reading(caller, "candidates") as connection:
        await view_task(connection, task_id, reach)
        rows = await rank_candidates(connection, task_id, roads)
    return [Candidate.model_validate(row) for row in rows]


@router.post("/{task_id}/assign")
async def assign_task(task_id: UUID, body: Assign, caller: CallerDep) -> Assignment:
    """Give the task to a crew: pinned, and offered as soon as the crew can answer."""
    reach = reach_of(caller.actor, "assignment", "create")
    async with reading(caller, "assign") as connection:
        await view_task(connection, task_id, reach)
        offers = await offers_of(connection, caller.process.settings)
    roads = await known_roads(caller)
    return await command(
        caller,
        Assignment,
        lambda change: assign_by_hand(
            change, task_id, body.crew_id, offers, roads, force=body.force
        ),
        what="assign",
    )


@router.post("/{task_id}/pin")
async def pin_task(task_id: UUID, caller: CallerDep) -> Assignment:
    """Keep the task with the crew that has it: re-planning works around it; twice is once."""
    reach = reach_of(caller.actor, "assignment", "create")
    async with reading(caller, "pin") as connection:
        await view_task(connection, task_id, reach)
    return await command(caller, Assignment, lambda change: pin(change, task_id), what="pin")


@router.post("/{task_id}/unpin")
async def unpin_task(task_id: UUID, caller: CallerDep) -> Assignment:
    """Let re-planning move the task again; twice is once."""
    reach = reach_of(caller.actor, "assignment", "create")
    async with reading(caller, "unpin") as connection:
        await view_task(connection, task_id, reach)
    return await command(caller, Assignment, lambda change: unpin(change, task_id), what="unpin")
