"""Trips and stops as rows that keep their ids while late fixes move their edges.

A derived span takes the id of the stored one that began at the same moment, else of the first
that overlaps it; what is left over is new, or never was. So a correction replaces its row (and
counts its revision), and whoever holds an id sees the present truth under it.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.model import new_id
from geo.trips.journey import Journey, Stop, Trip
from geo.trips.windows import Window

Span = TypeVar("Span", Trip, Stop)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Span]):
    """A derived span under its id, and the row it replaces, if any."""

    id: UUID
    span: Span
    before: Record | None

    @property
    def changed(self) -> bool:
        """Return whether the stored row says something else."""
        if self.before is None:
            return True
        names = self.span.__dataclass_fields__
        return any(not _same(getattr(self.span, name), self.before[name]) for name in names)


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a derivation changed: trips written, trips that never were."""

    written: list[Kept[Trip]]
    removed: list[Record]


def _same(derived: object, stored: object) -> bool:
    if isinstance(derived, float) and isinstance(stored, float):
        return abs(derived - stored) < 1e-4  # accuracy_m is stored in single precision
    return derived == stored


def match(spans: Sequence[Span], rows: Sequence[Record]) -> tuple[list[Kept[Span]], list[Record]]:
    """Return the spans under their ids, and the rows that none of them is."""
    left = {row["id"]: row for row in rows}
    by_start = {row["started_at"]: row for row in rows}
    found: dict[int, Record] = {}
    for place, span in enumerate(spans):
        row = by_start.get(span.started_at)
        if row is not None and left.pop(row["id"], None) is not None:
            found[place] = row
    for place, span in enumerate(spans):
        if place not in found:
            row = next((row for row in left.values() if _overlap(span, row)), None)
            if row is not None:
                found[place] = left.pop(row["id"])
    kept = [
        Kept(found[place]["id"] if place in found else new_id(), span, found.get(place))
        for place, span in enumerate(spans)
    ]
    return kept, list(left.values())


def _overlap(span: Trip | Stop, row: Record) -> bool:
    ends_at = span.ended_at or _FOREVER
    return bool(span.started_at < (row["ended_at"] or _FOREVER) and row["started_at"] < ends_at)


async def replace_rows(connection: Connection, window: Window, journey: Journey) -> Replaced:
    """Make the rows of a window say what its journey says; return what that changed of trips."""
    binding = window.binding
    key = binding.device, binding.vehicle
    rows = await connection.fetch(sql("geo.trips", "read_stops"), *key, window.rows_from)
    stops, gone = match(journey.stops, rows)
    await connection.executemany(
        sql("geo.trips", "put_stop"),
        [(stop.id, *key, *astuple(stop.span)) for stop in stops if stop.changed],
    )
    await connection.execute(sql("geo.trips", "remove_stops"), [row["id"] for row in gone])
    rows = await connection.fetch(sql("geo.trips", "read_trips"), *key, window.rows_from)
    trips, never = match(journey.trips, rows)
    written = [trip for trip in trips if trip.changed]
    await connection.executemany(
        sql("geo.trips", "put_trip"), [(trip.id, *key, *astuple(trip.span)) for trip in written]
    )
    await connection.execute(sql("geo.trips", "remove_trips"), [row["id"] for row in never])
    return Replaced(written, never)
