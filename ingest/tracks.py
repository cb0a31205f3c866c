"""Whether a fix tells a speed nobody drives, judged against the fix before it in time.

`IMPLAUSIBLE_SPEED`: the straight line from the device's previous fix in time needs more than
70 m/s. It depends on which fixes are stored, never on the order they came in: one that lands
between two others is judged, and the one after it again. Fixes of untrusted time are neither
judged nor anybody's previous fix.

Nearly every fix is newer than all of its device; those are judged in memory (`Tracks.judge`). For
the rest, and whenever the database took something else than we offered, `rejudge` asks it for the
neighbours after the batch's rows are in.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.model import UNTRUSTED_TIME, Fix, Flag, great_circle_m

PLAUSIBLE_MPS = 70.0
DEVICES_MOST = 200_000
_UNTRUSTED = int(UNTRUSTED_TIME)  # Flag's `&` costs a microsecond

Place: TypeAlias = tuple[datetime, float, float]
Key: TypeAlias = tuple[UUID, datetime]


@dataclass(frozen=True, slots=True)
class Judged:
    """Fixes with their flags; those of `late` devices only against their own batch."""

    fixes: Sequence[Fix]
    late: frozenset[UUID]

    def unsure(self, taken: Sequence[Fix], replaced: Collection[Key]) -> list[Fix]:
        """Return those of the `taken` that must be judged again among what is stored.

        A fix the database did not take has another in its place there, or the same with other
        flags; one that replaced a row may have been the previous of a third.
        """
        devices = {*self.late, *(device for device, _ in replaced)}
        if len(taken) < len(self.fixes):
            kept = {(fix.device, fix.observed_at) for fix in taken}
            devices.update(f.device for f in self.fixes if (f.device, f.observed_at) not in kept)
        return [fix for fix in taken if fix.device in devices] if devices else []


class Tracks:
    """The newest place of each device; `judge` reads it, `advance` moves it after the commit."""

    def __init__(self, places: dict[UUID, Place]) -> None:
        self._places = places

    def judge(self, fixes: Sequence[Fix]) -> Judged:
        """Judge fixes, in order of time, by the newest places and by each other."""
        judged: list[Fix] = []
        late: set[UUID] = set()
        before: dict[UUID, Place] = {}
        for fix in fixes:
            if int(fix.flags) & _UNTRUSTED:
                judged.append(fix)
                continue
            last = before.get(fix.device)
            known = self._places.get(fix.device)
            if known is not None:
                if known[0] >= fix.observed_at:
                    late.add(fix.device)
                elif last is None or last < known:
                    last = known
            implausible = last is not None and _implausible(last, _place(fix))
            judged.append(fix.flagged(Flag.IMPLAUSIBLE_SPEED) if implausible else fix)
            before[fix.device] = _place(fix)
        return Judged(judged, frozenset(late))

    def advance(self, fixes: Sequence[Fix]) -> None:
        """Take the committed fixes as the newest places, where they are."""
        for fix in fixes:
            if fix.flags and fix.flags & UNTRUSTED_TIME:
                continue
            known = self._places.get(fix.device)
            if known is None or known[0] <= fix.observed_at:
                self._places[fix.device] = _place(fix)


async def rejudge(connection: Connection, batch: int, fixes: Sequence[Fix]) -> list[Fix]:
    """Judge stored fixes, and the one after each, by their neighbours in time.

    Rows whose flag changes become rows of `batch`, so that whoever follows the batches hears of
    them; they are returned. The transaction must hold the lease: nobody else writes fixes.
    """
    rows = await connection.fetch(
        sql("ingest", "read_neighbours"),
        [fix.device for fix in fixes],
        [fix.observed_at for fix in fixes],
        int(UNTRUSTED_TIME),
    )
    verdicts = _verdicts(fixes, rows)
    if not verdicts:
        return []
    moments = [at for _, at in verdicts]
    corrected = await connection.fetch(
        sql("ingest", "correct_speed_flags"),
        batch,
        [device for device, _ in verdicts],
        moments,
        list(verdicts.values()),
        int(Flag.IMPLAUSIBLE_SPEED),
        min(moments),
        max(moments),
    )
    return [_fix(row) for row in corrected]


def corrected_by(fixes: Sequence[Fix], corrections: Iterable[Fix]) -> Sequence[Fix]:
    """Return the fixes of a batch with its corrections in or among them, in order of time."""
    by_key = {(fix.device, fix.observed_at): fix for fix in corrections}
    if not by_key:
        return fixes
    merged = {(fix.device, fix.observed_at): fix for fix in fixes} | by_key
    return sorted(merged.values(), key=lambda fix: fix.observed_at)


async def load_tracks(connection: Connection) -> Tracks:
    """Read the latest fix of each device; one row a device."""
    rows = await connection.fetch(sql("ingest", "read_latest"), DEVICES_MOST)
    return Tracks({r["device_id"]: (r["observed_at"], r["lon"], r["lat"]) for r in rows})


def _verdicts(fixes: Sequence[Fix], rows: Sequence[Record]) -> dict[Key, bool]:
    """Return whether each is implausible, where the stored flag says otherwise.

    `rows` are the neighbours, one row a fix in the same order.
    """
    verdicts: dict[Key, bool] = {}
    for fix, row in zip(fixes, rows, strict=True):
        last = _neighbour(row, "before")
        implausible = False
        if not fix.flags & UNTRUSTED_TIME:
            implausible = last is not None and _implausible(last, _place(fix))
            last = _place(fix)
        if implausible != bool(fix.flags & Flag.IMPLAUSIBLE_SPEED):
            verdicts[fix.device, fix.observed_at] = implausible
        following = _neighbour(row, "after")
        if following is not None:
            implausible = last is not None and _implausible(last, following)
            if implausible != bool(row["after_flags"] & Flag.IMPLAUSIBLE_SPEED):
                verdicts[fix.device, following[0]] = implausible
    return verdicts


def _neighbour(row: Record, side: str) -> Place | None:
    at = row[f"{side}_at"]
    return None if at is None else (at, row[f"{side}_lon"], row[f"{side}_lat"])


def _place(fix: Fix) -> Place:
    return fix.observed_at, fix.lon, fix.lat


def _implausible(last: Place, this: Place) -> bool:
    elapsed_s = (this[0] - last[0]).total_seconds()
    distance_m = great_circle_m(last[1], last[2], this[1], this[2])
    return distance_m / max(elapsed_s, 0.001) > PLAUSIBLE_MPS


def _fix(row: Record) -> Fix:
    return Fix(
        row["device_id"],
        row["observed_at"],
        row["received_at"],
        row["lon"],
        row["lat"],
        row["run"],
        row["seq"],
        row["accuracy_m"],
        row["speed_mps"],
        row["heading_deg"],
        row["altitude_m"],
        row["battery_pct"],
        row["source"],
        Flag(row["flags"]),
    )
