"""A tenant with a van, a machine and an ingest to feed them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest_asyncio

from bench.trips.model import T0
from fieldops.leases import take_lease
from fieldops.model import Fix, new_id
from fieldops.process import Process
from fieldops.schema import tables
from fieldops.stream import read_batches
from fieldops.tenancy import Tenant
from geo.trips.role import TripFollower
from tests.feeding import Feeding, open_feeding
from tests.world import World

ALWAYS = {"tz": "Europe/Paris", "week": [[["00:00", "24:00"]]] * 7}


@dataclass(frozen=True, slots=True)
class Yard:
    """A tenant, its ingest, and a device in a vehicle."""

    world: World
    feeding: Feeding
    device: UUID
    vehicle: UUID

    async def tracker(self, kind: str = "van", **device: Any) -> "Yard":
        """Add a vehicle with a tracker in it, and look at that one."""
        vehicle = await self.world.insert(
            tables.vehicle, plate=new_id().hex[-12:], label="Fourgon 3", kind=kind
        )
        values = {"kind": "tracker", "purpose": "dispatch", "label": "Boîtier", **device}
        added = await self.world.insert(tables.device, name=new_id().hex[-12:], **values)
        await self.world.insert(
            tables.device_binding, device_id=added, vehicle_id=vehicle, valid_from=T0
        )
        return replace(self, device=added, vehicle=vehicle)

    async def put(self, fixes: Sequence[Fix], *, stream: bool = True) -> None:
        """Commit fixes of this device as one batch of ingest."""
        its = [msgspec.structs.replace(fix, device=self.device) for fix in fixes]
        await self.feeding.put(its, stream=stream)

    async def follower(self) -> TripFollower:
        """Take geo's lease as a fresh worker would."""
        await self.world.pool.execute("update lease set until = null where role = 'geo'")
        lease = await take_lease(self.world.pool, "geo", new_id().hex, 60)
        assert lease is not None
        place = await self.world.pool.fetchval("select batch from follower where name = 'trips'")
        return TripFollower(self.world.pool, lease, place or 0)

    async def catch_up(self, follower: TripFollower) -> None:
        upto = await self.world.pool.fetchval("select last_batch from lease where role = 'ingest'")
        for batch, fixes in await read_batches(self.world.pool, follower.batch, upto):
            follower.take(batch, fixes)
            await follower.derive_due(gather_s=0)

    async def trips(self) -> list[tuple[Any, ...]]:
        """Return what the rows say of this device's trips, but for their ids."""
        rows = await self.world.pool.fetch(
            "select started_at, ended_at, last_at, start_lon, start_lat, end_lon, end_lat, "
            "distance_m, unseen_m, halted_s from trip where device_id = $1 order by started_at",
            self.device,
        )
        return [tuple(row) for row in rows]

    async def stops(self) -> list[tuple[datetime, datetime | None, float, float]]:
        rows = await self.world.pool.fetch(
            "select started_at, ended_at, lon, lat from vehicle_stop "
            "where device_id = $1 order by started_at",
            self.device,
        )
        return [tuple(row) for row in rows]

    async def trip_ids(self) -> list[UUID]:
        rows = await self.world.pool.fetch(
            "select id from trip where device_id = $1 order by started_at", self.device
        )
        return [row["id"] for row in rows]

    async def events(self, noun: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the kinds and bodies of this vehicle's events of a noun."""
        rows = await self.world.pool.fetch(
            "select kind, body from event where kind like $1 and "
            "coalesce(body ->> 'vehicle', body ->> 'vehicle_id') = $2 order by position",
            f"{noun}.%",
            str(self.vehicle),
        )
        return [(row["kind"], row["body"]) for row in rows]


@pytest_asyncio.fixture(scope="module")
async def empty(process: Process, tenant: Tenant) -> Yard:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    feeding = await open_feeding(process, tenant, world.pool)
    return Yard(world, feeding, UUID(int=0), UUID(int=0))


@pytest_asyncio.fixture
async def yard(empty: Yard) -> Yard:
    """A van with a tracker nobody heard of yet."""
    return await empty.tracker()
