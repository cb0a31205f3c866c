"""Read the classic text of Solomon's and Homberger's instances (VRPTW)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.dispatch.case import Case, Floats, Ints
from fieldops.errors import BadInput

SCALE = 1000
_COLUMNS = 7


@dataclass(frozen=True, slots=True)
class SolomonFile:
    """Nodes in order, the depot first: x, y, demand, opens, closes, service, shape (n + 1, 6)."""

    name: str
    vehicles: int
    capacity: int
    nodes: Floats

    def distances(self) -> Floats:
        """Return Euclidean distances in doubles, shape (n + 1, n + 1)."""
        at = self.nodes[:, :2]
        apart = at[:, None, :] - at[None, :, :]
        return np.asarray(np.sqrt((apart**2).sum(axis=2)))


def read_solomon(path: Path) -> SolomonFile:
    """Read one instance.

    Raises:
        BadInput: a line or a number is not what the format says; it names file and line.
    """
    try:
        return parsed(path.read_text(), path.name)
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is no text: {error}") from error


def parsed(text: str, source: str) -> SolomonFile:
    """Read the text of an instance; `source` names it in errors."""
    lines = [line.split() for line in text.splitlines()]
    rows = [(i + 1, words) for i, words in enumerate(lines) if words]
    if not rows:
        raise BadInput(f"{source}: empty file")
    name = rows[0][1][0]
    numeric = [(i, _numbers(words)) for i, words in rows[1:]]
    fleet = [row for row in numeric if row[1] is not None and len(row[1]) == 2]
    nodes = [row for row in numeric if row[1] is not None and len(row[1]) == _COLUMNS]
    odd = [row for row in numeric if row[1] is not None and len(row[1]) not in (2, _COLUMNS)]
    if odd:
        raise BadInput(f"{source} line {odd[0][0]}: {len(odd[0][1] or ())} numbers, not 7")
    if len(fleet) != 1 or len(nodes) < 2:
        raise BadInput(f"{source}: {len(fleet)} vehicle lines and {len(nodes)} nodes")
    table = np.array([row[1] for row in nodes], dtype=np.float64)
    for (line, _), row in zip(nodes, table, strict=True):
        if row[5] < row[4] or row[3] < 0 or row[6] < 0:
            raise BadInput(f"{source} line {line}: a window, demand or service below zero")
    vehicles, capacity = (int(number) for number in fleet[0][1] or ())
    return SolomonFile(name, vehicles, capacity, table[:, 1:])


def _numbers(words: list[str]) -> list[float] | None:
    try:
        return [float(word) for word in words]
    except ValueError:
        return None


def solomon_case(file: SolomonFile, best_known: float | None) -> Case:
    """Return the case: distance in doubles is the cost and the time, whole units a thousandth.

    Units are rounded up, so that what keeps them keeps the doubles.
    """
    n, k = len(file.nodes) - 1, file.vehicles
    exact = file.distances()
    # The depot goes last: tasks stand under their own number.
    order = [*range(1, n + 1), 0]
    exact = exact[np.ix_(order, order)]
    demand, opens, closes, service = file.nodes[1:, 2:6].T

    def fleet(value: float) -> Ints:
        return np.full(k, value, dtype=np.int32)

    return Case(
        name=file.name,
        travel=np.ceil(exact * SCALE - 1e-6).astype(np.int32),
        exact=exact,
        scale=SCALE,
        start=fleet(n),
        end=fleet(n),
        depart=fleet(file.nodes[0, 3] * SCALE),
        limit=fleet(file.nodes[0, 4] * SCALE),
        capacity=fleet(file.capacity),
        service=(service * SCALE).astype(np.int32),
        demand=demand.astype(np.int32),
        opens=(opens * SCALE).astype(np.int32),
        closes=(closes * SCALE).astype(np.int32),
        allowed=np.ones((n, k), dtype=np.bool_),
        best_known=best_known,
    )
