"""Run solvers on cases at equal wall time: each alone in a process of its own, one after the other.

A process each because OR-Tools and pyvroom hold the GIL for a whole solve and the kernel's first
call compiles: all are warmed on a small case before any clock starts.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from time import perf_counter

from bench.dispatch.case import Case, Routes
from bench.dispatch.judge import Verdict, judge

# The library each solver needs beyond ours.
SOLVERS = {"kernel": "numba", "vroom": "vroom", "pyvrp": "pyvrp", "ortools": "ortools"}
# Beyond the budget: what a solver may take to come to an end, a cold compile included.
_GRACE_S = 300.0


@dataclass(frozen=True, slots=True)
class Run:
    """One solver on one case: what it cost by the judge, and the wall seconds it took."""

    solver: str
    case: str
    budget_s: float
    seconds: float
    verdict: Verdict


class Contest:
    """The solvers that are installed, each with its process."""

    def __init__(self, names: tuple[str, ...], warm_up: Case) -> None:
        self.absent = tuple(name for name in names if find_spec(SOLVERS[name]) is None)
        self._pools = {
            name: ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            for name in names
            if name not in self.absent
        }
        for name in self._pools:
            self._submit(name, warm_up, 0.1, 0).result(_GRACE_S)

    @property
    def present(self) -> tuple[str, ...]:
        return tuple(self._pools)

    def run(self, solver: str, case: Case, budget_s: float, seed: int) -> Run:
        """Solve a case and judge the routes."""
        routes, seconds = self._submit(solver, case, budget_s, seed).result(budget_s + _GRACE_S)
        return Run(solver, case.name, budget_s, seconds, judge(case, routes))

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def _submit(
        self, solver: str, case: Case, budget_s: float, seed: int
    ) -> Future[tuple[Routes, float]]:
        return self._pools[solver].submit(timed, solver, case, budget_s, seed)


def timed(solver: str, case: Case, budget_s: float, seed: int) -> tuple[Routes, float]:
    """Solve in this process; return the routes and the wall seconds."""
    solve = import_module(f"bench.dispatch.solvers.by_{solver}").solve
    began = perf_counter()
    routes: Routes = solve(case, budget_s, seed)
    return routes, perf_counter() - began


@contextmanager
def contest(names: tuple[str, ...], warm_up: Case) -> Iterator[Contest]:
    """Open the solvers' processes and end them."""
    opened = Contest(names, warm_up)
    try:
        yield opened
    finally:
        opened.close()
