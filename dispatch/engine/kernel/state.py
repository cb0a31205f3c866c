"""What the kernel changes: the routes of the moment, their times, and how to take a change back."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch.engine.kernel.instance import TIME_OUT, Instance, Ints, Longs

# Layers of `visits` and `routes`: the routes now, and as they were before this round.
NOW, SHADOW = 0, 1
# Columns of `visits`.
TASK, READY, LATEST, HOP, HEAD, TAIL = 0, 1, 2, 3, 4, 7
# Columns of `routes`.
COUNT, LOAD, COST, VERSION, STAMP, BEST, REACHED = range(7)
# Columns of `places`.
CREW, AT = 0, 1
# Columns of `seen`.
SEEN, ADDED, BEFORE = 0, 1, 2
# Rows of `lists`.
LEFT, SHADOW_LEFT, REMOVED, TOUCHED = range(4)
# Places in `totals`.
TOTAL, CLOCK, LEFT_COUNT, BEST_TOTAL, ROUND, TOUCHED_COUNT, LOOKS = range(7)


class State(NamedTuple):
    """Routes with their times, in two layers: now, and before this round where touched in it.

    Attributes:
        visits: by visit, one row more for the way back: task (there: the place of the end); when
            the crew is free to leave for it; latest arrival that breaks nothing from there on;
            travel to it; where time out is limited also the stretch up to it and the stretch from
            it on as (duration, earliest, latest start), shape (2, k, n + 1, 4 or 10).
        routes: number of visits, load, cost, version, round of the shadow, visits in the best
            routes, last look at which it was near, shape (2, k, 7). A version names a content of a
            route and never comes again.
        places: crew and position of each task, crew -1 where left out, shape (n, 2).
        seen: version of a route, least cost added by a task there, position, shape (n, k, 3).
        best: tasks of the best routes so far, shape (k, n).
        lists: tasks left out, the same before this round, tasks removed, crews touched,
            shape (4, n + k).
        totals: cost, version clock, tasks left out, best cost, round, crews touched, looks
            for the routes near a task.
        chance: state of the generator, shape (1,).
    """

    visits: Ints
    routes: Longs
    places: Ints
    seen: Longs
    best: Ints
    lists: Ints
    totals: Longs
    chance: npt.NDArray[np.uint64]


def empty_state(instance: Instance, seed: int) -> State:
    """Return a state with no task placed and no route timed yet."""
    n, k = instance.pair.shape
    columns = 10 if instance.rules[TIME_OUT] else 4
    # SplitMix64's increment spreads small seeds over the generator's states; 0 is not one.
    mixed = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % 2**64 or 1
    return State(
        visits=np.zeros((2, k, n + 1, columns), dtype=np.int32),
        routes=np.zeros((2, k, 7), dtype=np.int64),
        places=np.full((n, 2), -1, dtype=np.int32),
        seen=np.zeros((n, k, 3), dtype=np.int64),
        best=np.zeros((k, n), dtype=np.int32),
        lists=np.zeros((4, n + k), dtype=np.int32),
        totals=np.zeros(7, dtype=np.int64),
        chance=np.array([mixed], dtype=np.uint64),
    )
