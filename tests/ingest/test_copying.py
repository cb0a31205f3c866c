import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from fieldops.model import Fix, Flag
from ingest import copying
from ingest.copying import copy_fixes, encoded
from tests.ingest.scene import Scene

AT = datetime(2026, 11, 22, 8, 0, 0, 250_001, tzinfo=UTC)
ROWS = """
    select device_id, observed_at, received_at, lon, lat, run, seq, accuracy_m, speed_mps,
      heading_deg, altitude_m, battery_pct, source, flags, batch
    from incoming order by seq
"""


@pytest.mark.services
async def test_every_shape_of_a_fix_comes_back_as_it_was(scene: Scene) -> None:
    numbers: list[tuple[Any, Any]] = [(n, None) for n in (6.5, 12.25, 271.0, -3.5, 84)]
    devices = [uuid4(), uuid4()]
    fixes = [
        Fix(
            devices[seq % 2], AT + timedelta(microseconds=seq), AT, -0.5 * seq, 45.764,
            f"run-{seq % 3}", seq, acc, spd, hdg, alt, bat,
            [None, "gnss", "réseau"][seq % 3],
            [Flag.NONE, Flag.LATE | Flag.MOCK][seq // 2 % 2],
        )
        for seq, (acc, spd, hdg, alt, bat) in enumerate(itertools.product(*numbers))
    ]  # fmt: skip
    old = Fix(devices[0], datetime(1999, 12, 31, tzinfo=UTC), AT, 1.0, 2.0, "old", 1 << 62)

    async with scene.pool.acquire() as connection, connection.transaction():
        await connection.execute("create temporary table incoming (like fix) on commit drop")
        await copy_fixes(connection, "incoming", [*fixes, old], batch=2**40)
        rows = await connection.fetch(ROWS)

    said = [(*msgspec.structs.astuple(fix), 2**40) for fix in [*fixes, old]]
    assert [tuple(row) for row in rows] == said


@pytest.mark.services
async def test_a_value_no_column_holds_behind_a_row_that_is_there_leaves_a_connection_that_works(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has given up by the time the bad value is met."""
    monkeypatch.setattr(copying, "PIECE", 10)
    device = uuid4()
    fixes = [
        Fix(device, AT + timedelta(seconds=n // 2 if n < 2 else n), AT, 1.0, 2.0, "r", n)
        for n in range(20_000)
    ]
    fixes[-1] = msgspec.structs.replace(fixes[-1], seq=1 << 63)

    async with scene.pool.acquire() as connection:
        async with asyncio.timeout(10):
            with pytest.raises((asyncpg.UniqueViolationError, asyncpg.DataError)):
                async with connection.transaction():
                    await copy_fixes(connection, "fix", fixes, batch=1)
            assert (
                await connection.fetchval("select count(*) from fix where device_id = $1", device)
                == 0
            )


@pytest.mark.parametrize(
    "wrong", [{"seq": 1 << 63}, {"source": "\ud800"}, {"battery_pct": 40_000}, {"speed_mps": 1e300}]
)
def test_what_no_column_holds_is_said_as_the_driver_says_it(wrong: dict[str, object]) -> None:
    with pytest.raises(asyncpg.DataError):
        encoded([Fix(uuid4(), AT, AT, 1.0, 2.0, "r", **{"seq": 1, **wrong})], 1)  # type: ignore[arg-type]
