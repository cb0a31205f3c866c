"""Settlement: what a device may forget, `{"run", "upto": n, "ranges": [[a, b], …]}`.

Everything <= `upto` is settled (stored, duplicate, quarantined or dropped by the privacy gate),
`ranges` are settled beyond it. "Highest stored" would lose a backlog behind a live fix. Saying
too little costs a re-send; saying too much loses data, so every bound here forgets.
"""

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from devices.wire.message import SEQ_MAX, read_json
from devices.wire.own import check_sequence
from fieldops.errors import BadMessage

NOTHING = -1
RANGES_MAX = 64


class Settlement(msgspec.Struct, frozen=True):
    """One `ack` message as sent; ranges are inclusive, ascending, apart, and beyond `upto`."""

    run: str
    upto: int
    ranges: tuple[tuple[int, int], ...] = ()

    def covers(self, seq: int) -> bool:
        return seq <= self.upto or any(first <= seq <= last for first, last in self.ranges)


class Settled:
    """What is settled of one run of one device; grows only, except where the bound forgets.

    Above `ranges_max` ranges, the one untouched for longest is forgotten: the device was told of
    it in many messages already, or sends it again and so makes it the newest. Forgetting the
    lowest or shortest instead could silence one range for ever, and its device re-send for ever.
    """

    __slots__ = ("_clock", "_firsts", "_lasts", "_ranges_max", "_touched", "_upto", "run")

    def __init__(
        self,
        run: str,
        upto: int = NOTHING,
        ranges: Iterable[tuple[int, int]] = (),
        *,
        ranges_max: int = RANGES_MAX,
    ) -> None:
        """Start from nothing, or from a stored settlement."""
        self.run = run
        self._upto = upto
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._touched: list[int] = []
        self._clock = 0
        self._ranges_max = ranges_max
        for first, last in ranges:
            self.add_range(first, last)

    @property
    def upto(self) -> int:
        """The highest sequence below which all is settled; -1 for none."""
        return self._upto

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        if not self._firsts:
            return ()
        return tuple(zip(self._firsts, self._lasts, strict=True))

    def add(self, seq: int) -> None:
        """Settle one sequence; in order, this costs one comparison."""
        if seq == self._upto + 1 and not self._firsts:
            self._upto = seq
        else:
            self.add_range(seq, seq)

    def with_all(self, sequences: Iterable[int]) -> "Settled":
        """Return what is settled with these too; itself, unchanged, when they were settled.

        Without gaps, the ordinary case, this costs a comparison a sequence and one object.
        """
        upto = self._upto
        rest = []
        for seq in sequences:
            if seq == upto + 1 and not self._firsts:
                upto = seq
            elif seq > upto:
                rest.append(seq)
        if upto == self._upto and not rest:
            return self
        ranges = self.ranges if self._firsts else ()
        after = Settled(self.run, upto, ranges, ranges_max=self._ranges_max)
        for seq in rest:
            after.add(seq)
        return after

    def add_range(self, first: int, last: int) -> None:
        """Settle `first` to `last`, both included."""
        if last <= self._upto:
            return
        if first > last or first < 0:
            raise ValueError(f"range {first} to {last} is empty or negative")
        # Every range that overlaps or touches [first, last] becomes one with it.
        low = bisect_right(self._firsts, first)
        if low and self._lasts[low - 1] >= first - 1:
            low -= 1
        high = bisect_right(self._firsts, last + 1)
        if low < high:
            first = min(first, self._firsts[low])
            last = max(last, self._lasts[high - 1])
        if first <= self._upto + 1:
            self._upto = last
            replacement: list[int] = []
        else:
            replacement = [self._clock]
            self._clock += 1
        self._firsts[low:high] = [first] * len(replacement)
        self._lasts[low:high] = [last] * len(replacement)
        self._touched[low:high] = replacement
        if len(self._firsts) > self._ranges_max:
            self._forget(self._touched.index(min(self._touched)))

    def merge(self, other: "Settled | Settlement") -> None:
        """Settle all that `other`, of the same run, settled."""
        if other.run != self.run:
            raise ValueError(f"run {other.run!r} merged into run {self.run!r}")
        if other.upto > self._upto:
            self.add_range(0, other.upto)
        for first, last in other.ranges:
            self.add_range(first, last)

    def settlement(self) -> Settlement:
        return Settlement(self.run, self._upto, self.ranges)

    def as_message(self) -> bytes:
        """Return the payload for the device's `ack` topic."""
        return msgspec.json.encode(self.settlement())

    def _forget(self, index: int) -> None:
        del self._firsts[index], self._lasts[index], self._touched[index]


_settlement = msgspec.json.Decoder(Settlement).decode


def read_settlement(payload: bytes) -> Settlement:
    """Decode an `ack` message, as a device does.

    Raises:
        BadMessage: not JSON, a field of another type, or ranges that are empty, out of order,
            or not beyond `upto`.
    """
    message = read_json(_settlement, payload)
    check_sequence(message.run, max(0, message.upto))
    if message.upto < NOTHING:
        raise BadMessage(f"upto {message.upto} below {NOTHING}", code="bad_seq", field="upto")
    end = message.upto
    for first, last in message.ranges:
        if not end < first <= last <= SEQ_MAX:
            raise BadMessage(
                f"range {first} to {last} empty or not beyond {end}", code="bad_seq", field="ranges"
            )
        end = last
    return message
