"""Projects."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.context import CallerDep, Paging, command, reading, tagged
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.work import NewProject, Project
from identity.reach import reach_of
from projects import projects

router = APIRouter(prefix="/projects", tags=["projects"])


@router.get("")
async def list_projects(caller: CallerDep, paging: Paging) -> Page[Project]:
    """List the projects within the caller's reach."""
    reach = reach_of(caller.actor, "project")
    async with reading(caller, "projects") as connection:
        rows = await projects.view_projects(connection, reach, **window(paging))
    return page(Project, rows, paging)


@router.post("", status_code=201)
async def create_project(body: NewProject, caller: CallerDep) -> Project:
    """Add a project; who has a scope answers for it from then on."""
    return await command(
        caller,
        Project,
        lambda change: projects.add_project(change, body.model_dump()),
        what="create project",
    )


@router.get("/{project_id}")
async def read_project(project_id: UUID, caller: CallerDep, response: Response) -> Project:
    """Read one project."""
    reach = reach_of(caller.actor, "project")
    async with reading(caller, "project") as connection:
        row = await projects.view_project(connection, project_id, reach)
    return tagged(response, Project.model_validate(row))
