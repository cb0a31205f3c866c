"""Who is where, and what the ledger of a site says."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql

PRESENCE_MOST = 50_000


async def view_presence(
    connection: Connection,
    *,
    site: UUID | None = None,
    sites: Collection[UUID] | None = None,
) -> list[dict[str, Any]]:
    """Return who is in which fence now, fields as the api's PresenceRow.

    `sites` bounds the answer to these sites' fences and those of no site; None: all.
    """
    rows = await connection.fetch(
        sql("geo.ledger", "view_presence"),
        site,
        None if sites is None else list(sites),
        PRESENCE_MOST,
    )
    return [dict(row) for row in rows]


async def view_site_day(
    connection: Connection, site: UUID, day: date, *, after: UUID | None = None, limit: int
) -> list[dict[str, Any]]:
    """Return a site's ledger of a day of its calendar, fields as the api's PresenceEntry.

    In order of crossing, after the entry `after`; what was replaced and withdrawn is in it too.
    """
    rows = await connection.fetch(sql("geo.ledger", "view_site_day"), site, day, after, limit)
    return [dict(row) for row in rows]
