"""Batches followed as the role follows them, in memory."""

from collections.abc import Iterable, Sequence

from fieldops.model import Fix
from geo.index import FenceIndex
from geo.presence.batch import Crossing, Memory, advance_batch
from geo.presence.machine import State
from tests.geo.yard import T0, VAN, YARD, yard

IN, RING, OUT, FAR = 0.0, 105.0, 150.0, 5_000.0  # inside, in the 10 m buffer, beyond it, away


def followed(
    batches: Iterable[Sequence[Fix]], index: FenceIndex | None = None, memory: Memory | None = None
) -> tuple[Memory, list[Crossing]]:
    memory, crossings = memory or Memory(), []
    for batch in batches:
        outcome = advance_batch(memory, batch, index or yard())
        memory.settle(outcome)
        crossings += outcome.crossings
    return memory, crossings


def confirmed(crossings: Iterable[Crossing]) -> list[tuple[str, float]]:
    """What was confirmed, and when the edge was crossed, in seconds."""
    return [(c.kind, (c.at - T0).total_seconds()) for c in crossings if c.status == "confirmed"]


def said(crossings: Iterable[Crossing]) -> list[tuple[str, str, float]]:
    """All that was said, and by which fix, in seconds."""
    return [(c.kind, c.status, (c.decided_at - T0).total_seconds()) for c in crossings]


def state(memory: Memory) -> State:
    machine = memory.machines.get(VAN, {}).get(YARD)
    return State.OUTSIDE if machine is None else machine.state
