"""Looks at where people are, written into the audit chain, and read back by whom they concern.

One row says who looked, how, why if a reason was asked, and whom it concerned: crews by name of
the crew, workers outside one by themselves. A map that is watched all day is one row a day and
session, a list asked for every minute one row a day: the chain tells of looks, not of frames.
"""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from identity.audit import canonical
from identity.commands import Change

LOOKS_MOST = 500


async def note_look(
    change: Change,
    name: str,
    how: str,
    *,
    subject: UUID | None = None,
    crews: Collection[UUID] = (),
    workers: Collection[UUID] = (),
    why: str | None = None,
    more: dict[str, Any] | None = None,
    personal: dict[str, str] | None = None,
    again: bool = False,
) -> bool:
    """Write a look at location data down, once a day for the same person, way and people.

    Args:
        change: the open command of who looks.
        name: the object looked at (`position`, `presence`, `track`).
        how: the way (`live`, `list`, `replay`, …).
        subject: the one worker or device it is about, where there is one.
        crews: those whose members it concerns. workers: those in none.
        why: the reason the person gave.
        more: what else belongs in the row; never a position.
        personal: what is committed to, not written, for it may name people.
        again: write it even if today's row is there (a new session, another reason).

    Returns:
        Whether a row was written.
    """
    body: dict[str, Any] = {
        "how": how,
        "crews": sorted(map(str, crews)),
        "workers": sorted(map(str, workers)),
        **(more or {}),
    }
    if why is not None:
        body["why"] = why
    body["key"] = hashlib.sha256(canonical([name, str(subject), body])).hexdigest()[:16]
    day = change.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if not again and await change.connection.fetchval(
        sql("identity", "find_look"), change.actor.user_id, name, body["key"], day
    ):
        return False
    change.audit("read", name, subject, body, personal)
    return True


async def view_looks(
    connection: Connection, worker: UUID, since: datetime, *, most: int = LOOKS_MOST
) -> list[dict[str, Any]]:
    """Return who looked at where a worker was, newest first, but for the worker himself."""
    rows = await connection.fetch(sql("identity", "view_looks"), worker, since, most)
    return [dict(row) for row in rows]
