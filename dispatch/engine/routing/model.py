"""The OR-Tools model of a problem: which rule is which constraint.

Held exactly: who may do what, several windows, travel by class, shifts, breaks, capacity, longest
route, promises and frozen work, the move tax, links. Held on the safe side, for our timelines to
use better: the set-up counts always (but within promises); where a crew's titles leave gaps in the
day, only their hull. Not held: a break taken on the spot; a client's early wish; a client's late
wish and the wish for sooner at once (the dearer counts).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random

from ortools.constraint_solver import pywrapcp

from dispatch.engine.routing.links import add_links
from dispatch.engine.timeline.numbers import Numbers
from dispatch.engine.timeline.spans import union


def in_play(view: Numbers, possible: Mapping[int, list[int]]) -> dict[int, list[int]]:
    """Return the tasks that somebody can do, those left out whose partners nobody can."""
    found = {task: crews for task, crews in possible.items() if crews}
    while True:
        there = found.keys() | view.holder.keys()
        alone = [
            task
            for task in found
            if not view.ties.needs.get(task, frozenset()) <= there
            or not there >= set(view.ties.whole(task))
        ]
        if not alone:
            return found
        for task in alone:
            del found[task]


class RoutingModel:
    """The model of one problem, used once.

    Nodes are the tasks in play, then a start and an end for each crew in play; a crew that can do
    nothing is left out, since its empty route could be infeasible (free after its shift).
    possible: what `in_play` leaves, the crews of each movable task.
    """

    def __init__(self, view: Numbers, possible: dict[int, list[int]], seed: int) -> None:
        self.view = view
        useful = {c for crews in possible.values() for c in crews}
        self.crews = [c for c in range(len(view.start)) if c in useful or view.promised[c]]
        # A task that nobody can do never enters: an empty domain means "everybody" to OR-Tools.
        self.possible = possible
        self.tasks = [*self.possible, *(t for crew in self.crews for t in view.promised[crew])]
        if seed:
            # Guided local search draws nothing at random: a seed can only vary the nodes' order.
            Random(seed).shuffle(self.tasks)  # noqa: S311 no secret
        self.node = {task: i for i, task in enumerate(self.tasks)}
        self.vehicle = {crew: v for v, crew in enumerate(self.crews)}
        n, k = len(self.tasks), len(self.crews)
        self.manager = pywrapcp.RoutingIndexManager(
            n + 2 * k, k, list(range(n, n + k)), list(range(n + k, n + 2 * k))
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.work_s = self._work()
        self._add_travel()
        self._add_tasks()
        self._add_hours()
        self._add_promises()
        self._add_move_tax()
        self._add_capacity()
        add_links(self)

    def index(self, task: int) -> int:
        """Return the model's index of a task in play."""
        return int(self.manager.NodeToIndex(self.node[task]))

    def indices(self, routes: Sequence[tuple[int, ...]]) -> list[list[int]]:
        """Return the routes of the crews in play as the model's indices."""
        return [[self.index(task) for task in routes[crew]] for crew in self.crews]

    def routes(
        self, solution: pywrapcp.Assignment, others: Sequence[tuple[int, ...]]
    ) -> list[tuple[int, ...]]:
        """Read one route a crew, those not in play as in `others`."""
        result = list(others)
        for vehicle, crew in enumerate(self.crews):
            tasks, index = [], self.routing.Start(vehicle)
            while not self.routing.IsEnd(index := solution.Value(self.routing.NextVar(index))):
                tasks.append(self.tasks[self.manager.IndexToNode(index)])
            result[crew] = tuple(tasks)
        return result

    def _work(self) -> dict[int, int]:
        """Return how long each task takes, the set-up with it unless a promise rules it out."""
        view = self.view
        work_s = {task: view.duration_s[task] + view.setup_s[task] for task in self.tasks}
        for crew in self.crews:
            group = view.at_group[crew]
            for task in view.promised[crew]:
                work_s[task] = view.work_s(group, task)
                group = view.group[task]
        return work_s

    def _add_travel(self) -> None:
        view, routing = self.view, self.routing
        classes: dict[int, tuple[int, int]] = {}
        passing = []
        for vehicle, crew in enumerate(self.crews):
            roads = view.roads[crew]
            if id(roads) not in classes:
                classes[id(roads)] = self._registered(roads)
            cost, transit = classes[id(roads)]
            routing.SetArcCostEvaluatorOfVehicle(cost, vehicle)
            passing.append(transit)
        ends = [view.limit_s[crew] for crew in self.crews]
        for task in self.tasks:
            ends += [high for spans in view.starts[task].values() for _, high in spans]
        horizon = max([0, *ends])
        if len(classes) == 1:
            routing.AddDimension(passing[0], horizon, horizon, False, "time")
        else:
            routing.AddDimensionWithVehicleTransits(passing, horizon, horizon, False, "time")
        self.time = routing.GetDimensionOrDie("time")
        self.horizon = horizon

    def _registered(self, roads: list[list[int]]) -> tuple[int, int]:
        """Register a matrix as costs in thousandths, and with the work as seconds passing."""
        starts = [self.view.start[crew] for crew in self.crews]
        ends = [self.view.end[crew] for crew in self.crews]
        # A crew's own start stands in for an end that does not exist; its column costs nothing.
        targets = [*self.tasks, *starts, *ends]
        origins = [*self.tasks, *starts, *starts]
        durations = [self.work_s[task] for task in self.tasks] + [0] * (2 * len(starts))
        travel = [
            [0 if target is None else roads[origin][target] for target in targets]
            for origin in origins
        ]
        passing = [[cell + durations[i] for cell in row] for i, row in enumerate(travel)]
        costs = [[1000 * cell for cell in row] for row in travel]
        return self.routing.RegisterTransitMatrix(costs), self.routing.RegisterTransitMatrix(
            passing
        )

    def _add_tasks(self) -> None:
        for task in self.tasks:
            index, starts = self.index(task), self.view.starts[task]
            spans = union(starts.values())
            cumul = self.time.CumulVar(index)
            cumul.SetRange(spans[0][0], spans[-1][1])
            for (_, end), (begin, _) in pairwise(spans):
                cumul.RemoveInterval(end + 1, begin - 1)
            self._add_wishes(task, index)
            if task not in self.possible:
                continue
            self.routing.AddDisjunction([index], self._penalty(task))
            # SetAllowedVehiclesForIndex raises TypeError in the 9.15 wheel; -1 is "nobody".
            crews = [crew for crew in self.possible[task] if crew in self.vehicle]
            self.routing.VehicleVar(index).SetValues([-1, *(self.vehicle[c] for c in crews)])
            for crew in crews:
                if starts[crew] != spans:
                    self._add_own_starts(index, crew, starts[crew][0][0], starts[crew][-1][1])

    def _add_own_starts(self, index: int, crew: int, low: int, high: int) -> None:
        """Bound the start where this crew is the one: its titles or members do not last all day."""
        solver, cumul = self.routing.solver(), self.time.CumulVar(index)
        hers = solver.IsEqualCstVar(self.routing.VehicleVar(index), self.vehicle[crew])
        solver.Add(cumul >= hers * low)
        solver.Add(cumul + hers * (self.horizon - high) <= self.horizon)

    def _add_wishes(self, task: int, index: int) -> None:
        view = self.view
        late = [soft for soft in view.soft[task] if soft.late_s is not None]
        sooner = view.sooner_permille
        if len(late) == 1 and late[0].late_permille > sooner and late[0].late_s is not None:
            bound_s, weight = max(0, late[0].late_s), late[0].late_permille
        else:
            bound_s, weight = view.open_s[task], sooner
        if weight:
            self.time.SetCumulVarSoftUpperBound(index, bound_s, weight)

    def _penalty(self, task: int) -> int:
        """Return what leaving the task out costs in the model, in thousandths.

        Whoever takes a task from a crew that is not in play moves it. Such a tax cannot be in the
        dimension of moves, where a node that no vehicle passes for nothing cannot be left out
        (google/or-tools#5283); so leaving it out is that much cheaper, which is the same.
        """
        penalty_s = self.view.left_out_s[task]
        if self.view.previous[task] is not None and self._home(task) is None:
            penalty_s -= self.view.move_tax_s
        return 1000 * penalty_s

    def _add_hours(self) -> None:
        """Bound each crew's day: departure, end, overtime, longest route, breaks."""
        view, routing, time = self.view, self.routing, self.time
        visits_s = [self.work_s[task] for task in self.tasks] + [0] * (2 * len(self.crews))
        visits_s = [
            visits_s[self.manager.IndexToNode(i)] for i in range(routing.Size() + len(self.crews))
        ]
        for vehicle, crew in enumerate(self.crews):
            start, end = routing.Start(vehicle), routing.End(vehicle)
            time.CumulVar(end).SetMax(view.limit_s[crew])
            if (longest_s := view.longest_s[crew]) is None:
                time.CumulVar(start).SetValue(view.depart_s[crew])
            else:
                time.CumulVar(start).SetMin(view.depart_s[crew])
                time.SetSpanUpperBoundForVehicle(longest_s, vehicle)
            if view.overtime_permille and view.shift_end_s[crew] < view.limit_s[crew]:
                bound_s = max(0, view.shift_end_s[crew])
                time.SetCumulVarSoftUpperBound(end, bound_s, view.overtime_permille)
            if view.breaks[crew]:
                # One that starts after the route's end is not in its way: it was not due.
                breaks = [
                    routing.solver().FixedDurationIntervalVar(
                        max(rest.earliest_s, view.depart_s[crew]),
                        rest.latest_s,
                        rest.length_s,
                        False,
                        f"break {rest.number} of {crew}",
                    )
                    for rest in view.breaks[crew]
                ]
                time.SetBreakIntervalsOfVehicle(breaks, vehicle, visits_s)

    def _add_promises(self) -> None:
        view, solver = self.view, self.routing.solver()
        if not any(view.promised) and not view.ties.keep:
            return
        one = self.routing.RegisterUnaryTransitVector([1] * self.manager.GetNumberOfNodes())
        self.routing.AddDimension(one, 0, len(self.tasks) + 1, True, "rank")
        rank = self.routing.GetDimensionOrDie("rank")
        for crew in self.crews:
            promised = [self.index(task) for task in view.promised[crew]]
            for place, index in enumerate(promised):
                self.routing.VehicleVar(index).SetValue(self.vehicle[crew])
                if place < view.fixed[crew]:
                    rank.CumulVar(index).SetValue(place + 1)
            for first, then in pairwise(promised):
                solver.Add(rank.CumulVar(first) + 1 <= rank.CumulVar(then))

    def _add_move_tax(self) -> None:
        """Count the moved tasks of each crew in a dimension, and charge its span."""
        home = [self._home(task) for task in self.tasks]
        if not self.view.move_tax_s or all(vehicle is None for vehicle in home):
            return
        others = [0] * (2 * len(self.crews))
        moved = [
            self.routing.RegisterUnaryTransitVector(
                [int(before not in (None, vehicle)) for before in home] + others
            )
            for vehicle in range(len(self.crews))
        ]
        self.routing.AddDimensionWithVehicleTransits(moved, 0, len(self.tasks), True, "moved")
        dimension = self.routing.GetDimensionOrDie("moved")
        dimension.SetSpanCostCoefficientForAllVehicles(1000 * self.view.move_tax_s)

    def _home(self, task: int) -> int | None:
        """Return the vehicle that had the task, None where it had none or one not in play."""
        before = self.view.previous[task]
        return None if before is None else self.vehicle.get(before)

    def _add_capacity(self) -> None:
        view = self.view
        if all(view.room[crew] is None for crew in self.crews):
            return
        load = [view.demand[task] for task in self.tasks] + [0] * (2 * len(self.crews))
        most = sum(load)
        rooms = [view.room[crew] for crew in self.crews]
        self.routing.AddDimensionWithVehicleCapacity(
            self.routing.RegisterUnaryTransitVector(load),
            0,
            [most if room is None else max(0, room) for room in rooms],
            True,
            "load",
        )
