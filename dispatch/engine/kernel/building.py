"""Complete an instance from its essentials: neighbours, sort keys, twins, defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatch.engine.kernel.instance import (
    BASE,
    CHOICES,
    CLOSES,
    DEMAND,
    FORBIDDEN,
    NEIGHBOURS,
    OPENS,
    ORDERS,
    PENALTY,
    SOFT_OPENS,
    WIDTH,
    WINDOWS,
    Floats,
    Instance,
    Ints,
)

NO_LIMIT = 1 << 29
# Weights of the orders where no task can be left out, as in the paper; and where some will be.
ROUTING_WEIGHTS: Mapping[str, float] = {
    "random": 4, "demand": 4, "far": 2, "close": 1, "narrow": 2, "opens": 2, "closes": 2,
}  # fmt: skip
DISPATCH_WEIGHTS: Mapping[str, float] = {
    "random": 4, "penalty": 4, "few_crews": 2, "narrow": 2, "far": 2, "close": 1, "closes": 1,
    "opens": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hours:
    """What hours cost, where they cost anything; shapes as in `Instance`.

    unit, sooner, overtime: cost of a unit of travel, of lateness beyond `base`, of overtime.
    base: best start of each task, shape (n,); shift_end: by crew, shape (k,).
    soft: for each window the starts wished for and what a unit before or after costs,
    shape (kinds, n, w, 4).
    """

    unit: int
    sooner: int
    overtime: int
    base: Ints
    shift_end: Ints
    soft: Ints


def built(
    *,
    travel: Ints,
    vehicle: Ints,
    start: Ints,
    end: Ints,
    depart: Ints,
    limit: Ints,
    opens: Ints,
    closes: Ints,
    service: Ints,
    penalty: Ints,
    pair: Ints,
    weights: Mapping[str, float],
    leave_by: Ints | None = None,
    longest: Ints | None = None,
    capacity: Ints | None = None,
    demand: Ints | None = None,
    windows: Ints | None = None,
    fixed: Ints | None = None,
    kind: Ints | None = None,
    hours: Hours | None = None,
    seeds: Ints | None = None,
) -> Instance:
    """Return the instance of the essentials; shapes as in `Instance`.

    opens, closes: shape (kinds, n, w); windows: how many of them count, shape (kinds, n), else
    all; kind: of each crew, else 0; seeds: else all tasks.
    """
    n, k = pair.shape
    choices, allowed = _allowed(pair)
    zeros = np.zeros(k)
    crew_columns = [
        *(vehicle, start, end, depart, limit),
        limit if leave_by is None else leave_by,
        np.full(k, NO_LIMIT) if longest is None else longest,
        np.full(k, NO_LIMIT) if capacity is None else capacity,
        zeros if kind is None else kind,
        zeros if hours is None else hours.shift_end,
    ]
    crew_columns.append(_twins(np.column_stack([*crew_columns, pair.T])))
    plain = [service, demand, penalty, fixed, choices]
    tasks = _tasks(plain, opens, closes, windows, hours)
    costs = (0, 1, 0, 0) if hours is None else (1, hours.unit, hours.sooner, hours.overtime)
    shares = np.cumsum([weights.get(order, 0.0) for order in ORDERS])
    return Instance(
        travel=_ints(travel),
        towards=_ints(travel.transpose(0, 2, 1)),
        tasks=tasks,
        crews=_ints(np.column_stack(crew_columns)),
        pair=_ints(pair),
        allowed=allowed,
        seeds=_ints(np.arange(n) if seeds is None or not len(seeds) else seeds),
        near=_near(travel[0, :n, :n]),
        keys=_keys(tasks[0], _reach(travel[0], start, n)),
        chances=(shares / shares[-1]).astype(np.float32),
        rules=np.array([longest is not None, *costs], dtype=np.int32),
    )


def _tasks(
    plain: Sequence[Ints | None],
    opens: Ints,
    closes: Ints,
    windows: Ints | None,
    hours: Hours | None,
) -> Ints:
    """Return `Instance.tasks` from the columns that are the same for all kinds, and the windows."""
    kinds, n, most = opens.shape
    tasks = np.zeros((kinds, n, OPENS + WIDTH * most), dtype=np.int32)
    for column, values in enumerate(plain):
        if values is not None:
            tasks[:, :, column] = values
    tasks[:, :, WINDOWS] = most if windows is None else windows
    tasks[:, :, BASE] = opens[:, :, 0] if hours is None else hours.base
    tasks[:, :, OPENS::WIDTH], tasks[:, :, CLOSES::WIDTH] = opens, closes
    if hours is not None:
        for column in range(4):
            tasks[:, :, SOFT_OPENS + column :: WIDTH] = hours.soft[:, :, :, column]
    return tasks


def _ints(values: npt.NDArray[Any]) -> Ints:
    return np.ascontiguousarray(values, dtype=np.int32)


def _allowed(pair: Ints) -> tuple[Ints, Ints]:
    """Return how many crews may take each task, and which, first in their row."""
    allowed = pair != FORBIDDEN
    crews = np.argsort(~allowed, axis=1, kind="stable")
    return _ints(allowed.sum(axis=1)), _ints(crews)


def _twins(rows: npt.NDArray[Any]) -> Ints:
    """Number crews so that those alike in everything, when empty, have the same number."""
    _, twins = np.unique(rows, axis=0, return_inverse=True)
    return _ints(twins.reshape(-1))


def _near(between: Ints) -> Ints:
    """Return for each task the nearest others, by the shorter of both ways."""
    n = len(between)
    # One number for distance and task: sorting a part of them orders equals by task.
    apart = np.minimum(between, between.T).astype(np.int64) * n + np.arange(n)
    np.fill_diagonal(apart, np.iinfo(np.int64).max)
    most = min(NEIGHBOURS, max(0, n - 1))
    nearest = np.sort(np.partition(apart, most - 1, axis=1)[:, :most], axis=1) if most else apart
    return _ints(nearest[:, :most] % max(1, n))


def _reach(travel: Ints, start: Ints, n: int) -> Ints:
    """Return how far each task is from the nearest start."""
    return travel[np.unique(start), :n].min(axis=0) if len(start) else np.zeros(n, dtype=np.int32)


def _keys(tasks: Ints, reach: Ints) -> Floats:
    n = len(tasks)
    last = CLOSES + WIDTH * np.maximum(tasks[:, WINDOWS] - 1, 0)
    opens, closes = tasks[:, OPENS], tasks[np.arange(n), last]
    by_name = {
        "random": np.zeros(n),
        "penalty": -tasks[:, PENALTY],
        "demand": -tasks[:, DEMAND],
        "far": -reach,
        "close": reach,
        "narrow": closes - opens,
        "opens": opens,
        "closes": closes,
        "few_crews": tasks[:, CHOICES],
    }
    return np.stack([by_name[order] for order in ORDERS]).astype(np.float32)
