"""Vehicles."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.context import CallerDep, IfMatch, Paging, command, reading, tagged
from api.listing import changes, page, window
from api.shapes.body import Page
from api.shapes.resources import NewVehicle, Vehicle, VehicleChange
from identity.rights import require
from resources import vehicles

router = APIRouter(prefix="/vehicles", tags=["vehicles"])


@router.get("")
async def list_vehicles(caller: CallerDep, paging: Paging) -> Page[Vehicle]:
    """List the vehicles."""
    require(caller.actor, "vehicle", "read")
    async with reading(caller, "vehicles") as connection:
        rows = await vehicles.view_vehicles(connection, **window(paging))
    return page(Vehicle, rows, paging)


@router.post("", status_code=201)
async def create_vehicle(body: NewVehicle, caller: CallerDep) -> Vehicle:
    """Add a vehicle."""
    return await command(
        caller,
        Vehicle,
        lambda change: vehicles.add_vehicle(change, body.model_dump()),
        what="create vehicle",
    )


@router.get("/{vehicle_id}")
async def read_vehicle(vehicle_id: UUID, caller: CallerDep, response: Response) -> Vehicle:
    """Read one vehicle."""
    require(caller.actor, "vehicle", "read")
    async with reading(caller, "vehicle") as connection:
        row = await vehicles.view_vehicle(connection, vehicle_id)
    return tagged(response, Vehicle.model_validate(row))


@router.patch("/{vehicle_id}")
async def change_vehicle(
    vehicle_id: UUID, body: VehicleChange, version: IfMatch, caller: CallerDep, response: Response
) -> Vehicle:
    """Change a vehicle's name, kind, speed on the road or capacity."""
    fields = changes(body)
    vehicle = await command(
        caller,
        Vehicle,
        lambda change: vehicles.change_vehicle(change, vehicle_id, version, fields),
        what="change vehicle",
    )
    return tagged(response, vehicle)
