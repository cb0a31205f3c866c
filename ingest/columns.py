"""Fixes as the columns that `store_fixes.sql` takes."""

from collections.abc import Sequence

from fieldops.model import Fix


def columns_of(fixes: Sequence[Fix]) -> list[list[object]]:
    """Return the fixes' values by column, in the order of store_fixes.sql."""
    return [
        [f.device for f in fixes],
        [f.observed_at for f in fixes],
        [f.received_at for f in fixes],
        [f.lon for f in fixes],
        [f.lat for f in fixes],
        [f.run for f in fixes],
        [f.seq for f in fixes],
        [f.accuracy_m for f in fixes],
        [f.speed_mps for f in fixes],
        [f.heading_deg for f in fixes],
        [f.altitude_m for f in fixes],
        [f.battery_pct for f in fixes],
        [f.source for f in fixes],
        [int(f.flags) for f in fixes],
    ]
