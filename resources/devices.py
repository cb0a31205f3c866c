"""Devices: trackers and phones, why each may be tracked, and its credentials at the broker.

Row and broker cannot commit together, so the order is chosen. Adding: the name is looked up under
a lock (a name that is taken never reaches the broker, which would overwrite its password), then
the broker gets the password, then the row is written and commits. A crash in between leaves a
broker user whose password nobody was told, and the retry overwrites it. Revoking: the access goes
first and the row after, so "revoked" is never said of a device that can still speak. Rows come
last for another reason: writing them holds up the tenant's ingest until the commit (the privacy
gate counts its version), and that must not wait for a broker.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from devices.broker import BrokerAdmin, DeviceUser
from devices.topics import DeviceName, device_name
from fieldops.database import Connection, sql
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import Purpose, new_id
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import device
from identity.commands import Change, TenantStore, execute
from identity.reach import only
from identity.rights import Actor, require
from resources.bindings import rebind, report_devices, subject_of

_FIELDS = ("name", "label", "kind", "purpose", "policy_id")
_PASSWORD_BYTES = 24
_COMMAND_MOST = 50


@dataclass(frozen=True, slots=True)
class PlainDevice:
    """A device to add among many: no policy, fixed to nothing."""

    name: str
    label: str
    kind: str
    purpose: Purpose


async def view_devices(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    names: Sequence[str] | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return devices with the fields of the api's Device, in order of id."""
    rows = await connection.fetch(sql("resources", "view_devices"), ids, names, after, limit)
    return [dict(row) for row in rows]


async def view_device(connection: Connection, device_id: UUID) -> dict[str, Any]:
    """Return one device; NotFound when there is none."""
    return only(await view_devices(connection, ids=[device_id]), device.name, device_id)


async def add_device(
    change: Change, broker: BrokerAdmin, values: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """Create a device and its credentials; return it and the password, which nobody keeps.

    Args:
        change: the open command.
        broker: connected as the broker's administrator.
        values: name, label, kind, purpose; perhaps id, policy_id, vehicle_id or worker_id.

    Raises:
        BadInput: no purpose, no such policy, vehicle or worker. Conflict: the name is taken.
        Unavailable: the broker does not answer; nothing was written.
    """
    require(change.actor, "device", "create")
    subject = subject_of(values)
    name = device_name(values["name"])
    if values.get("purpose") is None:
        raise BadInput("device: purpose is missing", pointer="/purpose")
    if await _known(change, [name]):
        raise Conflict("device: name is taken already", code="taken", object="device", field="name")
    passwords = await _issue(change, broker, [name])
    device_id = values.get("id") or new_id()
    fields = {field: values.get(field) for field in _FIELDS}
    await insert_row(
        change.connection, device, {"id": device_id, "created_by": change.actor.user_id, **fields}
    )
    change.audit("create", "device", device_id, fields)
    if subject:
        await rebind(change, device_id, subject)
    await report_devices(change, ids=[device_id])
    return await view_device(change.connection, device_id), passwords[name]


async def add_devices(
    change: Change,
    broker: BrokerAdmin | None,
    wanted: Sequence[PlainDevice],
    *,
    renew: bool = False,
) -> dict[str, str]:
    """Create many devices at once; return each new name's password.

    A name the tenant has already is left alone; with `renew` it gets a new password if it is
    active, for who replays a capture has lost the old one. Without a broker none gets a password:
    the tenant's gateway speaks for them.

    Raises:
        BadInput: a name is no device name. Unavailable: the broker does not answer.
    """
    require(change.actor, "device", "create")
    given = {device_name(each.name): each for each in wanted}
    known = {DeviceName(row["name"]): row for row in await _known(change, list(given))}
    fresh = {name: each for name, each in given.items() if name not in known}
    renewed = renew and broker is not None
    again = [name for name, row in known.items() if renewed and row["status"] == "active"]
    passwords = {} if broker is None else await _issue(change, broker, [*fresh, *again])
    ids = [new_id() for _ in fresh]
    await change.connection.execute(
        sql("resources", "add_devices"),
        ids,
        list(fresh),
        [each.label for each in fresh.values()],
        [each.kind for each in fresh.values()],
        [str(each.purpose) for each in fresh.values()],
        change.actor.user_id,
    )
    await report_devices(change, ids=ids)
    if fresh:
        change.audit("create_many", "device", None, {"names": sorted(fresh)})
    if again:
        change.audit("renew_credentials", "device", None, {"names": sorted(again)})
    return passwords


async def register_devices(
    store: TenantStore,
    actor: Actor,
    broker: BrokerAdmin | None,
    wanted: Sequence[PlainDevice],
    *,
    renew: bool = False,
    done: Callable[[int], None] = lambda _: None,
) -> dict[str, str]:
    """Create any number of devices, fifty a command; return passwords as `add_devices`.

    A broker that writes all its users after each one takes 10 to 100 ms a device: 1,420 of them
    would outlast a transaction. Interrupted, it is completed by asking again. `done` is told how
    many more are there.
    """
    passwords: dict[str, str] = {}
    for start in range(0, len(wanted), _COMMAND_MOST):
        some = wanted[start : start + _COMMAND_MOST]

        async def add(change: Change, some: Sequence[PlainDevice] = some) -> dict[str, str]:
            return await add_devices(change, broker, some, renew=renew)

        passwords |= await execute(store, actor, add, what="add devices")
        done(len(some))
    return passwords


async def renew_credentials(
    change: Change, broker: BrokerAdmin, device_id: UUID
) -> tuple[dict[str, Any], str]:
    """Give an active device a new password; the old one ends at once.

    Raises:
        NotFound: no such device. Conflict: it is revoked. Unavailable: the broker is down.
    """
    require(change.actor, "device", "create")
    row = await get_row(change.connection, device, device_id, lock=True)
    _check_active(device_id, row["status"])
    name = device_name(row["name"])
    change.audit("renew_credentials", "device", device_id)
    passwords = await _issue(change, broker, [name])
    return await view_device(change.connection, device_id), passwords[name]


async def revoke_device(change: Change, broker: BrokerAdmin, device_id: UUID) -> dict[str, Any]:
    """Take a device's access away for good; revoking it again only makes sure.

    Raises:
        NotFound: no such device. Unavailable: the broker does not answer; it is not revoked.
    """
    require(change.actor, "device", "update")
    row = await get_row(change.connection, device, device_id, lock=True)
    await broker.remove_device(change.actor.tenant, device_name(row["name"]))
    if row["status"] == "active":
        await rebind(change, device_id, {})
        await update_row(change.connection, device, device_id, None, {"status": "revoked"})
        change.audit("revoke", "device", device_id)
        gone = {name: row[name] for name in ("id", "label", "kind")}
        nothing = dict.fromkeys(("vehicle_id", "worker_id", "crew_id"))
        change.event("device.changed", {**gone, **nothing})
    return await view_device(change.connection, device_id)


async def bind_device(change: Change, device_id: UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fix a device to a `vehicle_id` or a `worker_id`, or to neither, from now on.

    Raises:
        NotFound: no such device. BadInput: both, or no such vehicle or worker.
        Conflict: it is revoked.
    """
    require(change.actor, "device", "update")
    subject = subject_of(values)
    row = await get_row(change.connection, device, device_id, lock=True)
    _check_active(device_id, row["status"])
    before = await view_device(change.connection, device_id)
    if subject_of(before) != subject:
        await rebind(change, device_id, subject)
        await report_devices(change, ids=[device_id])
    return await view_device(change.connection, device_id)


async def find_device(connection: Connection, name: str) -> dict[str, Any]:
    """Return the device of this name.

    Raises:
        BadInput: the tenant has none.
    """
    rows = await view_devices(connection, names=[name])
    if not rows:
        raise BadInput(f"device {name!r} does not exist", pointer="/name")
    return rows[0]


def _check_active(device_id: UUID, status: str) -> None:
    if status != "active":
        raise Conflict(f"device {device_id} is {status}", code="device_revoked")


async def _known(change: Change, names: Sequence[DeviceName]) -> list[dict[str, Any]]:
    """Return the devices of these names; no other command adds any until this one ends."""
    await change.connection.execute(sql("resources", "lock_devices"))
    return await view_devices(change.connection, names=names)


async def _issue(
    change: Change, broker: BrokerAdmin, names: Sequence[DeviceName]
) -> dict[str, str]:
    """Let each device in under a fresh password."""
    passwords = {str(name): secrets.token_urlsafe(_PASSWORD_BYTES) for name in names}
    users = [DeviceUser(change.actor.tenant, name, passwords[name]) for name in names]
    try:
        await broker.add_devices(users)
    except NotFound:  # the first device of a new broker: its shared roles are not there yet
        await broker.prepare()
        await broker.add_devices(users)
    return passwords
