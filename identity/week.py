"""Hours of a week on one place's clock: when tracking is allowed, when a fence is watched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_Hours = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Allowed hours of a week in one time zone; per day, Monday first, [from, to) in minutes."""

    tz: ZoneInfo
    days: tuple[_Hours, ...]

    def allows(self, at: datetime) -> bool:
        """Return whether the wall clock there stands inside the hours at this instant.

        From an instant to a wall clock there is one answer even when clocks are changed.
        """
        local = at.astimezone(self.tz)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.days[local.weekday()])


def week_of(schedule: Mapping[str, Any]) -> Week | None:
    """Return the hours a policy's schedule tells (shape: api's WeekSchedule), None for none."""
    if not schedule:
        return None
    return Week(ZoneInfo(schedule["tz"]), tuple(_hours(day) for day in schedule["week"]))


def _hours(day: Iterable[Sequence[str]]) -> _Hours:
    return tuple((_minute(start), _minute(end)) for start, end in day)


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
