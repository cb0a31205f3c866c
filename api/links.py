"""Links between tasks: in order, or two crews at once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import CallerDep, Paging, command, reading
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.work import NewTaskLink, TaskLink
from identity.reach import reach_of
from projects import links

router = APIRouter(prefix="/task-links", tags=["tasks"])


@router.get("")
async def list_task_links(
    caller: CallerDep, paging: Paging, task_id: Annotated[UUID | None, Query()] = None
) -> Page[TaskLink]:
    """List the links with an end within the caller's reach."""
    reach = reach_of(caller.actor, "task", "update")
    async with reading(caller, "links") as connection:
        rows = await links.view_links(connection, reach, task_id=task_id, **window(paging))
    return page(TaskLink, rows, paging)


@router.post("", status_code=201)
async def create_task_link(body: NewTaskLink, caller: CallerDep) -> TaskLink:
    """Link two tasks; a link that closes a circle is refused."""
    return await command(
        caller,
        TaskLink,
        lambda change: links.add_link(change, body.model_dump()),
        what="create link",
    )


@router.delete("/{link_id}")
async def delete_task_link(link_id: UUID, caller: CallerDep) -> TaskLink:
    """Take a link away; the answer is the link as it was."""
    return await command(
        caller, TaskLink, lambda change: links.remove_link(change, link_id), what="delete link"
    )
