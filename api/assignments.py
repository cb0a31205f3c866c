"""Assignments: who does what; and what crews answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import CallerDep, Paging, command, reading
from api.shapes.body import Page
from api.shapes.work import Answer, Assignment, Step
from dispatch.live.offers import answer_offer, finish_visit, start_visit
from dispatch.live.plans import view_assignments
from fieldops.errors import BadInput
from identity.reach import reach_of

router = APIRouter(prefix="/assignments", tags=["assignments"])


@router.get("")
async def list_assignments(
    caller: CallerDep,
    paging: Paging,
    crew_id: Annotated[UUID | None, Query()] = None,
    task_id: Annotated[UUID | None, Query()] = None,
    live: Annotated[bool, Query(description="open ones, and those done today")] = False,
) -> Page[Assignment]:
    """List assignments within the caller's reach, ended ones too unless `live`."""
    reach = reach_of(caller.actor, "assignment")
    crews = reach.crews
    if crew_id is not None:
        crews = [crew_id] if crews is None or crew_id in crews else []
    async with reading(caller, "assignments") as connection:
        rows = await view_assignments(
            connection,
            crews=crews,
            sites=reach.sites,
            task=task_id,
            live=live,
            after=_cursor(paging.cursor),
            most=paging.limit + 1,
        )
    items = [Assignment.model_validate(row) for row in rows[: paging.limit]]
    return Page(items=items, next=str(items[-1].id) if len(rows) > paging.limit else None)


@router.post("/{assignment_id}/answer")
async def answer_assignment(assignment_id: UUID, body: Answer, caller: CallerDep) -> Assignment:
    """Accept or decline an offer; the first valid answer to its version wins."""
    return await command(
        caller,
        Assignment,
        lambda change: answer_offer(change, assignment_id, body.version, body.accept, body.why),
        what="answer",
    )


@router.post("/{assignment_id}/start")
async def start_assignment(assignment_id: UUID, body: Step, caller: CallerDep) -> Assignment:
    """Start an accepted visit."""
    return await command(
        caller,
        Assignment,
        lambda change: start_visit(change, assignment_id, body.version, body.at),
        what="start",
    )


@router.post("/{assignment_id}/done")
async def finish_assignment(assignment_id: UUID, body: Step, caller: CallerDep) -> Assignment:
    """Finish a started visit."""
    return await command(
        caller,
        Assignment,
        lambda change: finish_visit(change, assignment_id, body.version, body.at),
        what="finish",
    )


def _cursor(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise BadInput(f"cursor {text!r} is not one of ours", pointer="/cursor") from error
