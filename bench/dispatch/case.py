"""One routing problem of the literature, as every solver of a bench is handed it.

Times and distances are whole units, the same matrix for all; the judge counts in the exact numbers
the literature uses, so that nobody gains by rounding.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Allowed = npt.NDArray[np.bool_]
# By vehicle, the tasks in order.
Routes = list[list[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """n tasks at places 0..n-1, k vehicles, p places.

    Attributes:
        travel: whole units, shape (p, p); cost and time are the same.
        exact: the literature's own distances, shape (p, p); a unit of it is `scale` whole units.
        start, end, depart, limit, capacity: by vehicle, shape (k,).
        longest: longest time from departure to return, shape (k,), None where nothing limits it.
        service, demand, opens, closes: by task, shape (n,).
        penalty: cost of a task left out, shape (n,), None where every task must be served.
        allowed: which vehicle may serve which task, shape (n, k).
        best_known: cost in the literature's units, None where unknown.
    """

    name: str
    travel: Ints
    exact: Floats
    scale: int
    start: Ints
    end: Ints
    depart: Ints
    limit: Ints
    capacity: Ints
    service: Ints
    demand: Ints
    opens: Ints
    closes: Ints
    allowed: Allowed
    longest: Ints | None = None
    penalty: Ints | None = None
    best_known: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Tasks and vehicles."""
        return self.allowed.shape[0], self.allowed.shape[1]

    def refusal(self) -> Ints:
        """Return the cost of each task left out, above any detour where all must be served."""
        if self.penalty is not None:
            return self.penalty
        above = 4 * int(self.travel.max()) + 1
        return np.full(self.size[0], above, dtype=np.int32)
