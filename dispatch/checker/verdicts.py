"""What the checker finds: rules by name, where one is broken, and by how much."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID


class Rule(StrEnum):
    ROUTES = "routes"
    COVERAGE = "coverage"
    TRAVEL = "travel"
    WINDOW = "window"
    DURATION = "duration"
    SHIFT = "shift"
    REST = "rest"
    BREAK = "break"
    SKILL = "skill"
    CREDENTIAL = "credential"
    CREW_SIZE = "crew_size"
    EQUIPMENT = "equipment"
    PERMIT = "permit"
    DECLINED = "declined"
    PINNED = "pinned"
    LOCKED = "locked"
    ORDER = "order"
    TOGETHER = "together"
    SAME_CREW = "same_crew"
    KEEP_ORDER = "keep_order"
    CAPACITY = "capacity"
    ROUTE_LENGTH = "route_length"
    COST = "cost"


# Broken altogether, and not by so many seconds: worse than any.
WHOLLY = 10**9


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule a plan breaks, where, and by how much in words for the log.

    amount: by how much as a number, 1 or more: seconds of what is late or apart, persons, words or
    tools that lack. It compares with the same rule at the same place only.
    """

    rule: Rule
    crew_id: UUID | None
    task_id: UUID | None
    detail: str
    amount: int = 1


def seconds(excess: timedelta) -> int:
    """Return how much too much it is in whole seconds, rounded up."""
    return max(1, -(-excess // timedelta(seconds=1)))
