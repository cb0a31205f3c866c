"""Where the instances come from: a folder, the shared traces beside the clone, or made here."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fieldops.errors import BadInput

SHARED = Path(__file__).parents[3] / "shared" / "data" / "vrp"


def folder_of(asked: Path | None, name: str) -> Path | None:
    """Return the folder to read, None where there is none and small instances are made.

    Raises:
        BadInput: a folder was asked for and is none.
    """
    if asked is not None:
        if not asked.is_dir():
            raise BadInput(f"{asked} is no folder", pointer="/input")
        return asked
    beside = SHARED / name
    return beside if beside.is_dir() else None


def files_of(folder: Path, pattern: str, limit: int | None) -> list[Path]:
    """Return the files of a folder, at most `limit` spread evenly over their names.

    Raises:
        BadInput: no file fits the pattern.
    """
    found = sorted(folder.glob(pattern))
    if not found:
        raise BadInput(f"{folder} holds no {pattern}", pointer="/input")
    if limit is None or limit >= len(found):
        return found
    return [found[i * len(found) // limit] for i in range(limit)]


def told_source(folder: Path | None) -> str:
    """Say in one line which instances a report speaks of."""
    return f"instances: {folder}" if folder else "instances: small ones made here, no folder given"


def made_solomon(seed: int, customers: int = 60) -> str:
    """Return a text of Solomon's format: random points, windows, demands."""
    chance = Random(seed)  # noqa: S311 seeded
    lines = [f"M{seed}", "", "VEHICLE", "NUMBER CAPACITY", f"{customers} 100", "", "CUSTOMER"]
    lines += ["CUST NO. XCOORD. YCOORD. DEMAND READY DUE SERVICE", "0 50 50 0 0 400 0"]
    for customer in range(1, customers + 1):
        x, y = chance.randint(0, 100), chance.randint(0, 100)
        opens = chance.randint(80, 250)
        lines.append(f"{customer} {x} {y} {chance.randint(1, 20)} {opens} {opens + 60} 10")
    return "\n".join(lines)


def made_field_day(crews: int, tasks: int, seed: int) -> dict[str, Any]:
    """Return an instance of the `field_day` shape: clusters on 60 by 60 km, asymmetric seconds."""
    chance = Random(seed)  # noqa: S311 seeded
    towns = [(chance.uniform(0, 60), chance.uniform(0, 60)) for _ in range(1 + crews // 4)]

    def point() -> tuple[float, float]:
        town = chance.choice(towns)
        return chance.gauss(town[0], 5), chance.gauss(town[1], 5)

    places = np.array([point() for _ in range(1 + crews + tasks)])
    apart_km = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    slower = np.random.default_rng(seed).uniform(1.0, 1.15, apart_km.shape)
    travel = np.ceil(apart_km * 90 * slower).astype(int)
    np.fill_diagonal(travel, 0)
    return {
        "name": f"made{crews}x{tasks}s{seed}",
        "travel_s": travel.tolist(),
        "crews": [
            {
                "start": 1 + crew,
                "end": 0,
                "shift": [0, 32_400],
                "skills": chance.sample(range(5), 2 + crew % 3),
            }
            for crew in range(crews)
        ],
        "tasks": [_made_task(chance, 1 + crews + task) for task in range(tasks)],
        "unassigned_cost_s": {"1": 10_000, "2": 30_000, "3": 100_000},
    }


def _made_task(chance: Random, place: int) -> dict[str, Any]:
    opens = chance.choice([0, 0, 7_200, 14_400])
    return {
        "place": place,
        "service_s": chance.choice([900, 1_800, 2_700]),
        "window": [opens, opens + 14_400],
        "skills": chance.sample(range(5), chance.choice([1, 1, 2])),
        "priority": chance.choice([1, 1, 2, 3]),
    }
