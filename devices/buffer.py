"""What a device has not been told settled yet: pure, the clock is an argument."""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from devices.ack import Settlement
from devices.topics import Lane

ARRAY_MESSAGES = 100
ARRAY_BYTES = 32 * 1024
RESEND_LIMIT_S = 300.0
UNHEARD_S = 1.0

Kind = Literal[Lane.POSITION, Lane.ATTENDANCE]


@dataclass(slots=True)
class Kept:
    """One message; `due_s` on the caller's clock is when the backfill lane may take it.

    It went out `sent` times, `tries` times of them to somebody by the present connection.
    """

    kind: Kind
    body: bytes
    due_s: float
    sent: int = 0
    tries: int = 0


class Buffer:
    """Unsettled messages by sequence, ascending."""

    def __init__(self, resend_after_s: float, *, draw: Callable[[], float] = random.random) -> None:
        """Start empty.

        Args:
            resend_after_s: patience with a message that was sent once; doubles each time.
            draw: 0 to 1; stretches each patience by up to half, so that a fleet spreads out.
        """
        self.settled = 0
        self.forgotten = 0
        self.resent = 0
        self._resend_after_s = resend_after_s
        self._draw = draw
        self._kept: dict[int, Kept] = {}
        # Ascending and apart, for the oldest goes first: where each range begins and ends.
        self._forgotten: tuple[list[int], list[int]] = ([], [])

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, seq: int) -> Kept | None:
        return self._kept.get(seq)

    def sequences(self) -> frozenset[int]:
        return frozenset(self._kept)

    def keep(self, seq: int, kind: Kind, body: bytes, due_s: float) -> None:
        """Add a message; sequences come ascending."""
        self._kept[seq] = Kept(kind, body, due_s)

    def forget_oldest_fix(self) -> bool:
        """Make room by forgetting; False when all that is left is attendance."""
        for seq, kept in self._kept.items():
            if kept.kind is Lane.POSITION:
                del self._kept[seq]
                self.forgotten += 1
                firsts, lasts = self._forgotten
                if lasts and lasts[-1] == seq - 1:
                    lasts[-1] = seq
                else:
                    firsts.append(seq)
                    lasts.append(seq)
                return True
        return False

    def has_forgotten(self, seq: int) -> bool:
        """Return whether a message was forgotten: nobody will ever say that it is settled."""
        firsts, lasts = self._forgotten
        place = bisect_right(firsts, seq) - 1
        return place >= 0 and seq <= lasts[place]

    def due(self, kind: Kind, now_s: float) -> list[Kept]:
        """Return the oldest messages of a kind that are due, as many as one array takes."""
        chosen: list[Kept] = []
        size = 0
        for kept in self._kept.values():
            if kept.kind is kind and kept.due_s <= now_s:
                size += len(kept.body) + 1
                if chosen and size > ARRAY_BYTES:
                    break
                chosen.append(kept)
                if len(chosen) == ARRAY_MESSAGES:
                    break
        return chosen

    def sent(self, messages: Iterable[Kept], now_s: float) -> None:
        """Note that messages went out."""
        for kept in messages:
            patience_s = min(RESEND_LIMIT_S, self._resend_after_s * 2**kept.tries)
            kept.due_s = now_s + patience_s * (1 + 0.5 * self._draw())
            kept.tries += 1
            kept.sent += 1
            self.resent += kept.sent > 1

    def unheard(self, messages: Iterable[Kept], now_s: float) -> None:
        """Note that the broker had nobody to give them to: patience is for who may have them.

        Soon again, for it is a broker that lost its sessions, and the hub subscribes again.
        """
        for kept in messages:
            kept.due_s = now_s + UNHEARD_S * (1 + 0.5 * self._draw())
            kept.tries = 0

    def all_due(self) -> None:
        """After a connection was lost, and perhaps what it carried: patience begins anew."""
        for kept in self._kept.values():
            kept.due_s = 0.0
            kept.tries = 0

    def settle(self, settlement: Settlement) -> None:
        """Let go of what is settled."""
        gone = list(takewhile(lambda seq: seq <= settlement.upto, self._kept))
        for first, last in settlement.ranges:
            gone.extend(self._within(first, last))
        for seq in gone:
            del self._kept[seq]
        self.settled += len(gone)

    def _within(self, first: int, last: int) -> Iterator[int]:
        if last - first < len(self._kept):
            return (seq for seq in range(first, last + 1) if seq in self._kept)
        return (seq for seq in self._kept if first <= seq <= last)
