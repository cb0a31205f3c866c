"""Who is where, and what the ledger of a site says."""

from collections.abc import Collection
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
