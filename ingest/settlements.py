"""What devices may forget: the settled sequences of each space, in memory and in the database.

The table is the truth; the memory holds what batches touched last and moves only after a commit,
so an aborted transaction leaves no trace in it. `Acks` decides when a device is told.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from devices.ack import Settled
from fieldops.database import Connection, sql
from ingest.message import Drop, Space

SPACES_MOST = 100_000
_ranges = msgspec.json.Encoder().encode


class Settlements:
    """The settled sequences by space; the least lately used are forgotten and read again."""

    def __init__(self) -> None:
        self._known: dict[Space, Settled] = {}

    async def load(self, connection: Connection, spaces: Iterable[Space]) -> None:
        """Read the spaces that are not known yet; one never seen starts from nothing."""
        missing = [space for space in spaces if space not in self._known]
        if not missing:
            return
        rows = await connection.fetch(
            sql("ingest", "read_settlements"), [s[0] for s in missing], [s[1] for s in missing]
        )
        self.begin(missing)  # not before the answer: a read that failed is tried again
        for row in rows:
            space = (row["device_id"], row["run"])
            self._known[space] = Settled(
                row["run"], row["upto"], [(first, last) for first, last in row["ranges"]]
            )

    def begin(self, spaces: Iterable[Space]) -> None:
        """Begin with nothing settled in these spaces."""
        for space in spaces:
            self._known[space] = Settled(space[1])

    def unsettled(self, drops: Iterable[Drop]) -> list[Drop]:
        """Return the drops not counted yet, each once; those without sequence always count."""
        fresh: dict[object, Drop] = {}
        for number, drop in enumerate(drops):
            if drop.space is None:
                fresh[number] = drop
            elif not self._known[drop.space].settlement().covers(drop.seq):
                fresh.setdefault((drop.space, drop.seq), drop)
        return list(fresh.values())

    def grown(self, settled: Mapping[Space, Sequence[int]]) -> dict[Space, Settled]:
        """Return what the spaces will have settled after the batch; the memory stays as it is."""
        grown: dict[Space, Settled] = {}
        for space, sequences in settled.items():
            grown[space] = self._known[space].with_all(sequences)
        return grown

    async def store(
        self,
        connection: Connection,
        grown: Mapping[Space, Settled],
        unlocated: Mapping[Space, Sequence[int]],
        rowless: Mapping[Space, Sequence[int]],
    ) -> None:
        """Write the spaces that moved, in the batch's transaction.

        Of the sequences that said no position (`unlocated`) and of those that left no row more
        than there was (`rowless`), what was settled before is not counted again.
        """
        moved = [(space, after) for space, after in grown.items() if self._moved(space, after)]
        if moved:
            await connection.execute(
                sql("ingest", "store_settlements"),
                [space[0] for space, _ in moved],
                [space[1] for space, _ in moved],
                [after.upto for _, after in moved],
                [_as_json(after.ranges) for _, after in moved],
                self._fresh(moved, unlocated),
                self._fresh(moved, rowless),
            )

    def _fresh(
        self, moved: Sequence[tuple[Space, Settled]], sequences: Mapping[Space, Sequence[int]]
    ) -> list[int]:
        """Return how many of each space's sequences are not settled yet."""
        counts = [0] * len(moved)
        if sequences:
            for place, (space, _) in enumerate(moved):
                if space in sequences:
                    known = self._known[space].settlement()
                    counts[place] = sum(not known.covers(seq) for seq in set(sequences[space]))
        return counts

    def _moved(self, space: Space, after: Settled) -> bool:
        known = self._known[space]
        return after is not known and (after.upto != known.upto or after.ranges != known.ranges)

    def advance(self, grown: Mapping[Space, Settled]) -> None:
        """Take over what a commit made true."""
        for space, after in grown.items():
            self._known.pop(space, None)
            self._known[space] = after
        while len(self._known) > SPACES_MOST:
            del self._known[next(iter(self._known))]

    def message(self, space: Space) -> bytes | None:
        """Return the `ack` for a space, None when it was forgotten meanwhile."""
        known = self._known.get(space)
        return None if known is None else known.as_message()


def _as_json(ranges: Sequence[tuple[int, int]]) -> str:
    return _ranges(ranges).decode() if ranges else "[]"


class Acks:
    """Which devices are to be told, each at most once in `every_s`.

    Only the space is kept: a device is told what is settled when it is told. Beyond `most`
    waiting spaces the longest waiting is dropped; its device is told after its next message.
    """

    def __init__(self, *, every_s: float = 1.0, most: int = SPACES_MOST) -> None:
        self._every_s = every_s
        self._most = most
        self._waiting: dict[Space, None] = {}
        self._told_at: dict[object, float] = {}

    def note(self, spaces: Iterable[Space]) -> None:
        """Remember that these spaces have something to be told."""
        for space in spaces:
            self._waiting[space] = None
        while len(self._waiting) > self._most:
            del self._waiting[next(iter(self._waiting))]

    def due(self, now_s: float) -> list[Space]:
        """Return the spaces to tell now, at most one a device; give back what cannot be sent."""
        while self._told_at:
            device = next(iter(self._told_at))
            if self._told_at[device] > now_s - self._every_s:
                break
            del self._told_at[device]
        due: list[Space] = []
        for space in self._waiting:
            if space[0] not in self._told_at:
                self._told_at[space[0]] = now_s
                due.append(space)
        for space in due:
            del self._waiting[space]
        return due
