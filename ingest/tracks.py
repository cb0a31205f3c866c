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
from math import radians
from typing import TypeAlias
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.model import EARTH_RADIUS_M, UNTRUSTED_TIME, Fix, Flag, great_circle_m
from ingest.piles import last_of_each

PLAUSIBLE_MPS = 70.0
# No way over the ground is longer than along the meridian and then along the equator; the little
# beyond 1 is more than rounding takes.
_MOST_M_A_DEGREE = 1.000_001 * EARTH_RADIUS_M * radians(1.0)
DEVICES_MOST = 200_000
_UNTRUSTED, _NONE = int(UNTRUSTED_TIME), Flag.NONE  # a Flag's own operators cost a microsecond

Place: TypeAlias = tuple[datetime, float, float]
Key: TypeAlias = tuple[UUID, datetime]


@dataclass(frozen=True, slots=True)
class Judged:
    """Fixes with their flags; those of `late` devices only against their own batch."""

    fixes: Sequence[Fix]
    late: frozenset[UUID]
    untrusted: bool = False

    def split(self) -> tuple[Sequence[Fix], Sequence[Fix]]:
        """Return the fixes newer than all of their device, and the others."""
        if not self.late and not self.untrusted:
            return self.fixes, ()
        new: list[Fix] = []
        others: list[Fix] = []
        for fix in self.fixes:
            is_new = is_trusted(fix) and fix.device not in self.late
            (new if is_new else others).append(fix)
        return new, others

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


def is_trusted(fix: Fix) -> bool:
    """Return whether the time of a fix can be trusted."""
    return fix.flags is _NONE or not int(fix.flags) & _UNTRUSTED


class Tracks:
    """The newest place of each device; `judge` reads it, `advance` moves it after the commit."""

    def __init__(self, places: dict[UUID, Place]) -> None:
        self._places = places

    def judge(self, fixes: Sequence[Fix]) -> Judged:
        """Judge fixes, each device's in order of time, by the newest places and by each other.

        Cheap where a device's fixes lie together.
        """
        judged: list[Fix] = []
        late: set[UUID] = set()
        untrusted = False
        before: dict[UUID, Fix] = {}
        device: UUID | None = None
        known: Place | None = None
        last: Fix | None = None
        for fix in fixes:
            if fix.flags is not _NONE and not is_trusted(fix):
                untrusted = True
                judged.append(fix)
                continue
            if fix.device is not device:
                if last is not None:
                    before[last.device] = last
                device = fix.device
                known, last = self._places.get(device), before.get(device)
            at = fix.observed_at
            if known is not None and known[0] >= at:
                late.add(fix.device)
                place = None if last is None else _place(last)
            elif last is None or (known is not None and last.observed_at < known[0]):
                place = known
            else:
                place = last.observed_at, last.lon, last.lat
            if place is not None and _implausible(place, at, fix.lon, fix.lat):
                judged.append(fix.flagged(Flag.IMPLAUSIBLE_SPEED))
            else:
                judged.append(fix)
            last = fix
        return Judged(judged, frozenset(late), untrusted)

    def advance(self, fixes: Sequence[Fix]) -> None:
        """Take the committed fixes as the newest places, where they are."""
        trusted = [fix for fix in fixes if fix.flags is _NONE or is_trusted(fix)]
        for device, fix in last_of_each(trusted).items():
            known = self._places.get(device)
            if known is None or known[0] <= fix.observed_at:
                self._places[device] = _place(fix)


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


async def rejudge_behind(connection: Connection, batch: int, holes: Sequence[Key]) -> list[Fix]:
    """Judge the first fix after each (device, moment), where one is gone, as `rejudge` does."""
    rows = await connection.fetch(
        sql("ingest", "read_following"),
        [device for device, _ in holes],
        [at for _, at in holes],
        int(UNTRUSTED_TIME),
    )
    return await rejudge(connection, batch, [_fix(row) for row in rows])


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
            implausible = last is not None and _implausible(last, *_place(fix))
            last = _place(fix)
        if implausible != bool(fix.flags & Flag.IMPLAUSIBLE_SPEED):
            verdicts[fix.device, fix.observed_at] = implausible
        following = _neighbour(row, "after")
        if following is not None:
            implausible = last is not None and _implausible(last, *following)
            if implausible != bool(row["after_flags"] & Flag.IMPLAUSIBLE_SPEED):
                verdicts[fix.device, following[0]] = implausible
    return verdicts


def _neighbour(row: Record, side: str) -> Place | None:
    at = row[f"{side}_at"]
    return None if at is None else (at, row[f"{side}_lon"], row[f"{side}_lat"])


def _place(fix: Fix) -> Place:
    return fix.observed_at, fix.lon, fix.lat


def _implausible(last: Place, at: datetime, lon: float, lat: float) -> bool:
    """Judge exactly; that the speed is far below the limit is told without trigonometry."""
    elapsed_s = max((at - last[0]).total_seconds(), 0.001)
    degrees = abs(lon - last[1]) + abs(lat - last[2])
    if degrees * _MOST_M_A_DEGREE <= PLAUSIBLE_MPS * elapsed_s:
        return False
    return great_circle_m(last[1], last[2], lon, lat) / elapsed_s > PLAUSIBLE_MPS


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
