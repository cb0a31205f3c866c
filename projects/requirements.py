"""What a task asks for, checked and in order: windows, skills, papers, permits, equipment.

`window_start` and `window_end` span everything. Several windows lie inside them, in order and
apart; the soft window, in which the client would like it, does too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fieldops.errors import BadInput

# Once a crew works on it the plan of it is history; its words may still be put right.
PLANNING = frozenset(
    {
        "duration_s",
        "setup_s",
        "window_start",
        "window_end",
        "windows",
        "soft_start",
        "soft_end",
        "priority",
        "skills",
        "credentials",
        "equipment",
        "min_crew",
        "keep_group",
        "setup_kind",
        "demand",
        "permits",
    }
)
WINDOWS_MOST = 20
_SETS = ("skills", "credentials", "equipment", "permits")
_TIMES = frozenset({"window_start", "window_end", "windows", "soft_start", "soft_end"})


def in_order(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with each code once and sorted, and windows by their start."""
    ordered = dict(fields)
    for name in _SETS:
        if ordered.get(name) is not None:
            ordered[name] = sorted(set(ordered[name]))
    if ordered.get("windows") is not None:
        found = sorted(ordered["windows"], key=lambda w: w["start"])
        ordered["windows"] = [{"start": w["start"], "end": w["end"]} for w in found]
    return ordered


def check_times(fields: Mapping[str, Any], current: Mapping[str, Any], now: datetime) -> None:
    """Check the windows as they will be.

    Raises:
        BadInput: `window_order`, `window_past`; a window outside the span or overlapping another
        (`windows`); a soft window that is half, empty or outside it (`soft_window`).
    """
    if not fields.keys() & _TIMES:
        return
    after = {name: fields.get(name, current.get(name)) for name in _TIMES}
    start, end = after["window_start"], after["window_end"]
    if start is None or end is None:
        return  # a null where none may be: the table's own complaint names it
    if fields.keys() & {"window_start", "window_end"}:
        check_window(start, end, now)
    _check_windows(start, end, [_parsed(w) for w in after["windows"] or ()])
    _check_soft(start, end, after["soft_start"], after["soft_end"])


def check_window(start: datetime, end: datetime, now: datetime) -> None:
    """Raise BadInput when a window is empty, or over before the task is known."""
    if end <= start:
        raise BadInput(
            f"task: window_end {end.isoformat()} is not after window_start {start.isoformat()}",
            pointer="/window_end",
            code="window_order",
        )
    if end <= now:
        raise BadInput(
            f"task: window_end {end.isoformat()} is past, it is {now.isoformat()}",
            pointer="/window_end",
            code="window_past",
        )


def _parsed(window: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return a window's instants, which stand in the row as text."""
    start, end = window["start"], window["end"]
    return (
        start if isinstance(start, datetime) else datetime.fromisoformat(start),
        end if isinstance(end, datetime) else datetime.fromisoformat(end),
    )


def _check_windows(
    start: datetime, end: datetime, windows: Sequence[tuple[datetime, datetime]]
) -> None:
    if len(windows) > WINDOWS_MOST:
        raise BadInput(f"task: {len(windows)} windows, at most {WINDOWS_MOST}", pointer="/windows")
    last = start
    for index, (opens, closes) in enumerate(windows):
        if closes <= opens or opens < last or closes > end:
            raise BadInput(
                f"task: window {opens.isoformat()} to {closes.isoformat()} is empty, overlaps "
                f"another or lies outside {start.isoformat()} to {end.isoformat()}",
                pointer=f"/windows/{index}",
                code="windows",
            )
        last = closes


def _check_soft(
    start: datetime, end: datetime, soft_start: datetime | None, soft_end: datetime | None
) -> None:
    if soft_start is None and soft_end is None:
        return
    if soft_start is None or soft_end is None:
        missing = "soft_start" if soft_start is None else "soft_end"
        raise BadInput(
            f"task: {missing} is missing beside the other",
            pointer=f"/{missing}",
            code="soft_window",
        )
    if soft_end <= soft_start or soft_start < start or soft_end > end:
        raise BadInput(
            f"task: soft window {soft_start.isoformat()} to {soft_end.isoformat()} is empty or "
            f"lies outside {start.isoformat()} to {end.isoformat()}",
            pointer="/soft_start",
            code="soft_window",
        )
