"""Draw, change and show fences.

A new drawing, parameter or schedule closes the present version and opens the next, so a moved
fence does not rewrite yesterday; so does closing a fence or opening it again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import NotFound
from fieldops.model import new_id
from fieldops.rows import insert_row, update_row
from fieldops.schema import tables
from geo.fences.shapes import check_hours, judge_shape
from identity.commands import Change
from identity.rights import require_on

# What a version holds, with what a body that leaves it out means.
VERSIONED: Mapping[str, Any] = {
    "geometry": None,
    "radius_m": None,
    "width_m": None,
    "margin_m": 0.0,
    "buffer_m": 10.0,
    "dwell_s": 0.0,
    "max_accuracy_m": 100.0,
    "confidence": 0.97,
    "schedule": None,
    "active": True,
}
VERSIONS_MOST = 1_000
FENCES_MOST = 20_000


async def create_fence(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a fence and return its view.

    `values` has the fields of the body NewFence, `geometry` in GeoJSON.

    Raises:
        BadInput: as for `judge_shape`, or the hours are not in order.
        NotFound: the site is not one of the actor's. Conflict: the id is taken.
    """
    require_on(change.actor, "fence", "create", site=values.get("site_id"))
    row = await insert_row(
        change.connection,
        tables.fence,
        {
            "id": values.get("id") or new_id(),
            "site_id": values.get("site_id"),
            "name": values["name"],
            "kind": values.get("kind", "site"),
            "created_by": change.actor.user_id,
        },
    )
    await _open_version(change, row["id"], {**VERSIONED, **_picked(values, VERSIONED)})
    return await _reported(change, row["id"], "create")


async def change_fence(
    change: Change, fence_id: UUID, version: int | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a fence read at `version` and return its view; `values` holds only what changes.

    Raises:
        NotFound: no such fence among the actor's. Stale: it moved on since `version`.
        BadInput: as for `create_fence`. A changed `kind` or name opens no version.
    """
    current = await get_fence(change.connection, fence_id)
    require_on(change.actor, "fence", "update", site=current["site_id"])
    kept = _picked(values, ("name", "kind", "active"))
    # Locks the row: two changes of one fence come one after the other.
    await update_row(change.connection, tables.fence, fence_id, version, kept)
    versioned = _picked(values, VERSIONED)
    if versioned:
        current = await get_fence(change.connection, fence_id)
        if "geometry" in values and values["geometry"]["type"] != current["geometry"]["type"]:
            # Another shape has another measure; the old one's says nothing about it.
            current = {**current, "radius_m": None, "width_m": None}
        await _open_version(change, fence_id, {**_picked(current, VERSIONED), **versioned})
    return await _reported(change, fence_id, "update")


async def get_fence(connection: Connection, fence_id: UUID) -> dict[str, Any]:
    """Return one fence's view.

    Raises:
        NotFound: the tenant has no such fence.
    """
    found = await view_fences(connection, ids=[fence_id], limit=1)
    if not found:
        raise NotFound(f"fence {fence_id} does not exist", object="fence")
    return found[0]


async def view_fences(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    site: UUID | None = None,
    sites: Collection[UUID] | None = None,
    after: UUID | None = None,
    limit: int = FENCES_MOST,
) -> list[dict[str, Any]]:
    """Return fences with their present version, in order of id, fields as the api's Fence.

    `sites` bounds the answer to these sites' fences and those of no site (depots); None: all.
    """
    rows = await connection.fetch(
        sql("geo.fences", "view_fences"),
        None if ids is None else list(ids),
        site,
        None if sites is None else list(sites),
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def view_versions(connection: Connection, fence_id: UUID) -> list[dict[str, Any]]:
    """Return a fence's versions, the newest first, fields as the api's FenceVersion."""
    rows = await connection.fetch(sql("geo.fences", "view_fence_versions"), fence_id, VERSIONS_MOST)
    return [dict(row) for row in rows]


async def _reported(change: Change, fence_id: UUID, action: str) -> dict[str, Any]:
    """Report the fence as it stands now: event and audit row."""
    view = await get_fence(change.connection, fence_id)
    site = view["site_id"]
    change.event("fence.changed", view, sites=() if site is None else (site,))
    change.audit(action, "fence", fence_id, {"site": site, "version": view["version"]})
    return view


async def _open_version(change: Change, fence_id: UUID, values: Mapping[str, Any]) -> None:
    check_hours(values["schedule"])
    area = await judge_shape(change.connection, values)
    await change.connection.execute(sql("geo.fences", "close_fence_version"), fence_id, change.at)
    await change.connection.execute(
        sql("geo.fences", "open_fence_version"),
        new_id(),
        fence_id,
        dict(values["geometry"]),
        values["radius_m"],
        values["width_m"],
        values["margin_m"],
        area.ewkb,
        values["buffer_m"],
        values["dwell_s"],
        values["max_accuracy_m"],
        values["schedule"],
        values["active"],
        change.at,
        values["confidence"],
    )


def _picked(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
