"""Crews and their members."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import changes, page, window
from api.shapes.body import Page
from api.shapes.resources import Crew, CrewChange, NewCrew, NewMember
from identity.reach import reach_of
from resources import crews, members

router = APIRouter(prefix="/crews", tags=["crews"])


@router.get("")
async def list_crews(caller: CallerDep, paging: Paging) -> Page[Crew]:
    """List the crews as they are now; to a crew member, his own."""
    reach = reach_of(caller.actor, "crew")
    async with reading(caller, "crews") as connection:
        rows = await crews.view_crews(connection, reach, **window(paging))
    return page(Crew, rows, paging)


@router.post("", status_code=201)
async def create_crew(body: NewCrew, caller: CallerDep) -> Crew:
    """Add a crew; its members leave the crews they are in."""
    return await command(
        caller, Crew, lambda change: members.add_crew(change, body.model_dump()), what="create crew"
    )


@router.get("/{crew_id}")
async def read_crew(crew_id: UUID, caller: CallerDep, response: Response) -> Crew:
    """Read one crew as it is now."""
    reach = reach_of(caller.actor, "crew")
    async with reading(caller, "crew") as connection:
        row = await crews.view_crew(connection, crew_id, reach)
    return tagged(response, Crew.model_validate(row))


@router.patch("/{crew_id}")
async def change_crew(
    crew_id: UUID, body: CrewChange, version: IfMatch, caller: CallerDep, response: Response
) -> Crew:
    """Change a crew's name, lead, vehicle or depot."""
    fields = changes(body)
    crew = await command(
        caller,
        Crew,
        lambda change: crews.change_crew(change, crew_id, version, fields),
        what="change crew",
    )
    return tagged(response, crew)


@router.post("/{crew_id}/members", status_code=201)
async def add_crew_member(crew_id: UUID, body: NewMember, caller: CallerDep) -> Crew:
    """Put a worker into the crew, for good or for a while; he leaves the one he is in."""
    return await command(
        caller,
        Crew,
        lambda change: members.add_member(change, crew_id, body.model_dump()),
        what="add member",
    )


@router.delete("/{crew_id}/members/{worker_id}")
async def remove_crew_member(crew_id: UUID, worker_id: UUID, caller: CallerDep) -> Crew:
    """End a worker's membership now; that he was in the crew stays known."""
    return await command(
        caller,
        Crew,
        lambda change: members.remove_member(change, crew_id, worker_id),
        what="remove member",
    )
