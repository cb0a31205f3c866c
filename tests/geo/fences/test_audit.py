"""The audit agrees with a right index, and says what is wrong with a wrong one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldops.events import last_position, read_events
from fieldops.model import new_id, now
from geo.fences.audit import is_due, run_audit, view_audits
from geo.index import FenceIndex
from tests.geo.fences.test_editing import change, create
from tests.geo.fences.test_shapes import CENTRE, ROAD, drawn
from tests.geo.yard import EAST_M, LAT, LON
from tests.world import World

pytestmark = pytest.mark.services


async def fixes(world: World, count: int, start: datetime) -> None:
    """Store a fix every 10 s from 400 m west to 1,500 m east, whatever device's."""
    await world.pool.executemany(
        "insert into fix (device_id, observed_at, received_at, lon, lat, run, seq, batch)"
        " values ($1, $2, $2, $3, $4, 'audit', $5, 0)",
        [
            (
                (device := new_id()),
                start + timedelta(seconds=10 * i),
                LON + (-400 + 1900 * i / count) / EAST_M,
                LAT + 0.00007,
                i,
            )
            for i in range(count)
        ],
    )
    assert device


async def test_index_and_postgis_agree_over_versions_and_the_audit_is_kept(world: World) -> None:
    made = await create(world, drawn(CENTRE, radius_m=300.0))
    await create(world, drawn(ROAD, width_m=40.0))
    await world.pool.execute("update fence_version set valid_from = now() - interval '3 hours'")
    await change(world, made["id"], 1, {"radius_m": 100.0})
    await fixes(world, 500, now() - timedelta(seconds=5000))

    found = await run_audit(world.process, world.tenant, world.pool)

    assert found.fixes >= 100
    assert found.pairs > 50
    assert (found.differing, found.differences) == (0, ())
    async with world.pool.acquire() as connection:
        (kept, *_) = await view_audits(connection)
    assert (kept["id"], kept["fixes"], kept["differences"]) == (found.id, found.fixes, [])


class Shifted(FenceIndex):
    """As if the fences had been moved and the index not told."""

    def locate(self, lons: Any, lats: Any, ats: Any = None) -> Any:
        return super().locate(lons + 60 / EAST_M, lats, ats)


async def test_a_wrong_index_is_told_with_an_event_and_without_positions(world: World) -> None:
    before = await last_position(world.pool)

    found = await run_audit(world.process, world.tenant, world.pool, index_of=Shifted)

    assert found.differing > 0
    assert {d.kind for d in found.differences} >= {"edge", "inside_only_index"}
    (event,) = await read_events(world.pool, before)
    assert (event.kind, event.body["differing"]) == ("fence.disagreed", found.differing)
    assert set(event.body) == {"id", "fixes", "differing"}


@pytest.mark.parametrize(
    ("at", "last", "due"),
    [
        ("2026-06-02T00:30Z", None, True),
        ("2026-06-02T00:30Z", "2026-06-01T00:10Z", True),  # 02:30 in Paris, last night's is done
        ("2026-06-01T23:30Z", "2026-06-01T00:10Z", False),  # 01:30 there, not yet
        ("2026-06-02T00:30Z", "2026-06-02T00:05Z", False),
    ],
)
def test_an_audit_is_due_once_a_night_of_the_tenants_clock(
    at: str, last: str | None, due: bool
) -> None:
    when, before = datetime.fromisoformat(at), last and datetime.fromisoformat(last)

    assert is_due(when.astimezone(UTC), before or None, "Europe/Paris") is due
