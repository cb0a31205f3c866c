"""Read our own `field_day` instances: crews by tasks, skills, shifts, priorities, seconds."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from bench.dispatch.case import Case, Ints
from fieldops.errors import BadInput

_PARTS = ("travel_s", "crews", "tasks", "unassigned_cost_s")


def read_field_day(path: Path) -> Case:
    """Read one instance; the cost is seconds of travel and the cost of the tasks left out.

    Raises:
        BadInput: a part is missing or does not fit the others; it names file and part.
    """
    try:
        told = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} is not JSON: {error}") from error
    missing = [part for part in _PARTS if not isinstance(told, dict) or part not in told]
    if missing:
        raise BadInput(f"{path.name} has no {', '.join(missing)}")
    try:
        return field_day_case(told, path.stem)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInput(f"{path.name}: {type(error).__name__} {error}") from error


def field_day_case(told: dict[str, Any], name: str) -> Case:
    """Return the case of an instance as the files write it."""
    crews, tasks = told["crews"], told["tasks"]
    matrix = np.array(told["travel_s"])
    places = [task["place"] for task in tasks]
    places += [crew["start"] for crew in crews] + [crew["end"] for crew in crews]
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.min() < 0:
        raise ValueError(f"travel_s of shape {matrix.shape} is not square seconds >= 0")
    if not all(0 <= place < len(matrix) for place in places):
        raise ValueError(f"a place outside 0 to {len(matrix) - 1}")
    n, k = len(tasks), len(crews)
    # Tasks first, each under its own number, then every crew's start, then every crew's end.
    travel = matrix[np.ix_(places, places)]
    cost = {int(priority): int(value) for priority, value in told["unassigned_cost_s"].items()}
    held = [frozenset(crew["skills"]) for crew in crews]

    def ints(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int32)

    return Case(
        name=str(told.get("name", name)),
        travel=travel.astype(np.int32),
        exact=travel.astype(np.float64),
        scale=1,
        start=ints([n + crew for crew in range(k)]),
        end=ints([n + k + crew for crew in range(k)]),
        depart=ints([crew["shift"][0] for crew in crews]),
        limit=ints([crew["shift"][1] for crew in crews]),
        capacity=np.full(k, n + 1, dtype=np.int32),
        service=ints([task["service_s"] for task in tasks]),
        demand=np.zeros(n, dtype=np.int32),
        opens=ints([task["window"][0] for task in tasks]),
        closes=ints([task["window"][1] for task in tasks]),
        allowed=np.array([[frozenset(task["skills"]) <= has for has in held] for task in tasks]),
        penalty=ints([cost[task["priority"]] for task in tasks]),
    )
