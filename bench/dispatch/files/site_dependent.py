"""Read site-dependent instances in VRPLIB's sections, and the solutions beside them."""

from pathlib import Path

import numpy as np

from bench.dispatch.case import Allowed, Case, Floats, Ints, Routes
from fieldops.errors import BadInput

SCALE = 1000
_Rows = list[tuple[int, list[float]]]
_NEEDED = ("NODE_COORD", "DEMAND", "SERVICE_TIME", "TIME_WINDOW", "CAPACITY")


def read_site_dependent(path: Path, best_known: float | None = None) -> Case:
    """Read one instance; distances are times, a thousandth of the file's unit, rounded.

    Raises:
        BadInput: a section is missing, short or not numbers; it names file, section and line.
    """
    header, sections = _sections(path)
    for name in _NEEDED:
        if name not in sections:
            raise BadInput(f"{path.name} has no {name}_SECTION")
    try:
        n, k = int(header["DIMENSION"]) - 1, int(header["VEHICLES"])
        longest = float(header["VEHICLES_MAX_DURATION"]) if "VEHICLES_MAX_DURATION" in header else 0
    except (KeyError, ValueError) as error:
        raise BadInput(f"{path.name}: header without a number for {error}") from error
    nodes = {name: _table(path, name, sections[name], n + 1) for name in _NEEDED[:4]}
    capacity = _table(path, "CAPACITY", sections["CAPACITY"], k)[:, 0]
    exact = _distances(nodes["NODE_COORD"])
    windows = np.rint(nodes["TIME_WINDOW"] * SCALE)
    order = [*range(1, n + 1), 0]

    def fleet(value: float) -> Ints:
        return np.full(k, value, dtype=np.int32)

    return Case(
        name=path.stem,
        travel=exact[np.ix_(order, order)].astype(np.int32),
        exact=exact[np.ix_(order, order)] / SCALE,
        scale=SCALE,
        start=fleet(n),
        end=fleet(n),
        depart=fleet(windows[0, 0]),
        limit=fleet(windows[0, 1]),
        capacity=capacity.astype(np.int32),
        service=np.rint(nodes["SERVICE_TIME"][1:, 0] * SCALE).astype(np.int32),
        demand=nodes["DEMAND"][1:, 0].astype(np.int32),
        opens=windows[1:, 0].astype(np.int32),
        closes=windows[1:, 1].astype(np.int32),
        allowed=_allowed(path, sections.get("VEHICLES_ALLOWED_CLIENTS"), n, k),
        longest=fleet(longest * SCALE) if longest else None,
        best_known=best_known,
    )


def read_solution(path: Path, vehicles: int) -> tuple[Routes, float]:
    """Read routes, the vehicle's number being the route's, and the cost in the file's unit."""
    routes: Routes = [[] for _ in range(vehicles)]
    cost = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        name, _, rest = line.partition(":")
        words = name.lower().split()
        try:
            if words[:1] == ["route"]:
                routes[int(words[1].strip("#")) - 1] = [int(word) - 1 for word in rest.split()]
            elif line.lower().startswith("cost"):
                cost = float(line.lower().removeprefix("cost").strip(" :")) / SCALE
        except (ValueError, IndexError) as error:
            raise BadInput(f"{path.name} line {number}: {line!r} is no route or cost") from error
    if cost is None:
        raise BadInput(f"{path.name} has no cost")
    return routes, cost


def _sections(path: Path) -> tuple[dict[str, str], dict[str, _Rows]]:
    header: dict[str, str] = {}
    sections: dict[str, _Rows] = {}
    rows: _Rows | None = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split()
        if not words or words == ["EOF"]:
            continue
        if words[0].rstrip(":").endswith("_SECTION"):
            rows = sections.setdefault(words[0].rstrip(":").removesuffix("_SECTION"), [])
        elif rows is None or ":" in line:
            name, _, value = line.partition(":")
            header[name.strip()] = value.strip()
        else:
            try:
                rows.append((number, [float(word) for word in words]))
            except ValueError as error:
                raise BadInput(f"{path.name} line {number}: {line[:40]!r} is no number") from error
    return header, sections


def _table(path: Path, name: str, rows: _Rows, count: int) -> Floats:
    """Return the rows without their number, which must count from 1."""
    if name == "NODE_COORD" or len(rows) == count:
        for wanted, (line, row) in enumerate(rows, 1):
            if row[0] != wanted or len(row) != len(rows[0][1]) or len(row) < 2:
                raise BadInput(f"{path.name} line {line}: not row {wanted} of {name}_SECTION")
    if len(rows) != count:
        raise BadInput(f"{path.name}: {len(rows)} rows in {name}_SECTION, not {count}")
    return np.array([row[1:] for _, row in rows])


def _distances(
    points: Floats,
) -> Floats:
    apart = points[:, None, :] - points[None, :, :]
    return np.asarray(np.rint(np.sqrt((apart**2).sum(axis=2)) * SCALE))


def _allowed(path: Path, rows: _Rows | None, n: int, k: int) -> Allowed:
    if rows is None:
        return np.ones((n, k), dtype=np.bool_)
    allowed = np.zeros((n, k), dtype=np.bool_)
    for line, (vehicle, *clients) in rows:
        if not 1 <= vehicle <= k or not all(2 <= client <= n + 1 for client in clients):
            raise BadInput(f"{path.name} line {line}: a vehicle or client that does not exist")
        allowed[[int(client) - 2 for client in clients], int(vehicle) - 1] = True
    return allowed
