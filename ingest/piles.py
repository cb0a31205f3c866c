"""The fixes of a batch in piles, one a device: settled, put in order and freed of rivals by pile.

Nearly every pile is of one run and in order already, which a few passes in C tell.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from uuid import UUID

from fieldops.model import Fix
from ingest.message import Space

_observed_at = attrgetter("observed_at")
_rank = attrgetter("run", "seq", "received_at")


class Piles:
    """Fixes by device, in the order they came."""

    __slots__ = ("_piles",)

    def __init__(self) -> None:
        self._piles: dict[str, list[Fix]] = {}

    def of(self, name: str) -> list[Fix]:
        """Return a device's pile, to be added to; by name, for an id costs more to look up."""
        pile = self._piles.get(name)
        if pile is None:
            pile = self._piles[name] = []
        return pile

    def settle(self, settled: dict[Space, list[int]]) -> None:
        """Add the sequences of all fixes to those the batch answers for."""
        for pile in self._piles.values():
            device = pile[0].device
            runs = {fix.run for fix in pile}
            for run in runs:
                if run:
                    seqs = [fix.seq for fix in pile if len(runs) == 1 or fix.run == run]
                    settled.setdefault((device, run), []).extend(seqs)

    def join(self, others: "Piles") -> None:
        """Take the fixes of others too."""
        for name, pile in others._piles.items():
            self.of(name).extend(pile)

    def fixes(self) -> tuple[list[Fix], int, list[Fix]]:
        """Return the fixes by device and time, no moment twice; how many that cost; and those of
        them of a (run, seq) that is not among the fixes, so is no repetition."""
        fixes: list[Fix] = []
        rivals: list[Fix] = []
        held = 0
        for pile in self._piles.values():
            held += len(pile)
            fixes += pile if _in_order(pile) else _without_rivals(pile, rivals)
        return fixes, held - len(fixes), rivals


def _in_order(pile: Sequence[Fix]) -> bool:
    if len(pile) == 1:
        return True
    return all(before < after for before, after in pairwise([fix.observed_at for fix in pile]))


def _without_rivals(pile: Sequence[Fix], rivals: list[Fix]) -> list[Fix]:
    """Return a pile in order of time; of several of one moment the lowest (run, seq), and of that
    what came first, for its receipt says whether the stamp is to be trusted. Others are added to
    `rivals`."""
    best: dict[datetime, Fix] = {}
    for fix in pile:
        other = best.setdefault(fix.observed_at, fix)
        if other is not fix and _rank(fix) < _rank(other):
            best[fix.observed_at] = fix
    for fix in pile:
        kept = best[fix.observed_at]
        if (kept.run, kept.seq) != (fix.run, fix.seq):
            rivals.append(fix)
    return sorted(best.values(), key=_observed_at)


def last_of_each(fixes: Sequence[Fix]) -> dict[UUID, Fix]:
    """Return the last fix of each device of a sequence; cheap where a device's lie together."""
    if not fixes:
        return {}
    ends = [a for a, b in pairwise(fixes) if a.device is not b.device]
    return {fix.device: fix for fix in (*ends, fixes[-1])}
