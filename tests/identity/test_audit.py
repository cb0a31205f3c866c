"""The audit chain: what it proves, and that tampering shows."""

from typing import Any

import pytest

from fieldops.errors import Conflict
from fieldops.events import last_position
from fieldops.model import new_id
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.audit import GENESIS, commitment, first_break, read_audit, row_hash
from identity.commands import Change, TenantStore, execute
from identity.rights import Actor

pytestmark = pytest.mark.services


async def _store(process: Process, tenant: Tenant) -> TenantStore:
    return TenantStore(await process.tenants.database(tenant.slug), process.valkey)


async def _write(store: TenantStore, tenant: Tenant, rows: int = 3) -> None:
    async def apply(change: Change) -> None:
        for number in range(rows):
            change.audit(
                "create", "thing", new_id(), {"number": number, "é": [1.5, None]}, {"name": "Ana"}
            )

    await execute(store, Actor(tenant.slug), apply, what="test")


async def test_a_chain_read_in_pages_verifies_from_page_to_page(
    process: Process, tenant: Tenant
) -> None:
    store = await _store(process, tenant)
    await _write(store, tenant)
    await _write(store, tenant)

    rows = await read_audit(store.pool, 0)
    page, rest = rows[:2], rows[2:]

    assert first_break(rows) is None
    assert first_break(rest, page[-1]["hash"]) is None
    assert first_break(rest, GENESIS) == rest[0]["seq"]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("update audit set action = 'delete' where seq = 2", 2),
        ("update audit set body = body || '{\"number\": 9}' where seq = 2", 2),
        ("update audit set at = at + interval '1 microsecond' where seq = 2", 2),
        ("delete from audit where seq = 2", 3),
        ("update audit set actor = gen_random_uuid() where seq = 1", 1),
    ],
)
async def test_a_changed_or_missing_row_is_found(
    process: Process, tenant: Tenant, statement: str, broken: int
) -> None:
    store = await _store(process, tenant)
    await _write(store, tenant)
    async with store.pool.acquire() as connection:
        attempt = connection.transaction()
        await attempt.start()
        await connection.execute(statement)
        rows = await connection.fetch("select * from audit order by seq")
        await attempt.rollback()

    assert first_break(rows) == broken


async def test_a_rewritten_hash_shows_at_the_next_row(process: Process, tenant: Tenant) -> None:
    store = await _store(process, tenant)
    await _write(store, tenant)
    rows = [dict(row) for row in await read_audit(store.pool, 0)]
    names = ("seq", "at", "actor", "action", "object", "subject", "body")

    rows[1]["action"] = "delete"
    rows[1]["hash"] = row_hash(rows[1]["prev_hash"], {n: rows[1][n] for n in names})
    forged: Any = rows

    assert first_break(forged) == rows[2]["seq"]


async def test_erasing_a_personal_value_leaves_the_chain_whole(
    process: Process, tenant: Tenant
) -> None:
    store = await _store(process, tenant)
    await _write(store, tenant, 1)
    row = (await read_audit(store.pool, 0))[-1]
    opening = row["openings"]["name"]
    assert row["body"]["name"]["commitment"] == commitment(opening["salt"], "Ana")

    await store.pool.execute("update audit set openings = null")

    assert first_break(await read_audit(store.pool, 0)) is None


async def test_a_command_that_fails_leaves_neither_audit_nor_event(
    process: Process, tenant: Tenant
) -> None:
    store = await _store(process, tenant)
    before = (len(await read_audit(store.pool, 0)), await last_position(store.pool))

    async def apply(change: Change) -> None:
        change.audit("create", "thing")
        change.event("task.created", {})
        raise Conflict("no")

    with pytest.raises(Conflict):
        await execute(store, Actor(tenant.slug), apply, what="test")

    after = (len(await read_audit(store.pool, 0)), await last_position(store.pool))
    assert after == before
