"""How far back a device's trips must be derived again when a fix arrives, and its fixes from there.

A stay found again from its first fix is the same stay (`stays`), and what follows depends on it
alone. So it is enough to begin at the last stop whose beginning the new fix cannot have touched:
one that began `SETTLED` before. A stop older than `LONGEST` is not read whole: derivation begins a
day back and the stop found there carries the old one on.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.log import get_log
from fieldops.model import Fix, Flag

log = get_log()
# Longer than a stay needs to open and its place to stand still: ten minutes, or six fixes with
# just no silence between them.
SETTLED = timedelta(minutes=105)
LONGEST = timedelta(days=1)
FIXES_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Binding:
    """A device sat in a vehicle for a while."""

    device: UUID
    vehicle: UUID
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """What is derived again: fixes of a binding from `from_at` on; `stop`: where it begins."""

    binding: Binding
    from_at: datetime
    stop: Record | None
    fixes: list[Fix]

    @property
    def rows_from(self) -> datetime:
        """Rows that began here or later are replaced."""
        return self.from_at if self.stop is None else self.stop["started_at"]


async def read_bindings(
    connection: Connection, since: Mapping[UUID, datetime]
) -> dict[UUID, list[Binding]]:
    """Return which vehicles the devices sat in after these moments; a person's phone in none."""
    rows = await connection.fetch(
        sql("geo.trips", "read_bindings"), list(since), list(since.values())
    )
    found: dict[UUID, list[Binding]] = defaultdict(list)
    for row in rows:
        binding = Binding(
            row["device_id"], row["vehicle_id"], row["valid_from"], row["valid_until"]
        )
        found[binding.device].append(binding)
    return found


async def read_window(connection: Connection, binding: Binding, since: datetime) -> Window:
    """Return what must be derived again because of a fix at `since`, or of a later one."""
    stop = await connection.fetchrow(
        sql("geo.trips", "find_restart"),
        binding.device,
        binding.vehicle,
        binding.valid_from,
        since - SETTLED,
    )
    from_at = binding.valid_from
    if stop is not None:
        from_at = max(stop["started_at"], since - LONGEST)
    return Window(binding, from_at, stop, await _read_fixes(connection, binding, from_at))


async def _read_fixes(connection: Connection, binding: Binding, from_at: datetime) -> list[Fix]:
    rows = await connection.fetch(
        sql("geo.trips", "read_fixes"), binding.device, from_at, binding.valid_until, FIXES_MOST
    )
    if len(rows) == FIXES_MOST:
        log.warning("trips.truncated", device=str(binding.device), fixes=FIXES_MOST)
    return [
        Fix(
            binding.device,
            row["observed_at"],
            row["received_at"],
            row["lon"],
            row["lat"],
            accuracy_m=row["accuracy_m"],
            flags=Flag(row["flags"]),
        )
        for row in rows
    ]
