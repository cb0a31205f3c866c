"""Parked vehicles cost nothing: a fix at the place of an open stop changes no row.

The place of a stop stands still after ten minutes (`stays.FREEZE_S`), so a later fix within its
reach, not after a silence, extends the stop and says nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fieldops.model import Fix
from geo.trips.journey import SILENCE_S, Stop
from geo.trips.stays import FREEZE_S, REACH
from geo.trips.track import apart_m


@dataclass(slots=True)
class Rest:
    """Where a device rests, in a vehicle until `valid_until`, and when it was last seen there."""

    stop: Stop
    seen_at: datetime
    valid_until: datetime | None


class Resting:
    """The devices known to rest."""

    def __init__(self) -> None:
        self._rests: dict[UUID, Rest] = {}

    def settle(self, device: UUID, rest: Rest | None) -> None:
        """Remember where a device rests, or that it does not."""
        if rest is None:
            self._rests.pop(device, None)
        else:
            self._rests[device] = rest

    def takes(self, device: UUID, fixes: Sequence[Fix]) -> bool:
        """Return whether these fixes, in order of time, only prolong the device's stop."""
        rest = self._rests.get(device)
        if rest is None or rest.valid_until is not None:
            return False
        seen_at = rest.seen_at
        frozen_at = rest.stop.started_at + timedelta(seconds=FREEZE_S)
        for fix in fixes:
            off_m = apart_m(fix.lon, fix.lat, rest.stop.lon, rest.stop.lat)
            silent_s = (fix.observed_at - seen_at).total_seconds()
            # A tenth less than the stop's own reach, for its row is rounded.
            within = off_m <= 0.9 * REACH * rest.stop.accuracy_m
            if not (within and 0 < silent_s <= SILENCE_S and fix.observed_at > frozen_at):
                return False
            seen_at = fix.observed_at
        rest.seen_at = seen_at
        return True
