from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from fieldops import stream
from fieldops.model import Fix, Flag, TenantSlug
from fieldops.process import Process
from fieldops.stream import append_batch, stream_key

pytestmark = pytest.mark.services

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
NODE_ENTRIES = 100  # Valkey drops whole nodes


def fixes(count: int) -> list[Fix]:
    return [
        Fix(uuid4(), AT + timedelta(seconds=n), AT, 4.8, 45.7, "r", n, flags=Flag.LATE | Flag.MOCK)
        for n in range(count)
    ]


async def test_a_fix_comes_out_of_the_stream_as_it_went_in(process: Process) -> None:
    tenant, said = TenantSlug(f"s{uuid4().hex[:8]}"), fixes(3)

    assert await append_batch(process.valkey, tenant, 7, said)
    entries: Any = await process.valkey.xrange(stream_key(tenant))
    [(_, fields)] = entries
    await process.valkey.delete(stream_key(tenant))

    assert int(fields[b"b"]) == 7
    assert stream._decode(fields[stream._FIXES]) == said


async def test_large_batches_leave_room_for_fewer_entries(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEEP_FIXES", 200)
    tenant, said = TenantSlug(f"s{uuid4().hex[:8]}"), fixes(10)

    for batch in range(5 * NODE_ENTRIES):
        await append_batch(process.valkey, tenant, batch, said)
    kept = await process.valkey.xlen(stream_key(tenant))
    await process.valkey.delete(stream_key(tenant))

    assert stream.KEEP_LEAST <= kept <= stream.KEEP_LEAST + NODE_ENTRIES
