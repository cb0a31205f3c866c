"""How far each device's clock is off, as well as one can tell from what it sends.

A fix is received after it was observed, by the clock's error and by the way. The way is never
negative and now and then short, so the least lag of ten seconds tells the error and little else;
of the last twelve such spells the third least is taken, which neither one lucky nor one wild stamp
moves, nor a backlog of up to ninety seconds. Stamps of unset clocks say nothing. No stamp is ever
rewritten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from devices.wire.message import CLOCK_SET_SINCE
from fieldops.database import Connection, sql
from fieldops.events import NewEvent
from fieldops.model import Fix
from ingest.piles import last_of_each

SPELL_S = 10
SPELLS_MOST, SPELLS_LEAST = 12, 4
QUANTILE = 5  # a fifth of the spells lie below
OFF_S, BACK_S = 60.0, 30.0
# An estimate is written when it has moved by so much, or by a tenth.
STEP_S = 0.5
DEVICES_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """`offset_s`: receipt minus stamp, so positive for a clock that is behind."""

    offset_s: float
    off: bool


@dataclass(slots=True)
class _Lags:
    """The least lag of each spell; `spell` is the present one's number, `least_s` its least."""

    spell: int
    least_s: float
    past: list[float] = field(default_factory=list)

    def add(self, spell: int, lag_s: float) -> bool:
        """Take a lag; True when it ended a spell."""
        if spell == self.spell:
            self.least_s = min(self.least_s, lag_s)
            return False
        self.past = [*self.past[1 - SPELLS_MOST :], self.least_s]
        self.spell, self.least_s = spell, lag_s
        return len(self.past) >= SPELLS_LEAST

    def offset_s(self) -> float:
        return sorted(self.past)[len(self.past) // QUANTILE]


class Clocks:
    """The devices' clocks; `note` learns after a commit, and what it moved goes with the next."""

    def __init__(self, written: dict[UUID, Estimate]) -> None:
        self._written = written
        self._lags: dict[UUID, _Lags] = {}
        self._moved: dict[UUID, Estimate] = {}

    def note(self, fixes: Sequence[Fix]) -> None:
        """Learn from the newest fix of each device among these; each's are in order of time."""
        for device, fix in last_of_each(fixes).items():
            if fix.observed_at < CLOCK_SET_SINCE:
                continue
            lag_s = (fix.received_at - fix.observed_at).total_seconds()
            spell = int(fix.received_at.timestamp()) // SPELL_S
            lags = self._lags.get(device)
            if lags is None:
                if len(self._lags) >= DEVICES_MOST:
                    del self._lags[next(iter(self._lags))]
                self._lags[device] = _Lags(spell, lag_s)
            elif lags.add(spell, lag_s):
                self._judge(device, lags.offset_s())

    def _judge(self, device: UUID, offset_s: float) -> None:
        known = self._written.get(device)
        off = abs(offset_s) > (BACK_S if known and known.off else OFF_S)
        if known is None or off != known.off or _differ(known.offset_s, offset_s):
            self._moved[device] = Estimate(offset_s, off)
        else:
            self._moved.pop(device, None)

    def moved(self) -> dict[UUID, Estimate]:
        """Return the estimates that are to be written."""
        return dict(self._moved)

    def turned(self, moved: Mapping[UUID, Estimate]) -> list[NewEvent]:
        """Return an event for each clock that passed the limit, or came back."""
        return [
            NewEvent(
                "device.clock_off",
                {"id": str(device), "clock_offset_s": round(now.offset_s, 3), "off": now.off},
            )
            for device, now in moved.items()
            if now.off != (device in self._written and self._written[device].off)
        ]

    def wrote(self, moved: Mapping[UUID, Estimate]) -> None:
        """Take over what a commit wrote."""
        self._written.update(moved)
        for device in moved:
            self._moved.pop(device, None)


async def store_clocks(connection: Connection, moved: Mapping[UUID, Estimate]) -> None:
    """Write estimates, in the batch's transaction."""
    if moved:
        await connection.execute(
            sql("ingest", "store_clocks"),
            list(moved),
            [each.offset_s for each in moved.values()],
            [each.off for each in moved.values()],
        )


async def load_clocks(connection: Connection) -> Clocks:
    """Read what was written; one row a device."""
    rows = await connection.fetch(sql("ingest", "read_clocks"), DEVICES_MOST)
    return Clocks({row["device_id"]: Estimate(row["offset_s"], row["off"]) for row in rows})


def _differ(known_s: float, offset_s: float) -> bool:
    return abs(offset_s - known_s) > max(STEP_S, 0.1 * abs(known_s))
