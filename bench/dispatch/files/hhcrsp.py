"""Read home-care instances (HHCRSP): patients, services, two caregivers at once or in order.

Their times are floats without a unit; a thousandth is a second here, so that nothing is lost.
"""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from dispatch.problem import Crew, CrewStart, Link, Order, Problem, Task, Together, Weights
from fieldops.errors import BadInput

MORNING = datetime(2026, 3, 2, tzinfo=UTC)
SCALE = 1000
_PARTS = ("patients", "caregivers", "central_offices", "distances")
_DAY = 1440


def read_hhcrsp(path: Path) -> Problem:
    """Read one instance as a problem: one task for each caregiver a patient requires.

    Raises:
        BadInput: a part is missing or odd; it names file and part.
    """
    try:
        told = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} is not JSON: {error}") from error
    missing = [part for part in _PARTS if not isinstance(told, dict) or part not in told]
    if missing:
        raise BadInput(f"{path.name} has no {', '.join(missing)}")
    try:
        return _problem(told)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInput(f"{path.name}: {type(error).__name__} {error}") from error


def given_routes(instance: Path, solution: Path) -> tuple[float, bool]:
    """Return what a solution file's routes drive, and whether all its starts are in their windows.

    Raises:
        BadInput: the solution does not fit the instance.
    """
    try:
        told, given = json.loads(instance.read_text()), json.loads(solution.read_text())
        place = {patient["id"]: i for i, patient in enumerate(told["patients"], 1)}
        window = {patient["id"]: patient["time_window"] for patient in told["patients"]}
        driven, in_time = 0.0, True
        for route in given["routes"]:
            stops = [0, *(place[visit["patient"]] for visit in route["locations"]), 0]
            driven += sum(told["distances"][i][j] for i, j in pairwise(stops))
            in_time &= all(
                visit["arrival_time"] <= window[visit["patient"]][1] + 1e-6
                for visit in route["locations"]
            )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise BadInput(f"{solution.name}: {type(error).__name__} {error}") from error
    return driven, in_time


def _problem(told: dict[str, Any]) -> Problem:
    places: list[int] = []
    tasks: list[Task] = []
    links: list[Link] = []
    for row, patient in enumerate(told["patients"], 1):
        opens, closes = (MORNING + _s(at) for at in patient["time_window"])
        mine = []
        for asked in patient["required_caregivers"]:
            task = Task(
                UUID(int=1 + len(tasks)),
                0.0,
                0.0,
                round(asked["duration"] * SCALE),
                opens,
                closes,
                priority=1,
                skills=frozenset([asked["service"]]),
            )
            mine.append(task.id)
            tasks.append(task)
            places.append(row)
        links += _links(patient, mine)
    crews = [
        Crew(
            UUID(int=100_000 + number),
            CrewStart(0.0, 0.0, "depot", MORNING),
            MORNING,
            MORNING + _s(_DAY),
            skills=frozenset(carer["abilities"]),
            end_lon=0.0,
            end_lat=0.0,
        )
        for number, carer in enumerate(told["caregivers"])
    ]
    places += [0] * (2 * len(crews))
    travel = np.ceil(np.array(told["distances"], dtype=np.float64) * SCALE).astype(np.int64)
    return Problem(
        MORNING,
        tuple(crews),
        tuple(tasks),
        travel[np.ix_(places, places)],
        links=tuple(links),
        weights=Weights(sooner_permille=0, unassigned_s=(10**7,) * 5),
    )


def _links(patient: dict[str, Any], tasks: list[UUID]) -> list[Link]:
    asked = patient.get("synchronization")
    if asked is None or len(tasks) < 2:
        return []
    if asked["type"] == "simultaneous":
        return [Together(tuple(tasks))]
    least, most = (round(bound * SCALE) for bound in asked["distance"])
    return [Order(tasks[0], tasks[1], least, most, after="start")]


def _s(units: float) -> timedelta:
    return timedelta(seconds=round(units * SCALE))
