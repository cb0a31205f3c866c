"""A short simulated day on a real hub: the map moves, offers are answered, all is settled."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect

from fieldops.commands.users import add_user
from fieldops.model import Profile
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.passwords import Passwords
from identity.users import NewUser
from simulators.day import ON_SITE, DayPlan, run_day
from simulators.office import Office
from tests.hub import running_hub

pytestmark = pytest.mark.services
PASSWORD = "a-password-of-the-demo"


async def watch(base_url: str, tenant: Tenant, places: dict[str, set[tuple[float, float]]]) -> None:
    """Be somebody who looks at the whole map: note where each device is seen."""
    async with Office(base_url, tenant.slug, "direction", PASSWORD) as office:
        address = base_url.replace("http", "ws", 1) + "/api/v1/live"
        async with connect(address, proxy=None) as viewer:
            everywhere = {"bbox": [-180, -90, 180, 90], "zoom": 3}
            hello = {"token": await office.token()}, {"subscribe": {"map": everywhere}}
            for message in hello:
                await viewer.send(msgspec.json.encode(message).decode())
            async for text in viewer:
                frame: dict[str, Any] = msgspec.json.decode(text)
                for device, lon, lat, *_ in frame.get("fixes", ()):
                    places.setdefault(device, set()).add((lon, lat))


async def test_a_short_day_moves_the_map_and_is_answered_and_settled(
    process: Process, tenant: Tenant, tmp_path: Path
) -> None:
    hashed = await Passwords().hash(PASSWORD)
    for login, profile in (("direction", Profile.MANAGER), ("admin", Profile.ADMIN)):
        await add_user(process, tenant.slug, NewUser(login, login, profile, hashed))
    places: dict[str, set[tuple[float, float]]] = {}
    told: list[str] = []

    async with running_hub(process) as hub:
        plan = DayPlan(
            hub.base_url,
            tenant.slug,
            PASSWORD,
            tmp_path / "simulator.json",
            speed=30,
            seconds=25,
            real_faults=False,
        )
        async with asyncio.TaskGroup() as group:
            viewer = group.create_task(watch(hub.base_url, tenant, places))
            summary = await run_day(plan, told.append)
            viewer.cancel()

    assert summary.tasks >= 9
    assert summary.crews.declined == 1
    assert summary.crews.accepted >= 1
    assert summary.crews.started >= 1
    assert len(places) == 33
    assert sum(len(seen) >= 5 for seen in places.values()) >= 4
    pool = await process.tenants.database(tenant.slug)
    assert summary.unsettled == 0
    rows = await pool.fetchval("select count(*) from fix")
    assert rows == summary.devices.fixes
    declared = await pool.fetch("select site_id, lon is null as unlocated from attendance_event")
    assert 3 * ON_SITE <= len(declared) <= 24
    assert all(each["site_id"] is not None for each in declared)
    assert sum(each["unlocated"] for each in declared) == 1
    assert summary.settled == rows + len(declared)
