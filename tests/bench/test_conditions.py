"""A bench refuses to give figures of a hub that was not whole."""

from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bench.conditions import Hub, Served, require_durable, require_fences, require_served
from bench.worker import Worker
from fieldops.errors import Prerequisite
from fieldops.process import Process
from fieldops.tenancy import Tenant

WHOLE = Served(followed=500.0, unstreamed=0.0, acks=20.0)


def test_a_leg_in_which_all_was_on_counts() -> None:
    require_served(WHOLE, 500)


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (replace(WHOLE, followed=499.0), "geo followed 499 of 500 fixes"),
        (replace(WHOLE, unstreamed=1.0), "Valkey missed 1 batches"),
        (replace(WHOLE, acks=0.0), "no device was told"),
    ],
)
def test_a_leg_in_which_a_part_was_off_is_refused(off: Served, said: str) -> None:
    with pytest.raises(Prerequisite, match=said):
        require_served(off, 500)


async def test_a_worker_that_does_not_run_is_refused(tmp_path: Path) -> None:
    ingest, geo = (Worker([role], {}, tmp_path / role, 1) for role in ("ingest", "geo"))

    with pytest.raises(Prerequisite, match="ingest ended while it was measured"):
        await Hub(ingest, geo).served()


@pytest.mark.services
async def test_a_database_that_forgets_is_refused(tenant: Tenant) -> None:
    forgetful = {"synchronous_commit": "off"}
    async with asyncpg.create_pool(
        tenant.database_url, min_size=1, max_size=1, server_settings=forgetful
    ) as pool:
        with pytest.raises(Prerequisite, match="synchronous_commit = off"):
            await require_durable(pool)


@pytest.mark.services
async def test_without_a_fence_to_look_at_nothing_is_measured(
    process: Process, tenant: Tenant
) -> None:
    pool = await process.tenants.database(tenant.slug)
    await require_durable(pool)

    with pytest.raises(Prerequisite, match="no fence is watched"):
        await require_fences(pool)
