"""What the kernel reads: a problem in arrays, every time and cost a whole number.

Tasks are 0..n-1 and stand in the travel matrix under their own number; crews are 0..k-1. The
kernel knows no rule by name: a pair of task and crew is allowed at a cost or it is not. Facts share
few arrays on purpose: what a compiled call costs is the arrays it is handed.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

FORBIDDEN = -1
NEIGHBOURS = 150
# How recreate sorts what it inserts, by name; `random` needs no keys.
ORDERS = ("random", "penalty", "demand", "far", "close", "narrow", "opens", "closes", "few_crews")

# Columns of `Instance.tasks`; those from OPENS on come once for each window, in order.
SERVICE, DEMAND, PENALTY, FIXED, CHOICES, WINDOWS, BASE = range(7)
OPENS, CLOSES, SOFT_OPENS, SOFT_CLOSES, EARLY, LATE = range(7, 13)
WIDTH = 6  # columns of a window
# Columns of `Instance.crews`.
VEHICLE, START, END, DEPART, LIMIT, LEAVE_BY, LONGEST, CAPACITY, KIND, SHIFT_END, TWIN = range(11)
# Places in `Instance.rules`: whether a crew's time out is limited; whether hours cost anything;
# cost of a unit of travel, of a unit a start is later than it could be, of a unit of overtime.
TIME_OUT, HOURS, UNIT, SOONER, OVERTIME = range(5)


class Instance(NamedTuple):
    """Arrays of n tasks, k crews, p places, w windows, v vehicle classes. Read only.

    Attributes:
        travel: whole units, shape (v, p, p), rows are origins; places 0..n-1 are the tasks.
        towards: the same transposed, shape (v, p, p), rows are destinations.
        tasks: by kind of crew, task and column: service; demand; cost when left out; 1 where it
            stays as it is; number of crews allowed; number of windows; best start; then for each
            window its first and last start, those wished for, and what a unit before or after
            these costs, shape (kinds, n, 7 + 6 w).
        crews: by column: vehicle class; places of start and end; first departure; last arrival at
            the end; last departure, longest time out (both only where `rules[TIME_OUT]`); capacity;
            kind; end of the shift; a number shared by crews that are the same when empty,
            shape (k, 11).
        pair: cost of a task with a crew, FORBIDDEN where not allowed, shape (n, k).
        allowed: the first `tasks[0, :, CHOICES]` are the crews that may take a task, shape (n, k).
        seeds: tasks around which a round may ruin, shape (any,).
        near: for each task the others by distance, shape (n, m).
        keys: by order of `ORDERS` and task, small first, shape (9, n).
        chances: cumulated chance of each order, shape (9,).
        rules: which rare rules bind, and what a unit of time costs.
    """

    travel: Ints
    towards: Ints
    tasks: Ints
    crews: Ints
    pair: Ints
    allowed: Ints
    seeds: Ints
    near: Ints
    keys: Floats
    chances: Floats
    rules: Ints
