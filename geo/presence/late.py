"""Presence told anew when fixes come late: from the last state before them, with the same engine.

In order or not, what the ledger holds in the end is what the fixes in order of time say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fieldops.model import Fix
from geo.index import FenceIndex
from geo.presence.batch import Checkpoint, Known, Memory, Outcome, Place, advance_batch


@dataclass(frozen=True, slots=True)
class Retold:
    """A device's recent past, told anew: what it said, and what is known at its end."""

    outcome: Outcome
    known: Known


def start_of(checkpoint: Checkpoint | None, before: Sequence[Fix]) -> Known:
    """Return the state to tell from.

    Args:
        checkpoint: the last one before the first late fix, if there is any.
        before: the device's last two fixes before the first late one, in order.
    """
    if checkpoint is not None and not checkpoint.rests:
        return checkpoint.known
    place = None
    for fix in before:
        place = Place(fix.observed_at.timestamp(), fix.lon, fix.lat, fix.accuracy_m, place)
    return Known(place)


def retell(device: UUID, start: Known, fixes: Sequence[Fix], index: FenceIndex) -> Retold:
    """Follow a device's fixes again from a state; all fixes come after it."""
    memory = Memory()
    memory.put(device, start)
    outcome = advance_batch(memory, fixes, index)
    memory.settle(outcome)
    return Retold(outcome, memory.known(device))
