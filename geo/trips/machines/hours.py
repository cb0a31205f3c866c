"""When a machine may move: a week of hours, asked minute by minute."""

from datetime import datetime, timedelta

from identity.week import Week

_MINUTE = timedelta(minutes=1)
_DAY_MINUTES = 24 * 60


def first_outside(week: Week, from_at: datetime, to_at: datetime) -> datetime | None:
    """Return the first moment in [from_at, to_at] outside the hours, None when all are inside.

    Hours begin and end on whole minutes, in every time zone of today.
    """
    at = from_at
    while at <= to_at:
        if not week.allows(at):
            return at
        at = at.replace(second=0, microsecond=0) + _MINUTE
    return None


def open_always(week: Week) -> bool:
    """Return whether a week leaves no minute out."""
    for day in week.days:
        reached = 0
        for start, end in sorted(day):
            if start > reached:
                return False
            reached = max(reached, end)
        if reached < _DAY_MINUTES:
            return False
    return True
