"""What to think of a declaration: conform, to check or incoherent, with the reasons; pure.

The verdict never blocks and never accuses: it says to a person where to look. About the place it
is as sure as the position: a point 30 m outside with an accuracy of 25 m may well be inside (twice
the 68 % radius holds some 95 % of a two-dimensional normal error).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from uuid import UUID

from proof.attendance.timeline import Declaration, Interval, Reason, Timeline, by_day, timeline

Word = Literal["conform", "to_check", "incoherent"]
ORDER: Mapping[str, int] = {"conform": 0, "to_check": 1, "incoherent": 2}
# What cannot be as it was said; every other reason asks for a look.
INCOHERENT = frozenset({"outside_fence", "mock", "already_in"})
# Nothing to hold against anybody.
AIDS = frozenset({"presence_supports"})
_PLACED = frozenset({"no_position", "accuracy_poor", "accuracy_unknown", "near_fence"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The tenant's numbers (table attendance_rule); seconds and metres."""

    clock_most_s: int
    accuracy_most_m: int
    margin_m: int
    rest_least_s: int
    day_most_s: int
    span_most_s: int
    break_after_s: int
    break_least_s: int
    presence_aid: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    word: Word
    reasons: tuple[Reason, ...] = ()


def judge(declarations: Iterable[Declaration], limits: Limits) -> dict[UUID, Verdict]:
    """Return a verdict for every declaration that counts, of one worker.

    The first and last days of what is given are judged without their neighbours, so give more
    than what is asked about.
    """
    made = timeline(declarations, limits.span_most_s)
    _judge_time(made, limits)
    verdicts = {}
    for each in made.standing:
        reasons = [*_about_place(each, limits), *_about_clock(each, limits), *_about_source(each)]
        reasons += made.odd.get(each.id, ())
        verdicts[each.id] = Verdict(word_of(reasons), tuple(reasons))
    return verdicts


def word_of(reasons: Iterable[Reason]) -> Word:
    """Return the worst that the reasons say."""
    codes = {reason.code for reason in reasons} - AIDS
    if codes & INCOHERENT:
        return "incoherent"
    return "to_check" if codes else "conform"


def _about_place(each: Declaration, limits: Limits) -> list[Reason]:
    """Judge where an `in` or `out` was said; a break may be taken anywhere."""
    if each.kind not in ("in", "out"):
        return []
    reasons = _place(each, limits)
    if each.supported and reasons and all(reason.code in _PLACED for reason in reasons):
        return [Reason("presence_supports")]
    return reasons


def _place(each: Declaration, limits: Limits) -> list[Reason]:
    if not each.located:
        # Who calls the roll vouches for the place, and so does a kiosk that stands there.
        return [Reason("no_position")] if each.source == "self" else []
    reasons = [Reason("mock")] if each.mock else []
    accuracy_m = each.accuracy_m
    if accuracy_m is None:
        reasons.append(Reason("accuracy_unknown"))
    elif accuracy_m > limits.accuracy_most_m:
        params = {"accuracy_m": round(accuracy_m), "most_m": limits.accuracy_most_m}
        reasons.append(Reason("accuracy_poor", params))
    if each.site is None:
        return [*reasons, Reason("no_site")]
    if not each.fenced or each.distance_m is None:
        return [*reasons, Reason("no_fence")]
    sure_m = each.distance_m - 2 * (limits.accuracy_most_m if accuracy_m is None else accuracy_m)
    if each.distance_m > limits.margin_m:
        code = "outside_fence" if sure_m > limits.margin_m else "near_fence"
        params = {"distance_m": round(each.distance_m), "margin_m": limits.margin_m}
        if accuracy_m is not None:
            params["accuracy_m"] = round(accuracy_m)
        reasons.append(Reason(code, params))
    return reasons


def _about_clock(each: Declaration, limits: Limits) -> list[Reason]:
    if each.source == "correction" or each.clock_s is None:
        return []
    if abs(each.clock_s) <= limits.clock_most_s:
        return []
    params = {"skew_s": round(each.clock_s), "most_s": limits.clock_most_s}
    return [Reason("clock_skew", params)]


def _about_source(each: Declaration) -> list[Reason]:
    corrected = each.source == "correction" and each.by_worker
    return [Reason("corrected_by_worker")] if corrected else []


def _judge_time(made: Timeline, limits: Limits) -> None:
    """Note what the law says about rest and long days beside the declaration that shows it."""
    before: Interval | None = None
    for intervals in by_day(made.intervals).values():
        begin = intervals[0].begin
        rest_s = _rest_s(before, begin)
        if rest_s is not None and rest_s < limits.rest_least_s:
            made.note(begin, "rest_short", rest_s=round(rest_s), least_s=limits.rest_least_s)
        worked_s = 0.0
        for interval in intervals:
            worked_s += interval.worked_s
            if worked_s > limits.day_most_s and interval.end is not None:
                made.note(
                    interval.end, "day_long", worked_s=round(worked_s), most_s=limits.day_most_s
                )
        before = intervals[-1]


def _rest_s(before: Interval | None, begin: Declaration) -> float | None:
    if before is None or before.end is None:
        return None
    return (begin.at - before.end.at).total_seconds()


def day_flags(intervals: Iterable[Interval], limits: Limits, *, here: bool = False) -> list[Reason]:
    """Return what is odd about a whole day; who is still `here` has forgotten no out."""
    every = list(intervals)
    flags = []
    worked_s = sum(interval.worked_s for interval in every)
    break_s = sum(interval.break_s for interval in every)
    gaps_s = sum(
        (after.begin.at - before.end.at).total_seconds()
        for before, after in pairwise(every)
        if before.end is not None
    )
    if any(interval.end is None for interval in (every[:-1] if here else every)):
        flags.append(Reason("missing_out"))
    if worked_s > limits.day_most_s:
        over_s = round(worked_s - limits.day_most_s)
        flags.append(Reason("day_long", {"over_s": over_s, "most_s": limits.day_most_s}))
    if worked_s >= limits.break_after_s and break_s + gaps_s < limits.break_least_s:
        params = {"break_s": round(break_s + gaps_s), "least_s": limits.break_least_s}
        flags.append(Reason("break_short", params))
    return flags
