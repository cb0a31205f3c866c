"""Fixes into rows of `fix` and `latest_fix`, the cheap way wherever it is the same.

A fix newer than all of its device, as nearly every one is, cannot be there already, so it is
copied in; that costs both sides a third of `insert … on conflict`. Whether it truly was new is
the key's to say: `NotNew` ends the transaction, and the batch is tried again the other way.
"""

from collections.abc import Sequence

import asyncpg

from fieldops.database import Connection, Record, sql
from fieldops.model import UNTRUSTED_TIME, Fix
from ingest.columns import columns_of
from ingest.copying import copy_fixes
from ingest.piles import last_of_each

_UNTRUSTED = int(UNTRUSTED_TIME)


class NotNew(Exception):
    """A row copied as new is there already; the transaction must end."""


async def copy_new(connection: Connection, batch: int, fixes: Sequence[Fix]) -> None:
    """Copy fixes that are not there yet.

    Raises:
        NotNew: one of them is.
    """
    if not fixes:
        return
    try:
        await copy_fixes(connection, "fix", fixes, batch)
    except asyncpg.UniqueViolationError as error:
        raise NotNew from error


async def carry_latest(connection: Connection, fixes: Sequence[Fix]) -> None:
    """Carry the newest fix of each device, all of trusted time and each device's in order."""
    newest = list(last_of_each(fixes).values())
    if newest:
        await connection.execute(
            sql("ingest", "carry_latest"),
            [f.device for f in newest],
            [f.observed_at for f in newest],
            [f.received_at for f in newest],
            [f.lon for f in newest],
            [f.lat for f in newest],
            [f.accuracy_m for f in newest],
            [f.speed_mps for f in newest],
            [f.heading_deg for f in newest],
            [f.battery_pct for f in newest],
            [int(f.flags) for f in newest],
        )


async def store_any(connection: Connection, batch: int, fixes: Sequence[Fix]) -> list[Record]:
    """Insert what is new and replace what a lower (run, seq) says otherwise; the newest carried.

    Returns `device_id`, `observed_at` and `fresh` of each row taken.
    """
    if not fixes:
        return []
    rows: list[Record] = await connection.fetch(
        sql("ingest", "store_fixes"), batch, *columns_of(fixes), _UNTRUSTED
    )
    return rows
