"""From declarations to worked intervals: pure, and nothing but declarations goes in.

What is missing is not guessed: an `in` without its `out` is an interval without an end, which
counts no hours and keeps its day from being validated. An interval belongs to the date on which it
began, on the site's own calendar, so a night shift is one day's work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldops.model import AttendanceKind, AttendanceSource

# At one instant an end comes before a beginning.
_RANK = {"break_end": 0, "out": 1, "in": 2, "break_start": 3}


@dataclass(frozen=True, slots=True)
class Declaration:
    """An attendance event as far as judging needs it.

    `clock_s` is how far the clock alone was off, None unknown; `distance_m` from the site's
    fence of that time, 0 inside, None without a position or a fence; `fenced` whether the site
    had one.
    """

    id: UUID
    kind: AttendanceKind
    source: AttendanceSource
    at: datetime
    received_at: datetime
    tz: str
    site: UUID | None = None
    corrects: UUID | None = None
    void: bool = False
    by_worker: bool = False
    clock_s: float | None = None
    located: bool = False
    accuracy_m: float | None = None
    mock: bool = False
    fenced: bool = False
    distance_m: float | None = None
    fence_version: UUID | None = None
    supported: bool = False

    @property
    def day(self) -> date:
        return self.at.astimezone(ZoneInfo(self.tz)).date()


@dataclass(frozen=True, slots=True)
class Reason:
    """What is odd, as a code the client translates and its parameters."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Break:
    start: Declaration
    end_at: datetime | None = None


@dataclass(slots=True)
class Interval:
    """From one `in` to its `out`; without one, its end is not known."""

    begin: Declaration
    end: Declaration | None = None
    breaks: list[Break] = field(default_factory=list)

    @property
    def break_s(self) -> float:
        spans = (b.end_at - b.start.at for b in self.breaks if b.end_at is not None)
        return sum(span.total_seconds() for span in spans)

    @property
    def worked_s(self) -> float:
        """Seconds worked; 0 while the end is not known."""
        if self.end is None:
            return 0.0
        return (self.end.at - self.begin.at).total_seconds() - self.break_s


@dataclass(slots=True)
class Timeline:
    """One worker's intervals in order, the declarations that count, and what is odd about each."""

    intervals: list[Interval] = field(default_factory=list)
    standing: list[Declaration] = field(default_factory=list)
    odd: dict[UUID, list[Reason]] = field(default_factory=dict)

    def note(self, declaration: Declaration, code: str, **params: Any) -> None:
        self.odd.setdefault(declaration.id, []).append(Reason(code, params))


def standing(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Return what counts, in order of time: not what was corrected or taken back.

    Of several corrections of one event the last received counts.
    """
    every = list(declarations)
    last: dict[UUID, Declaration] = {}
    for each in every:
        if each.corrects is not None:
            other = last.get(each.corrects)
            if other is None or (other.received_at, other.id) < (each.received_at, each.id):
                last[each.corrects] = each
    counted = [
        each
        for each in every
        if not each.void
        and each.id not in last
        and (each.corrects is None or last[each.corrects] is each)
    ]
    return sorted(counted, key=lambda each: (each.at, _RANK[each.kind], each.id))


def timeline(declarations: Iterable[Declaration], span_most_s: float) -> Timeline:
    """Pair what counts to intervals; an `out` later than `span_most_s` ends nothing."""
    made = Timeline(standing=standing(declarations))
    open_one: Interval | None = None
    for each in made.standing:
        if open_one is not None and _span_s(open_one, each) > span_most_s:
            made.note(open_one.begin, "missing_out")
            open_one = None
        match each.kind:
            case "in":
                open_one = _enter(made, open_one, each)
            case "out":
                _leave(made, open_one, each)
                open_one = None
            case "break_start":
                _pause(made, open_one, each)
            case "break_end":
                _resume(made, open_one, each)
    return made


def _span_s(interval: Interval, each: Declaration) -> float:
    return (each.at - interval.begin.at).total_seconds()


def _enter(made: Timeline, open_one: Interval | None, each: Declaration) -> Interval:
    if open_one is not None:
        begin = open_one.begin
        if begin.site == each.site:
            made.note(each, "in_twice", since=begin.at.isoformat())
            return open_one
        site = None if begin.site is None else str(begin.site)
        made.note(each, "already_in", site=site, since=begin.at.isoformat())
        made.note(begin, "missing_out")
    interval = Interval(each)
    made.intervals.append(interval)
    return interval


def _leave(made: Timeline, open_one: Interval | None, each: Declaration) -> None:
    if open_one is None:
        made.note(each, "out_without_in")
        return
    if open_one.breaks and open_one.breaks[-1].end_at is None:
        open_one.breaks[-1].end_at = each.at
    if each.site is not None and open_one.begin.site not in (None, each.site):
        made.note(each, "other_site", site=str(open_one.begin.site))
    open_one.end = each


def _pause(made: Timeline, open_one: Interval | None, each: Declaration) -> None:
    if open_one is None:
        made.note(each, "break_outside_work")
    elif open_one.breaks and open_one.breaks[-1].end_at is None:
        made.note(each, "break_twice", since=open_one.breaks[-1].start.at.isoformat())
    else:
        open_one.breaks.append(Break(each))


def _resume(made: Timeline, open_one: Interval | None, each: Declaration) -> None:
    if open_one is None or not open_one.breaks or open_one.breaks[-1].end_at is not None:
        made.note(each, "break_not_begun")
    else:
        open_one.breaks[-1].end_at = each.at


def by_day(intervals: Sequence[Interval]) -> dict[date, list[Interval]]:
    """Return intervals by the date on which they began."""
    days: dict[date, list[Interval]] = {}
    for interval in intervals:
        days.setdefault(interval.begin.day, []).append(interval)
    return days
