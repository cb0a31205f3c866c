"""A day of attendance is the site's own day."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from api.shapes.attendance import Attendance
from fieldops.errors import BadInput
from fieldops.model import new_id
from fieldops.schema import tables
from identity.reach import Reach
from proof.attendance.listing import view_attendance
from tests.world import World

pytestmark = pytest.mark.services
DAY = date(2026, 7, 14)


async def clock(world: World, worker: UUID, at: datetime, site: UUID | None = None) -> UUID:
    return await world.insert(
        tables.attendance_event,
        worker_id=worker,
        site_id=site,
        kind="in",
        source="self",
        device_at=at,
        skew_ms=0,
    )


async def day(world: World, **more: Any) -> list[UUID]:
    async with world.pool.acquire() as connection:
        rows, _ = await view_attendance(connection, DAY, "Europe/Paris", **more)
    return [row["id"] for row in rows]


async def test_midnight_is_the_sites_and_not_greenwichs(world: World) -> None:
    worker, site = await world.worker(), await world.site()
    overseas = await world.site()
    await world.pool.execute("update site set tz = 'Pacific/Noumea' where id = $1", overseas)
    # Paris is two hours ahead in July, Nouméa eleven.
    yesterday = await clock(world, worker, datetime(2026, 7, 13, 21, 59, tzinfo=UTC), site)
    first = await clock(world, worker, datetime(2026, 7, 13, 22, 0, tzinfo=UTC), site)
    far = await clock(world, worker, datetime(2026, 7, 13, 13, 0, tzinfo=UTC), overseas)
    nowhere = await clock(world, worker, datetime(2026, 7, 14, 21, 59, tzinfo=UTC))
    tomorrow = await clock(world, worker, datetime(2026, 7, 14, 22, 1, tzinfo=UTC), site)

    shown = await day(world)

    assert shown == [far, first, nowhere]
    assert not {yesterday, tomorrow} & set(shown)
    assert await day(world, reach=Reach(sites=[site])) == [first]
    assert await day(world, reach=Reach(worker=new_id())) == []


async def test_pages_follow_each_other_without_a_gap(world: World) -> None:
    worker = await world.worker()
    at = [datetime(2026, 8, 3, 6, minute, tzinfo=UTC) for minute in range(5)]
    made = [await clock(world, worker, each) for each in at]
    seen: list[UUID] = []
    cursor: str | None = None

    async with world.pool.acquire() as connection:
        while True:
            rows, cursor = await view_attendance(
                connection, date(2026, 8, 3), "Europe/Paris", cursor=cursor, limit=2
            )
            seen += [Attendance.model_validate(row).id for row in rows]
            if cursor is None:
                break
        with pytest.raises(BadInput):
            await view_attendance(connection, DAY, "UTC", cursor="2026-08-03~x", limit=2)

    assert seen == made
    assert set(rows[0]) == set(Attendance.model_fields)
