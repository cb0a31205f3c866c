"""What a bench says: figures, the peers beside them, and which goals were met."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Report:
    """One run of a bench.

    Attributes:
        bench: its name.
        figures: name (the unit is in it) to number.
        peers: what others reached in the same run; None when they are not installed.
        goals: figure to `>= 0.9`, `<= 60` or `== 0`; a figure that was not measured is missed.
        notes: what a reader must know to judge the figures (a loaded machine, say).
    """

    bench: str
    figures: Mapping[str, float]
    peers: Mapping[str, float | None] = field(default_factory=dict)
    goals: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def judged(self) -> dict[str, dict[str, Any]]:
        """Return each goal beside its figure and whether it was met."""
        return {figure: self._judged(figure, goal) for figure, goal in self.goals.items()}

    def as_json(self, machine: Mapping[str, Any]) -> dict[str, Any]:
        """Return the one object programs read; `machine` says where it ran."""
        goals = self.judged()
        return {
            "bench": self.bench,
            "machine": dict(machine),
            "figures": dict(self.figures),
            "peers": dict(self.peers),
            "goals": goals,
            "notes": list(self.notes),
            "ok": all(goal["met"] for goal in goals.values()),
        }

    def _judged(self, figure: str, goal: str) -> dict[str, Any]:
        relation, _, limit = goal.partition(" ")
        value = self.figures.get(figure)
        met = value is not None and _RELATIONS[relation](value, float(limit))
        return {"goal": goal, "value": value, "met": met}


def median(values: list[float]) -> float:
    """Return the middle value, the lower of two."""
    return sorted(values)[(len(values) - 1) // 2]


def percentile(weighted: list[tuple[float, float]], share: float) -> float:
    """Return the value below which `share` of the weight of (value, weight) pairs lies."""
    ordered = sorted(weighted)
    rest = share * sum(weight for _, weight in ordered)
    for value, weight in ordered:
        rest -= weight
        if rest <= 0:
            return value
    return ordered[-1][0] if ordered else float("nan")
