"""Say in milliseconds who could take a task: every crew with its hour, its cost, whom it delays.

A `Prober` reads problem and plan once; each question is then a survey of all places by the kernel
and one exact timing for each crew that it finds able.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from dispatch.engine.instant.adapting import adapted, routes_of
from dispatch.engine.instant.clock import Fault, Orders, Ride, schedule, time_route
from dispatch.engine.instant.mending import carried_over, mended
from dispatch.engine.instant.sheet import Sheet
from dispatch.engine.kernel.insertion import NOWHERE
from dispatch.engine.kernel.search import survey
from dispatch.engine.kernel.solving import opened
from dispatch.problem import Plan, Problem
from fieldops.errors import NotFound


@dataclass(frozen=True, slots=True)
class Candidate:
    """A crew that could take the task before its visit number `position` (started work aside).

    added_s: what the plan costs more, the move tax included. delayed: visits that would start
    later, together by delay_s.
    """

    crew_id: UUID
    position: int
    arrival_at: datetime
    start_at: datetime
    added_s: float
    delayed: int
    delay_s: int


class Prober:
    """Answers for one problem and the plan that stands; build it once for each plan."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self._sheet = Sheet(problem)
        self._orders, self._rides = mended(self._sheet, carried_over(self._sheet, plan))
        self._instance = adapted(self._sheet, self._orders, self._rides)
        self._state = opened(self._instance, 0, routes_of(self._sheet, self._orders), fill=False)

    def candidates(self, task_id: UUID) -> tuple[Candidate, ...]:
        """Return the crews that could take the task, the cheapest first; a task that has a crew is
        taken away from it before anybody is asked.

        Raises:
            NotFound: the problem has no such task.
        """
        task = self._sheet.row.get(task_id)
        if task is None:
            raise NotFound(f"task {task_id} is not in the problem")
        if task in self._sheet.holder or task in self._sheet.begun:
            return ()
        orders = [[other for other in order if other != task] for order in self._orders]
        rides, state = self._rides, self._state
        if orders != self._orders:
            without = self._without(orders, task)
            if without is None:  # another task cannot be planned without this one
                return ()
            rides = without
            state = opened(self._instance, 0, routes_of(self._sheet, orders), fill=False)
        found = np.zeros((len(orders), 2), dtype=np.int64)
        survey(self._instance, state, task, found)
        able = []
        for crew in range(len(orders)):
            if self._sheet.allowed(task, crew):
                at = int(found[crew, 1]) + self._sheet.crews[crew].frozen
                hint = at if found[crew, 0] < NOWHERE else None
                able.append(self._exact(orders, rides, task, crew, hint))
        return tuple(sorted(filter(None, able), key=lambda one: (one.added_s, one.start_at)))

    def _without(self, orders: Orders, task: int) -> list[Ride] | None:
        """Time the plan without a task; where nothing is linked only its crew's route changes."""
        if self._sheet.links:
            timed = schedule(self._sheet, orders)
            return None if isinstance(timed, Fault) else timed
        rides = list(self._rides)
        crew = next(crew for crew, order in enumerate(self._orders) if task in order)
        ride = time_route(self._sheet, crew, orders[crew], {})
        assert isinstance(ride, Ride)
        rides[crew] = ride
        return rides

    def _exact(
        self, orders: Orders, rides: list[Ride], task: int, crew: int, hint: int | None
    ) -> Candidate | None:
        """Time the crew's route with the task exactly, at the place the kernel found if it did."""
        places = [] if hint is None or task in self._sheet.linked else [hint]
        if not places and (self._sheet.timed_rules or self._sheet.links):
            # The kernel counts set-ups and breaks too carefully, and leaves links alone.
            places = list(range(self._sheet.crews[crew].frozen, len(orders[crew]) + 1))
        best: tuple[int, int, Ride] | None = None
        for at in places:
            trial = [*orders[crew][:at], task, *orders[crew][at:]]
            timed = self._timed(orders, crew, trial)
            if timed is not None and (best is None or timed.cost < best[0]):
                best = (timed.cost, at, timed)
        return None if best is None else self._candidate(rides[crew], crew, task, best[1], best[2])

    def _timed(self, orders: Orders, crew: int, trial: list[int]) -> Ride | None:
        if not self._sheet.links:
            ride = time_route(self._sheet, crew, trial, {})
            return None if isinstance(ride, Fault) else ride
        changed = [trial if other == crew else order for other, order in enumerate(orders)]
        rides = schedule(self._sheet, changed)
        return None if isinstance(rides, Fault) else rides[crew]

    def _candidate(self, before: Ride, crew: int, task: int, at: int, after: Ride) -> Candidate:
        starts = {visit.task: visit.start for visit in before.visits}
        later = [
            visit.start - starts[visit.task]
            for visit in after.visits
            if visit.task != task and visit.start > starts[visit.task]
        ]
        mine, now = after.visits[at], self._sheet.problem.now
        return Candidate(
            self._sheet.problem.crews[crew].id,
            at,
            now + timedelta(seconds=mine.arrival),
            now + timedelta(seconds=mine.start),
            (after.cost - before.cost) / 1000,
            len(later),
            sum(later),
        )
