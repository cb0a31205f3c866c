import asyncio
from dataclasses import replace

import pytest

from devices.broker import BrokerAdmin, broker_admin
from devices.endpoint import Endpoint
from devices.mqtt import Session, connect
from devices.topics import (
    DeviceName,
    broker_user,
    device_client_id,
    down_topics,
    ingest_client_id,
    up_topics,
)
from fieldops.errors import Forbidden, Unauthenticated, Unavailable
from fieldops.model import TenantSlug
from tests.devices.radio import WAIT_S, Ear, Fleet, connected, refused, unique

pytestmark = pytest.mark.services


async def test_a_device_writes_all_its_topics_and_ingest_hears_them(
    fleet: Fleet, ingest: Endpoint
) -> None:
    ear = Ear()
    topics = up_topics(fleet.tenant, fleet.van)
    async with (
        connected(ingest, ear=ear) as hearing,
        connected(fleet.as_device(fleet.van), fleet.session(fleet.van)) as van,
    ):
        await hearing.subscribe(up_topics(fleet.tenant, DeviceName("+")))

        for topic in topics:
            await van.publish(topic, b"{}")

        assert [packet.topic for packet in await ear.next(len(topics))] == list(topics)


async def test_a_device_reads_what_is_sent_to_it(fleet: Fleet, ingest: Endpoint) -> None:
    ear = Ear()
    topics = down_topics(fleet.tenant, fleet.van)
    async with (
        connected(fleet.as_device(fleet.van), fleet.session(fleet.van), ear) as van,
        connected(ingest) as server,
    ):
        await van.subscribe(topics)

        for topic in topics:
            await server.publish(topic, b"{}")

        assert [packet.topic for packet in await ear.next(len(topics))] == list(topics)


async def test_a_device_writes_nothing_else(fleet: Fleet) -> None:
    foreign = TenantSlug(f"{fleet.tenant}-x")
    topics = [
        *up_topics(fleet.tenant, fleet.other),
        *up_topics(foreign, fleet.van),
        *down_topics(fleet.tenant, fleet.van),
        f"t/{fleet.tenant}/d/{fleet.van}/pos/more",
        f"t/{fleet.tenant}/d/{fleet.van}",
        f"t/{fleet.tenant}",
        "anything",
        "$CONTROL/dynamic-security/v1",
    ]
    where, session = fleet.as_device(fleet.van), fleet.session(fleet.van)

    assert [topic for topic in topics if not await refused(where, session, topic)] == []


async def test_a_device_reads_nothing_else(fleet: Fleet) -> None:
    filters = [
        *down_topics(fleet.tenant, fleet.other),
        *up_topics(fleet.tenant, fleet.other),
        f"t/{fleet.tenant}/d/+/ack",
        f"t/{fleet.tenant}/#",
        f"owntracks/{fleet.tenant}/#",
        "t/#",
        "#",
        "+/+/+/+/+",
        "$share/x/t/#",
        "$SYS/#",
        "$CONTROL/#",
    ]
    async with connected(fleet.as_device(fleet.van), fleet.session(fleet.van)) as van:
        for pattern in filters:
            with pytest.raises(Forbidden):
                await van.subscribe([pattern])


async def test_a_device_cannot_take_the_session_of_ingest(fleet: Fleet) -> None:
    with pytest.raises(Unauthenticated):
        await connect(
            fleet.as_device(fleet.van), Session(ingest_client_id(fleet.tenant)), Ear().hear
        )


async def test_a_password_opens_its_own_device_only(fleet: Fleet, admin: BrokerAdmin) -> None:
    await admin.add_device(fleet.tenant, fleet.other, "another-password")

    with pytest.raises(Unauthenticated):
        await connect(fleet.as_device(fleet.other), fleet.session(fleet.other), Ear().hear)


async def test_adding_twice_changes_the_password_and_nothing_else(
    fleet: Fleet, admin: BrokerAdmin
) -> None:
    before = await admin.users_of(fleet.tenant)

    await admin.add_device(fleet.tenant, fleet.van, "second")

    assert sorted(await admin.users_of(fleet.tenant)) == sorted(before)
    async with connected(
        replace(fleet.as_device(fleet.van), password="second"), fleet.session(fleet.van)
    ) as van:
        await van.publish(up_topics(fleet.tenant, fleet.van)[0], b"{}")


async def test_a_removed_device_is_disconnected_and_stays_out(
    fleet: Fleet, admin: BrokerAdmin
) -> None:
    where, session = fleet.as_device(fleet.van), fleet.session(fleet.van)
    async with connected(where, session) as van:
        await admin.remove_device(fleet.tenant, fleet.van)
        await admin.remove_device(fleet.tenant, fleet.van)

        with pytest.raises(Unavailable):
            async with asyncio.timeout(WAIT_S):
                await van.lost()
    with pytest.raises(Unauthenticated):
        await connect(where, session, Ear().hear)


async def test_a_suspended_tenant_is_out_until_it_is_let_in_again(
    fleet: Fleet, admin: BrokerAdmin
) -> None:
    where, session = fleet.as_device(fleet.van), fleet.session(fleet.van)
    async with connected(where, session) as van:
        await admin.set_enabled(fleet.tenant, False)
        with pytest.raises(Unavailable):
            async with asyncio.timeout(WAIT_S):
                await van.lost()
    with pytest.raises(Unauthenticated):
        await connect(where, session, Ear().hear)

    await admin.set_enabled(fleet.tenant, True)

    async with connected(where, session) as van:
        await van.publish(up_topics(fleet.tenant, fleet.van)[0], b"{}")


async def test_dropping_a_tenant_leaves_its_namesake_alone(
    fleet: Fleet, admin: BrokerAdmin
) -> None:
    namesake = TenantSlug(f"{fleet.tenant}-x")
    await admin.add_device(namesake, fleet.van, "secret")

    await admin.drop_tenant(fleet.tenant)

    assert await admin.users_of(fleet.tenant) == []
    assert await admin.users_of(namesake) == [broker_user(namesake, fleet.van)]
    await admin.drop_tenant(namesake)


async def test_dropping_a_tenant_again_finishes_what_was_interrupted(
    fleet: Fleet, admin: BrokerAdmin
) -> None:
    name = broker_user(fleet.tenant, fleet.van)
    await admin._all([{"command": "deleteClient", "username": name}])

    await admin.drop_tenant(fleet.tenant)

    roles = await admin._ask({"command": "listRoles", "verbose": False, "count": -1})
    assert [role for role in roles["roles"] if role.startswith(f"{fleet.tenant}.")] == []


async def test_preparing_again_disconnects_nobody(
    fleet: Fleet, admin: BrokerAdmin, ingest: Endpoint
) -> None:
    async with (
        connected(ingest) as serving,
        connected(fleet.as_device(fleet.van), fleet.session(fleet.van)) as van,
    ):
        await admin.ensure_service_user(ingest.username or "", ingest.password or "")

        await serving.publish(f"t/{fleet.tenant}/d/{fleet.van}/ack", b"{}")
        await van.publish(up_topics(fleet.tenant, fleet.van)[0], b"{}")


async def test_a_gateway_with_a_new_password_is_let_in_by_that_one(
    fleet: Fleet, admin: BrokerAdmin, ingest: Endpoint
) -> None:
    await admin.ensure_gateway(fleet.tenant, "first")
    await admin.set_enabled(fleet.tenant, False)

    user = await admin.ensure_gateway(fleet.tenant, "second")

    async with connected(replace(ingest, username=user, password="second")) as box:
        await box.publish(up_topics(fleet.tenant, fleet.van)[0], b"{}")
    with pytest.raises(Unauthenticated):
        await connect(replace(ingest, username=user, password="first"), Session("x"), Ear().hear)


async def test_a_gateway_speaks_for_every_device_of_its_tenant_and_no_other(
    fleet: Fleet, admin: BrokerAdmin, ingest: Endpoint
) -> None:
    user = await admin.ensure_gateway(fleet.tenant, "box")
    where = replace(ingest, username=user, password="box")

    foreign = up_topics(TenantSlug(f"{fleet.tenant}-x"), fleet.van)
    session = Session(device_client_id(fleet.tenant, fleet.van))
    async with connected(where, session) as box:
        for device in (fleet.van, DeviceName("new-7")):
            for topic in up_topics(fleet.tenant, device):
                await box.publish(topic, b"{}")
        await box.subscribe([f"t/{fleet.tenant}/d/{fleet.van}/ack"])
    assert [topic for topic in foreign if not await refused(where, session, topic)] == []


async def test_who_does_not_administer_is_told_so(fleet: Fleet, ingest: Endpoint) -> None:
    with pytest.raises(Forbidden):
        async with broker_admin(ingest):
            pass


async def test_requests_from_many_tasks_get_their_own_answers(
    fleet: Fleet, admin: BrokerAdmin
) -> None:
    tenants = [TenantSlug(unique("crowd")) for _ in range(5)]
    async with asyncio.TaskGroup() as group:
        for tenant in tenants:
            group.create_task(admin.add_device(tenant, fleet.van, "secret"))

    for tenant in tenants:
        assert await admin.users_of(tenant) == [broker_user(tenant, fleet.van)]
        await admin.drop_tenant(tenant)
