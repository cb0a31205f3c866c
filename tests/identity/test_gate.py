"""The gate as it is read from a tenant's database, and how ingest learns that it changed."""

from datetime import timedelta
from uuid import UUID

import pytest

from fieldops.database import Pool
from fieldops.model import new_id, now
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.privacy import Gate, load_gate

pytestmark = pytest.mark.services

SCHEDULE = {"tz": "UTC", "week": [[["00:00", "24:00"]]] * 7}


async def _gate(pool: Pool) -> Gate:
    async with pool.acquire() as connection:
        return await load_gate(connection)


async def _worker(pool: Pool) -> UUID:
    worker = new_id()
    await pool.execute("insert into worker (id, name) values ($1, 'W')", worker)
    return worker


async def _phone(pool: Pool, worker: UUID) -> UUID:
    policy, device = new_id(), new_id()
    await pool.execute(
        "insert into tracking_policy"
        " (id, name, purpose, schedule, retention_days, valid_from, notice_version, cse_date)"
        " values ($1, 'P', 'dispatch', $2, 60, now() - interval '90 days', '1', '2026-01-05')",
        policy,
        SCHEDULE,
    )
    await pool.execute(
        "insert into notice_signature (worker_id, notice_version, signed_at)"
        " values ($1, '1', now() - interval '90 days')",
        worker,
    )
    await pool.execute(
        "insert into device (id, name, label, kind, purpose, policy_id)"
        " values ($1, $2, 'L', 'phone', 'dispatch', $3)",
        device,
        f"d-{device}",
        policy,
    )
    await pool.execute(
        "insert into device_binding (id, device_id, worker_id, valid_from)"
        " values ($1, $2, $3, now() - interval '90 days')",
        new_id(),
        device,
        worker,
    )
    return device


async def test_every_change_of_a_rule_counts_the_version_up_and_nothing_else_does(
    process: Process, tenant: Tenant
) -> None:
    pool = await process.tenants.database(tenant.slug)
    worker = await _worker(pool)
    await _phone(pool, worker)
    changes = [
        "update device set label = 'M'",
        "update tracking_policy set retention_days = 30",
        "update device_binding set valid_until = now()",
        "insert into private_period (id, worker_id, starts_at)"
        " select gen_random_uuid(), id, now() from worker",
        "delete from private_period",
        "update device set status = 'revoked'",
    ]

    versions = [(await _gate(pool)).version]
    for change in changes:
        await pool.execute(change)
        versions.append((await _gate(pool)).version)
    await _worker(pool)
    versions.append((await _gate(pool)).version)

    first = versions[0]
    assert versions == [*range(first, first + len(changes) + 1), first + len(changes)]


async def test_an_open_private_period_closes_from_its_start_on(
    process: Process, tenant: Tenant
) -> None:
    pool = await process.tenants.database(tenant.slug)
    worker = await _worker(pool)
    device = await _phone(pool, worker)
    started = now() - timedelta(minutes=10)
    await pool.execute(
        "insert into private_period (id, worker_id, kind, starts_at) values ($1, $2, 'break', $3)",
        new_id(),
        worker,
        started,
    )

    gate = await _gate(pool)

    assert gate.drop_reason(device, started - timedelta(seconds=1)) is None
    assert gate.drop_reason(device, started) == "break"
    assert gate.drop_reason(device, now() + timedelta(days=1)) == "break"
    assert gate.drop_reason(device, now() - timedelta(days=63)) == "too_old"


@pytest.mark.parametrize(
    ("undone", "reason"),
    [
        ("update tracking_policy set notice_version = null", "no_policy"),
        ("update tracking_policy set cse_date = null", "no_policy"),
        ("update tracking_policy set notice_version = '2'", "not_informed"),
        ("update notice_signature set signed_at = now() + interval '1 hour'", "not_informed"),
    ],
)
async def test_without_consultation_notice_and_signature_tracking_stays_off(
    process: Process, tenant: Tenant, undone: str, reason: str
) -> None:
    pool = await process.tenants.database(tenant.slug)
    device = await _phone(pool, await _worker(pool))
    assert (await _gate(pool)).drop_reason(device, now()) is None

    await pool.execute(undone)

    assert (await _gate(pool)).drop_reason(device, now()) == reason


async def test_a_change_waits_for_the_batch_that_reads_the_version(
    process: Process, tenant: Tenant
) -> None:
    pool = await process.tenants.database(tenant.slug)
    async with pool.acquire() as batch, batch.transaction():
        await batch.fetchval("select version from privacy_version for share")

        with pytest.raises(TimeoutError):
            await pool.execute("update device set label = 'N'", timeout=0.3)
