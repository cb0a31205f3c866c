"""Devices: a row, a way into the real broker, and what each is fixed to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import mqtt5
import pytest
import pytest_asyncio

from api.shapes.live import LiveDevice
from api.shapes.resources import Device
from devices.broker import BrokerAdmin, broker_admin
from devices.endpoint import endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import DeviceName, broker_user, device_client_id
from fieldops.errors import BadInput, Conflict, Unauthenticated, Unavailable
from fieldops.events import read_events
from fieldops.model import Profile, Purpose, new_id
from fieldops.process import Process
from fieldops.schema import tables
from identity.commands import execute
from resources.bindings import view_live_devices
from resources.devices import (
    PlainDevice,
    add_device,
    bind_device,
    register_devices,
    renew_credentials,
    revoke_device,
    view_device,
)
from tests.world import World

pytestmark = pytest.mark.services


@pytest_asyncio.fixture(scope="module")
async def broker(process: Process) -> AsyncIterator[BrokerAdmin]:
    async with broker_admin(endpoint(process.urls.mqtt_admin)) as admin:
        yield admin


@pytest_asyncio.fixture(scope="module", autouse=True)
async def _leave_no_device(world: World, broker: BrokerAdmin) -> AsyncIterator[None]:
    yield
    await broker.drop_tenant(world.tenant.slug)


def _ignore(_connection: Connection, _batch: list[mqtt5.PublishPacket]) -> None:
    pass


async def sign_in(world: World, name: str, password: str) -> None:
    """Connect as the device and leave; Unauthenticated when the broker refuses."""
    tenant, device = world.tenant.slug, DeviceName(name)
    where = endpoint(world.process.urls.mqtt_admin)
    me = replace(where, username=broker_user(tenant, device), password=password)
    connection = await connect(me, Session(device_client_id(tenant, device)), _ignore)
    await connection.close()


async def add(world: World, broker: BrokerAdmin, **more: Any) -> tuple[dict[str, Any], str]:
    values = {
        "name": f"d-{new_id().hex[-8:]}",
        "label": "Boîtier",
        "kind": "tracker",
        "purpose": Purpose.DISPATCH,
        **more,
    }
    return await execute(
        world.store, world.actor(), lambda c: add_device(c, broker, values), what="test"
    )


async def test_a_new_device_signs_in_with_its_password_and_no_other(
    world: World, broker: BrokerAdmin
) -> None:
    view, password = await add(world, broker)

    await sign_in(world, view["name"], password)
    with pytest.raises(Unauthenticated):
        await sign_in(world, view["name"], password + "x")
    assert set(view) == set(Device.model_fields)
    audited = await world.pool.fetchval("select string_agg(body::text, '') from audit")
    assert password not in audited


async def test_a_device_has_a_purpose(world: World, broker: BrokerAdmin) -> None:
    with pytest.raises(BadInput) as refused:
        await add(world, broker, purpose=None)

    assert refused.value.problems[0].pointer == "/purpose"


async def test_a_name_that_is_taken_leaves_the_other_devices_password_alone(
    world: World, broker: BrokerAdmin
) -> None:
    view, password = await add(world, broker)

    with pytest.raises(Conflict):
        await add(world, broker, name=view["name"])

    await sign_in(world, view["name"], password)


async def test_a_creation_that_fails_after_the_broker_can_be_repeated(
    world: World, broker: BrokerAdmin
) -> None:
    name = f"d-{new_id().hex[-8:]}"
    with pytest.raises(BadInput) as refused:
        await add(world, broker, name=name, policy_id=new_id())

    _, password = await add(world, broker, name=name)

    assert refused.value.problems[0].pointer == "/policy_id"
    await sign_in(world, name, password)


async def test_a_broker_that_is_gone_means_no_device(world: World, process: Process) -> None:
    name = f"d-{new_id().hex[-8:]}"
    async with broker_admin(endpoint(process.urls.mqtt_admin)) as gone:
        pass

    with pytest.raises(Unavailable):
        await add(world, gone, name=name)

    assert await world.pool.fetchval("select count(*) from device where name = $1", name) == 0


async def test_a_revoked_device_is_refused_for_good_and_twice_is_once(
    world: World, broker: BrokerAdmin
) -> None:
    view, password = await add(world, broker, worker_id=await world.worker())

    async def revoke() -> dict[str, Any]:
        return await execute(
            world.store,
            world.actor(),
            lambda c: revoke_device(c, broker, view["id"]),
            what="test",
        )

    revoked = await revoke()

    assert (revoked["status"], revoked["worker_id"]) == ("revoked", None)
    assert await revoke() == revoked
    with pytest.raises(Unauthenticated):
        await sign_in(world, view["name"], password)
    with pytest.raises(Conflict):
        await execute(
            world.store,
            world.actor(),
            lambda c: renew_credentials(c, broker, view["id"]),
            what="test",
        )
    event = (await read_events(world.pool, 0))[-1]
    assert (event.kind, event.body["id"]) == ("device.changed", str(view["id"]))
    LiveDevice.model_validate(event.body)


async def test_renewed_credentials_end_the_old_ones(world: World, broker: BrokerAdmin) -> None:
    view, old = await add(world, broker)

    _, new = await execute(
        world.store,
        world.actor(),
        lambda c: renew_credentials(c, broker, view["id"]),
        what="test",
    )

    await sign_in(world, view["name"], new)
    with pytest.raises(Unauthenticated):
        await sign_in(world, view["name"], old)


async def test_many_devices_come_at_once_and_a_second_time_only_renews(
    world: World, broker: BrokerAdmin
) -> None:
    wanted = [
        PlainDevice(f"hfp-{i}", f"HFP {i}", "tracker", Purpose.VEHICLE_RULES) for i in range(55)
    ]

    told: list[int] = []

    async def many(renew: bool) -> dict[str, str]:
        return await register_devices(
            world.store, world.actor(Profile.ADMIN), broker, wanted, renew=renew, done=told.append
        )

    first = await many(False)

    assert (len(first), told) == (55, [50, 5])
    assert await many(False) == {}
    again = await many(True)
    assert again.keys() == first.keys()
    await sign_in(world, "hfp-7", again["hfp-7"])
    with pytest.raises(Unauthenticated):
        await sign_in(world, "hfp-7", first["hfp-7"])
    rows = "select count(*) from device where purpose = 'vehicle_rules' and name like 'hfp-%'"
    assert await world.pool.fetchval(rows) == 55


async def bind(world: World, device: UUID, **values: Any) -> dict[str, Any]:
    return await execute(
        world.store, world.actor(), lambda c: bind_device(c, device, values), what="test"
    )


async def test_a_device_moved_to_another_vehicle_keeps_its_past(
    world: World, broker: BrokerAdmin
) -> None:
    van = await world.insert(tables.vehicle, plate=new_id().hex[-7:], label="Fourgon")
    crew, worker = await world.crew("boîtier")
    await world.pool.execute("update crew set vehicle_id = $1 where id = $2", van, crew)
    view, _ = await add(world, broker, worker_id=worker)

    moved = await bind(world, view["id"], vehicle_id=van)
    same = await bind(world, view["id"], vehicle_id=van)
    loose = await bind(world, view["id"])

    assert (moved["vehicle_id"], moved["worker_id"]) == (van, None)
    assert same == moved
    assert (loose["vehicle_id"], loose["worker_id"]) == (None, None)
    rows = await world.pool.fetch(
        "select worker_id, vehicle_id, valid_from, valid_until from device_binding "
        "where device_id = $1 order by valid_from",
        view["id"],
    )
    assert [(r["worker_id"], r["vehicle_id"]) for r in rows] == [(worker, None), (None, van)]
    assert rows[0]["valid_until"] == rows[1]["valid_from"]
    told = [
        e
        for e in await read_events(world.pool, 0)
        if e.kind == "device.changed" and e.body["id"] == str(view["id"])
    ]
    assert [e.crews for e in told] == [(crew,), (crew,), ()]


async def test_a_device_is_fixed_to_one_thing_that_exists(
    world: World, broker: BrokerAdmin
) -> None:
    view, _ = await add(world, broker)

    with pytest.raises(BadInput) as both:
        await bind(world, view["id"], vehicle_id=new_id(), worker_id=new_id())
    with pytest.raises(BadInput) as absent:
        await bind(world, view["id"], vehicle_id=new_id())

    assert both.value.problems[0].pointer == "/worker_id"
    assert absent.value.problems[0].pointer == "/vehicle_id"
    async with world.pool.acquire() as connection:
        assert (await view_device(connection, view["id"]))["vehicle_id"] is None


async def test_the_map_knows_whose_crew_a_device_is(world: World, broker: BrokerAdmin) -> None:
    crew, worker = await world.crew("carte")
    view, _ = await add(world, broker, kind="phone", worker_id=worker)

    async with world.pool.acquire() as connection:
        rows = await view_live_devices(connection, ids=[view["id"]])

    assert LiveDevice.model_validate(rows[0]).crew_id == crew
