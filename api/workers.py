"""Workers and their skills."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.context import CallerDep, Paging, command, reading, tagged
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.people import NewWorker, NewWorkerSkill, Worker
from identity.rights import require
from resources import workers

router = APIRouter(prefix="/workers", tags=["workers"])


@router.get("")
async def list_workers(caller: CallerDep, paging: Paging) -> Page[Worker]:
    """List the workers with their skills of today."""
    require(caller.actor, "worker", "read")
    async with reading(caller, "workers") as connection:
        rows = await workers.view_workers(connection, **window(paging))
    return page(Worker, rows, paging)


@router.post("", status_code=201)
async def create_worker(body: NewWorker, caller: CallerDep) -> Worker:
    """Add a worker; the skills named hold from today on."""
    return await command(
        caller,
        Worker,
        lambda change: workers.add_worker(change, body.model_dump()),
        what="create worker",
    )


@router.get("/{worker_id}")
async def read_worker(worker_id: UUID, caller: CallerDep, response: Response) -> Worker:
    """Read one worker."""
    require(caller.actor, "worker", "read")
    async with reading(caller, "worker") as connection:
        row = await workers.view_worker(connection, worker_id)
    return tagged(response, Worker.model_validate(row))


@router.post("/{worker_id}/skills", status_code=201)
async def add_worker_skill(worker_id: UUID, body: NewWorkerSkill, caller: CallerDep) -> Worker:
    """Give a worker a skill for some time; renewing it is another call."""
    return await command(
        caller,
        Worker,
        lambda change: workers.add_skill(change, worker_id, body.model_dump()),
        what="add skill",
    )
