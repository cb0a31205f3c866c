"""Tasks: what is to be done; who does it is dispatch's."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import changes, page, window
from api.shapes.body import Page
from api.shapes.work import NewTask, Task, TaskChange
from fieldops.model import TaskState
from identity.reach import reach_of
from projects import tasks

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get("")
async def list_tasks(
    caller: CallerDep,
    paging: Paging,
    state: Annotated[TaskState | None, Query()] = None,
    site_id: Annotated[UUID | None, Query()] = None,
    only_open: Annotated[
        bool, Query(alias="open", description="neither done nor cancelled")
    ] = False,
) -> Page[Task]:
    """List the tasks within the caller's reach; to a crew, those it was ever given."""
    reach = reach_of(caller.actor, "task")
    async with reading(caller, "tasks") as connection:
        rows = await tasks.view_tasks(
            connection,
            reach,
            state=state,
            site_id=site_id,
            open_only=only_open,
            **window(paging),
        )
    return page(Task, rows, paging)


@router.post("", status_code=201)
async def create_task(body: NewTask, caller: CallerDep) -> Task:
    """Add a task, ready to be planned; without a point of its own it is at its site's fence."""
    return await command(
        caller, Task, lambda change: tasks.add_task(change, body.model_dump()), what="create task"
    )


@router.get("/{task_id}")
async def read_task(task_id: UUID, caller: CallerDep, response: Response) -> Task:
    """Read one task."""
    reach = reach_of(caller.actor, "task")
    async with reading(caller, "task") as connection:
        row = await tasks.view_task(connection, task_id, reach)
    return tagged(response, Task.model_validate(row))


@router.patch("/{task_id}")
async def change_task(
    task_id: UUID, body: TaskChange, version: IfMatch, caller: CallerDep, response: Response
) -> Task:
    """Change what a task asks for."""
    fields = changes(body)
    task = await command(
        caller,
        Task,
        lambda change: tasks.change_task(change, task_id, version, fields),
        what="change task",
    )
    return tagged(response, task)


@router.post("/{task_id}/cancel")
async def cancel_task(task_id: UUID, caller: CallerDep) -> Task:
    """Cancel a task nobody has begun; its crew is told."""
    return await command(
        caller, Task, lambda change: tasks.cancel_task(change, task_id), what="cancel task"
    )
