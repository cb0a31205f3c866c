"""Breaks: when a crew must rest during its shift, as windows that a plan has to place.

The one idea: a rule such as "20 minutes once six hours are reached" (Code du travail, L3121-16)
becomes a window for each break, so chosen that whatever the plan does inside them, no stretch of
work exceeds the rule. Solvers and checker see only windows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.problem.checks import check_order, check_range

FRENCH_AFTER_S = 6 * 3600
FRENCH_LENGTH_S = 20 * 60


@dataclass(frozen=True, slots=True)
class Break:
    """A rest that starts in [earliest_at, latest_at] and lasts length_s.

    It is due when the crew is still out after latest_at. It lies between two visits and may
    interrupt a drive; or it is taken on the spot, which asks nothing of the plan, when a single
    visit covers [earliest_at, latest_at + length_s]. Where started work holds the crew beyond
    latest_at, the break may start as soon as the crew is free.
    """

    earliest_at: datetime
    latest_at: datetime
    length_s: int = FRENCH_LENGTH_S

    def __post_init__(self) -> None:
        check_order("window of a break", "/breaks", self.earliest_at, self.latest_at)
        check_range("break length in s", "/breaks", self.length_s, 1, 86_400)


def statutory_breaks(
    work_start: datetime,
    work_end: datetime,
    *,
    after_s: int = FRENCH_AFTER_S,
    length_s: int = FRENCH_LENGTH_S,
) -> tuple[Break, ...]:
    """Return the breaks due between two instants, the French ones unless told otherwise.

    As few as keep every stretch of work at or below after_s, spread evenly, each with all the room
    that this leaves: break i of n starts after_s behind the earliest end of the one before at the
    latest, and so late that what follows can still be covered.

    Args:
        work_start: when the crew's day begins.
        work_end: when it is over at the latest, overtime included.
    """
    check_order("work", "/shift_end", work_start, work_end)
    check_range("work before a break in s", "/after_s", after_s, 60)
    span_s = int((work_end - work_start).total_seconds())
    # n breaks cover (n + 1) stretches of work and n breaks.
    count = max(0, -(-(span_s - after_s) // (after_s + length_s)))
    breaks = []
    slack_s = count * (after_s + length_s) + after_s - span_s
    for number in range(1, count + 1):
        # Break i may move by its share of the slack without stretching a neighbour.
        latest_s = number * after_s + (number - 1) * length_s - slack_s * (number - 1) // count
        earliest_s = latest_s - slack_s // count
        breaks.append(
            Break(
                work_start + timedelta(seconds=max(0, earliest_s)),
                work_start + timedelta(seconds=latest_s),
                length_s,
            )
        )
    return tuple(breaks)
