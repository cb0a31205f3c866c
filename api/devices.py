"""Devices: their rows, what they are fixed to, and their way into the broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.context import Caller, CallerDep, Paging, command, reading, tagged
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.resources import Device, DeviceCredentials, NewBinding, NewDevice
from devices.broker import BrokerAdmin, broker_admin
from devices.endpoint import endpoint
from devices.topics import broker_user, device_client_id, device_name
from identity.commands import Change
from identity.rights import require
from resources import devices

router = APIRouter(prefix="/devices", tags=["devices"])


@router.get("")
async def list_devices(caller: CallerDep, paging: Paging) -> Page[Device]:
    """List the devices with what each is fixed to now."""
    require(caller.actor, "device", "read")
    async with reading(caller, "devices") as connection:
        rows = await devices.view_devices(connection, **window(paging))
    return page(Device, rows, paging)


@router.post("", status_code=201)
async def create_device(body: NewDevice, caller: CallerDep) -> DeviceCredentials:
    """Add a device and say its password, once: nobody keeps it.

    Repeated with the same Idempotency-Key it is the same device with a new password.
    """
    require(caller.actor, "device", "create")
    passwords: list[str] = []
    async with _broker(caller) as broker:

        async def add(change: Change) -> dict[str, Any]:
            view, password = await devices.add_device(change, broker, body.model_dump())
            passwords.append(password)
            return view

        device = await command(caller, Device, add, what="create device")
        if not passwords:
            device = await _renewed(caller, broker, device.id, passwords)
    return _credentials(caller, device, passwords[-1])


@router.get("/{device_id}")
async def read_device(device_id: UUID, caller: CallerDep, response: Response) -> Device:
    """Read one device."""
    require(caller.actor, "device", "read")
    async with reading(caller, "device") as connection:
        row = await devices.view_device(connection, device_id)
    return tagged(response, Device.model_validate(row))


@router.post("/{device_id}/revoke")
async def revoke_device(device_id: UUID, caller: CallerDep) -> Device:
    """Take the device's access away, for good and at once."""
    require(caller.actor, "device", "update")
    async with _broker(caller) as broker:
        return await command(
            caller,
            Device,
            lambda change: devices.revoke_device(change, broker, device_id),
            what="revoke device",
        )


@router.post("/{device_id}/binding")
async def bind_device(device_id: UUID, body: NewBinding, caller: CallerDep) -> Device:
    """Fix the device to a vehicle or a worker from now on, or to nothing."""
    return await command(
        caller,
        Device,
        lambda change: devices.bind_device(change, device_id, body.model_dump()),
        what="bind device",
    )


@asynccontextmanager
async def _broker(caller: Caller) -> AsyncIterator[BrokerAdmin]:
    async with broker_admin(endpoint(caller.process.urls.mqtt_admin)) as broker:
        yield broker


async def _renewed(
    caller: Caller, broker: BrokerAdmin, device_id: UUID, passwords: list[str]
) -> Device:
    """Answer a repeated creation: passwords are not stored, so it takes another."""

    async def renew(change: Change) -> dict[str, Any]:
        view, password = await devices.renew_credentials(change, broker, device_id)
        passwords.append(password)
        return view

    return await command(replace(caller, idempotency=None), Device, renew, what="renew credentials")


def _credentials(caller: Caller, device: Device, password: str) -> DeviceCredentials:
    where = endpoint(caller.process.urls.mqtt_admin)
    name = device_name(device.name)
    return DeviceCredentials(
        device=device,
        mqtt_host=caller.process.settings.mqtt_public_host or where.host,
        mqtt_port=where.port,
        client_id=device_client_id(caller.tenant.slug, name),
        username=broker_user(caller.tenant.slug, name),
        password=password,
    )
