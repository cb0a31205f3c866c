"""Fences as people draw them: polygons in PostGIS, with dated versions.

PostGIS judges every polygon. A new geometry or parameter closes the current version and opens the
next, so a moved fence does not rewrite yesterday.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import shapely

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, NotFound, Problem
from fieldops.model import new_id
from fieldops.rows import insert_row, update_row
from fieldops.schema import tables
from geo.index import Fence, Rules
from identity.commands import Change
from identity.rights import require_on

RING_LEAST = 4
POINTS_MOST = 5_000
AREA_LEAST_M2 = 10.0
EXTENT_MOST_M = 50_000.0
POINTER = "/geometry/coordinates"
VERSIONED = ("geometry", "buffer_m", "dwell_s", "max_accuracy_m")
FENCES_MOST = 20_000


async def create_fence(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a fence and return its view.

    `values` has the fields of the body NewFence, `geometry` a GeoJSON Polygon.

    Raises:
        BadInput: the polygon is open, crosses itself (says where), or has no sane size.
        NotFound: the site is not one of the actor's. Conflict: the id is taken.
    """
    require_on(change.actor, "fence", "create", site=values.get("site_id"))
    await _check_polygon(change.connection, values["geometry"])
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
    await _open_version(change, row["id"], {name: values[name] for name in VERSIONED})
    return await _reported(change, row["id"], "create")


async def change_fence(
    change: Change, fence_id: UUID, version: int | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a fence read at `version` and return its view; `values` holds only what changes.

    Raises:
        NotFound: no such fence among the actor's. Stale: it moved on since `version`.
        BadInput: as for `create_fence`.
    """
    current = await get_fence(change.connection, fence_id)
    require_on(change.actor, "fence", "update", site=current["site_id"])
    if "geometry" in values:
        await _check_polygon(change.connection, values["geometry"])
    kept = {name: values[name] for name in ("name", "active") if name in values}
    # Locks the row: two changes of one fence come one after the other.
    await update_row(change.connection, tables.fence, fence_id, version, kept)
    if any(name in values for name in VERSIONED):
        current = await get_fence(change.connection, fence_id)
        await _open_version(
            change, fence_id, {name: values.get(name, current[name]) for name in VERSIONED}
        )
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
        sql("geo", "view_fences"),
        None if ids is None else list(ids),
        site,
        None if sites is None else list(sites),
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def watched_fences(connection: Connection) -> list[Fence]:
    """Return every active fence as the index wants it."""
    return [
        Fence(
            row["id"],
            row["site_id"],
            shapely.from_wkb(row["wkb"]),
            Rules(row["buffer_m"], row["dwell_s"], row["max_accuracy_m"]),
        )
        for row in await connection.fetch(sql("geo", "watched_fences"), FENCES_MOST)
    ]


async def _reported(change: Change, fence_id: UUID, action: str) -> dict[str, Any]:
    """Report the fence as it stands now: event and audit row."""
    view = await get_fence(change.connection, fence_id)
    site = view["site_id"]
    change.event("fence.changed", view, sites=() if site is None else (site,))
    change.audit(action, "fence", fence_id, {"site": site, "version": view["version"]})
    return view


async def _open_version(change: Change, fence_id: UUID, values: Mapping[str, Any]) -> None:
    await change.connection.execute(sql("geo", "close_fence_version"), fence_id, change.at)
    await change.connection.execute(
        sql("geo", "open_fence_version"),
        new_id(),
        fence_id,
        values["geometry"],
        values["buffer_m"],
        values["dwell_s"],
        values["max_accuracy_m"],
        change.at,
    )


async def _check_polygon(connection: Connection, geometry: Mapping[str, Any]) -> None:
    """Raise BadInput unless the polygon is closed, valid for PostGIS and of a fence's size."""
    rings = geometry["coordinates"]
    _check_rings(rings)
    row = await connection.fetchrow(sql("geo", "check_polygon"), dict(geometry))
    assert row is not None
    if not row["valid"]:
        where = {"lon": round(row["lon"], 6), "lat": round(row["lat"], 6)}
        raise BadInput(
            f"the fence is not a simple polygon: {row['reason']} at {where['lon']}, {where['lat']}",
            pointer=POINTER,
            code="polygon_invalid",
            reason=row["reason"],
            **where,
        )
    if row["area_m2"] < AREA_LEAST_M2:
        raise BadInput(
            f"the fence covers {row['area_m2']:.1f} m², the least is {AREA_LEAST_M2:.0f}",
            pointer=POINTER,
            code="polygon_too_small",
        )
    if row["extent_m"] > EXTENT_MOST_M:
        raise BadInput(
            f"the fence is {row['extent_m'] / 1000:.1f} km across, the limit is "
            f"{EXTENT_MOST_M / 1000:.0f}; are lon and lat swapped?",
            pointer=POINTER,
            code="polygon_too_large",
        )


def _check_rings(rings: Sequence[Sequence[Sequence[float]]]) -> None:
    problems = []
    for i, ring in enumerate(rings):
        if len(ring) < RING_LEAST:
            text = f"a ring has {len(ring)} points, the least is {RING_LEAST}"
            problems.append(Problem(f"{POINTER}/{i}", text))
        elif tuple(ring[0]) != tuple(ring[-1]):
            problems.append(Problem(f"{POINTER}/{i}", "a ring must end where it begins"))
    points = sum(map(len, rings))
    if points > POINTS_MOST:
        problems.append(
            Problem(POINTER, f"the polygon has {points} points, the limit is {POINTS_MOST}")
        )
    if problems:
        raise BadInput(
            "; ".join(p.message for p in problems), problems=tuple(problems), code="polygon_invalid"
        )
