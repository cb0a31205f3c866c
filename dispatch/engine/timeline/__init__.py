"""A problem in whole seconds, routes laid out in time, and what one more visit would do to them."""

from dispatch.engine.timeline.layout import Timeline, lay_out
from dispatch.engine.timeline.numbers import Numbers, numbers, unlocked
from dispatch.engine.timeline.planning import filled, fitted, placed, plan_of, repaired
from dispatch.engine.timeline.schedule import (
    Insertion,
    Schedule,
    best_insertion,
    cheapest,
    inserted,
    insertions,
    removed,
    schedule,
    schedule_cost,
)

__all__ = [
    "Insertion",
    "Numbers",
    "Schedule",
    "Timeline",
    "best_insertion",
    "cheapest",
    "filled",
    "fitted",
    "inserted",
    "insertions",
    "lay_out",
    "numbers",
    "placed",
    "plan_of",
    "removed",
    "repaired",
    "schedule",
    "schedule_cost",
    "unlocked",
]
