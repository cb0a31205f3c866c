"""Which devices a tenant has: from the name in a topic to the device's row.

A registry is a picture of one moment, loaded whole (a row is some 100 bytes) and never refreshed
by itself: any change of a device counts `privacy_version` up in the same transaction, so whoever
compares that number inside his own transaction knows whether his picture still holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from devices.topics import DeviceName
from fieldops.database import Connection, sql

DEVICES_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Registered:
    """A device as the tenant knows it."""

    id: UUID
    name: DeviceName
    kind: str
    active: bool


@dataclass(frozen=True, slots=True)
class Registry:
    """The tenant's devices by name, and their names by id."""

    by_name: Mapping[str, Registered]
    names: Mapping[UUID, DeviceName]

    def find(self, name: str) -> Registered | None:
        """Return the device of this name, None when the tenant has no such device."""
        return self.by_name.get(name)


async def load_registry(connection: Connection) -> Registry:
    """Read the tenant's devices, the oldest 200,000 if there were ever more."""
    rows = await connection.fetch(sql("devices", "read_registry"), DEVICES_MOST)
    devices = [
        Registered(r["id"], DeviceName(r["name"]), r["kind"], r["status"] == "active") for r in rows
    ]
    return Registry({d.name: d for d in devices}, {d.id: d.name for d in devices})
