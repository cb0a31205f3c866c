"""Versions of the plan: what would follow, drafts and proposals, what changed, and going back."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import (
    Caller,
    CallerDep,
    IfMatch,
    PageQuery,
    Paging,
    command,
    known_roads,
    reading,
    tagged,
)
from api.listing import page, window
from api.shapes import planning as shapes
from api.shapes.body import Page
from dispatch.versions import drafts, history, whatif
from dispatch.versions.arrangement import Move
from dispatch.versions.putting import Offers, offers_of
from dispatch.versions.revert import revert_to
from fieldops.errors import BadInput, NotFound
from identity.reach import reach_of
from identity.rights import require
from projects.tasks import view_tasks

router = APIRouter(prefix="/plan", tags=["plan"])


@router.post("/what-if")
async def ask_what_if(body: shapes.Asked, caller: CallerDep) -> shapes.WhatIf:
    """Say what would follow from some moves: feasible, at what cost, and whose times shift.

    Nothing is written.
    """
    reach = reach_of(caller.actor, "assignment", "create")
    wanted = {move.task_id for move in body.moves}
    roads = await known_roads(caller)
    async with reading(caller, "what-if") as connection:
        seen = {row["id"] for row in await view_tasks(connection, reach, ids=list(wanted))}
        for task_id in wanted - seen:
            raise NotFound(f"task {task_id} does not exist", object="task")
        answer = await whatif.what_if(connection, _moves(body.moves), roads)
    return shapes.WhatIf.model_validate(whatif.shown(answer))


@router.get("/versions")
async def list_plan_versions(caller: CallerDep, paging: Paging) -> Page[shapes.PlanVersion]:
    """List the published versions, newest first: who, what for, what it saved."""
    require(caller.actor, "plan", "read")
    async with reading(caller, "plan versions") as connection:
        rows = await history.view_versions(
            connection, below=_version(paging), most=paging.limit + 1
        )
    items = [shapes.PlanVersion.model_validate(row) for row in rows[: paging.limit]]
    more = len(rows) > paging.limit
    return Page(items=items, next=str(items[-1].version) if more else None)


@router.get("/versions/{version}")
async def read_plan_version(version: int, caller: CallerDep) -> shapes.PlanVersionDetail:
    """Read one version with what it changed and why."""
    require(caller.actor, "plan", "read")
    async with reading(caller, "plan version") as connection:
        row = await history.view_version(connection, version)
    return shapes.PlanVersionDetail.model_validate(row)


@router.get("/diff")
async def compare_plan_versions(
    caller: CallerDep,
    old: Annotated[int, Query(alias="from", ge=0)],
    new: Annotated[int, Query(alias="to", ge=0)],
) -> shapes.PlanDiff:
    """Say what changed hands from one version to another, either way round."""
    require(caller.actor, "plan", "read")
    async with reading(caller, "plan diff") as connection:
        return shapes.PlanDiff.model_validate(await history.compare(connection, old, new))


@router.post("/revert")
async def revert_plan(body: shapes.Revert, caller: CallerDep) -> shapes.Reverted:
    """Give un-started work back to who had it at an older version, as a new one."""
    offers, roads = await _offers(caller), await known_roads(caller)
    return await command(
        caller,
        shapes.Reverted,
        lambda change: revert_to(change, body.to_version, offers, roads, dry_run=body.dry_run),
        what="revert",
    )


@router.get("/drafts")
async def list_plan_drafts(
    caller: CallerDep,
    paging: Paging,
    kind: Annotated[Literal["draft", "proposal"] | None, Query()] = None,
    state: Annotated[Literal["open", "published", "rejected", "stale"] | None, Query()] = None,
) -> Page[shapes.PlanDraft]:
    """List drafts of people and proposals of the machine."""
    require(caller.actor, "plan", "read")
    async with reading(caller, "plan drafts") as connection:
        rows = await drafts.view_drafts(connection, kind=kind, state=state, **window(paging))
    return page(shapes.PlanDraft, rows, paging)


@router.post("/drafts", status_code=201)
async def create_plan_draft(body: shapes.NewPlanDraft, caller: CallerDep) -> shapes.PlanDraft:
    """Keep moves for later, with what they would change; the live plan stays."""
    roads = await known_roads(caller)
    return await command(
        caller,
        shapes.PlanDraft,
        lambda change: drafts.add_draft(
            change, _moves(body.moves), roads, title=body.title, draft_id=body.id
        ),
        what="create draft",
    )


@router.get("/drafts/{draft_id}")
async def read_plan_draft(
    draft_id: UUID, caller: CallerDep, response: Response
) -> shapes.PlanDraft:
    """Read one draft or proposal."""
    require(caller.actor, "plan", "read")
    async with reading(caller, "plan draft") as connection:
        row = await drafts.view_draft(connection, draft_id)
    return tagged(response, shapes.PlanDraft.model_validate(row))


@router.patch("/drafts/{draft_id}")
async def change_plan_draft(
    draft_id: UUID,
    body: shapes.PlanDraftChange,
    version: IfMatch,
    caller: CallerDep,
    response: Response,
) -> shapes.PlanDraft:
    """Change an open draft; it is judged again on the plan of now."""
    moves = None if body.moves is None else _moves(body.moves)
    roads = await known_roads(caller)
    row = await command(
        caller,
        shapes.PlanDraft,
        lambda change: drafts.change_draft(
            change, draft_id, version, roads, moves=moves, title=body.title
        ),
        what="change draft",
    )
    return tagged(response, row)


@router.post("/drafts/{draft_id}/publish")
async def publish_plan_draft(
    draft_id: UUID,
    body: shapes.PublishDraft,
    version: IfMatch,
    caller: CallerDep,
    response: Response,
) -> shapes.PlanDraft:
    """Make a draft the plan, or accept a proposal; judged again against this instant's facts.

    412 `plan_moved_on` when a task has changed hands since; 409 `not_feasible` with the rules and
    reasons, unless forced.
    """
    offers, roads = await _offers(caller), await known_roads(caller)
    row = await command(
        caller,
        shapes.PlanDraft,
        lambda change: drafts.publish_draft(
            change, draft_id, version, offers, roads, force=body.force
        ),
        what="publish draft",
    )
    return tagged(response, row)


@router.post("/drafts/{draft_id}/reject")
async def reject_plan_draft(
    draft_id: UUID, version: IfMatch, caller: CallerDep, response: Response
) -> shapes.PlanDraft:
    """Put a draft or a proposal aside."""
    row = await command(
        caller,
        shapes.PlanDraft,
        lambda change: drafts.reject_draft(change, draft_id, version),
        what="reject draft",
    )
    return tagged(response, row)


def _moves(moves: list[shapes.Move]) -> list[Move]:
    return [Move(m.task_id, m.crew_id, m.position, m.pinned) for m in moves]


async def _offers(caller: Caller) -> Offers:
    async with reading(caller, "dispatch settings") as connection:
        return await offers_of(connection, caller.process.settings)


def _version(paging: PageQuery) -> int | None:
    text = paging.cursor
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput(f"cursor {text!r} is not one of ours", pointer="/cursor")
    return int(text)
