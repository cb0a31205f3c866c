"""What the checker finds: rules by name, and where one is broken."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule a plan breaks, where, and by how much in words for the log."""

    rule: Rule
    crew_id: UUID | None
    task_id: UUID | None
    detail: str
