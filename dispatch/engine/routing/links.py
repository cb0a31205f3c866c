"""Links as constraints of the OR-Tools model: between starts, vehicles and ranks of active nodes.

The one idea: every constraint is written so that it says nothing when a node is not active, since
the time and rank of such a node are anybody's.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatch.engine.routing.model import RoutingModel


def add_links(model: RoutingModel) -> None:
    """Add the problem's links."""
    _add_presence(model)
    _add_lags(model)
    _add_groups(model)


def _add_presence(model: RoutingModel) -> None:
    """Tie what is planned together; tasks whose partners nobody can do are not in the model."""
    view, routing, solver = model.view, model.routing, model.routing.solver()
    for then, firsts in view.ties.needs.items():
        for first in firsts & model.node.keys():
            if then in model.node:
                active = routing.ActiveVar(model.index(then))
                solver.Add(active <= routing.ActiveVar(model.index(first)))
    for group, whole in view.ties.together:
        inside = [model.index(task) for task in group if task in model.node]
        for first, then in combinations(inside if whole else [], 2):
            solver.Add(routing.ActiveVar(first) == routing.ActiveVar(then))
        vehicles = [routing.VehicleVar(index) for index in inside]
        started = {view.holder[task] for task in group if task in view.facts}
        for vehicle in vehicles:
            for crew in started & model.vehicle.keys():
                vehicle.RemoveValue(model.vehicle[crew])
        if len(vehicles) > 1:
            solver.Add(solver.AllDifferentExcept(vehicles, -1))


def _add_lags(model: RoutingModel) -> None:
    view, time, solver = model.view, model.time, model.routing.solver()
    # Above any start plus any work or lag.
    wide = 2 * model.horizon + max((abs(lag.least_s) for lag in view.ties.lags), default=0)
    for lag in view.ties.lags:
        ends = (lag.first, lag.then)
        if any(task not in model.node and task not in view.facts for task in ends):
            continue
        idle = sum(
            1 - model.routing.ActiveVar(model.index(task)) for task in ends if task in model.node
        )
        start_s, end_s = view.facts.get(lag.first, (0, 0))
        if lag.first in model.node:
            first = time.CumulVar(model.index(lag.first))
            origin = first + model.work_s[lag.first] if lag.after_end else first + 0
        else:
            origin = end_s if lag.after_end else start_s
        then = (
            time.CumulVar(model.index(lag.then)) + 0
            if lag.then in model.node
            else view.facts[lag.then][0]
        )
        solver.Add(then - origin + idle * wide >= lag.least_s)
        if lag.most_s is not None:
            solver.Add(then - origin - idle * wide <= lag.most_s)


def _add_groups(model: RoutingModel) -> None:
    view, routing, solver = model.view, model.routing, model.routing.solver()
    for group in view.ties.same:
        held = {view.holder[task] for task in group if task in view.holder}
        inside = [task for task in group if task in model.possible]
        if held:
            for task in inside:
                allowed = [model.vehicle[crew] for crew in held & model.vehicle.keys()]
                routing.VehicleVar(model.index(task)).SetValues([-1, *allowed])
            continue
        for first, then in combinations(inside, 2):
            solver.Add(_same(model, first, then) + _idle(model, first) + _idle(model, then) >= 1)
    for group in view.ties.keep:
        rank = routing.GetDimensionOrDie("rank")
        for first, then in combinations([task for task in group if task in model.node], 2):
            if first in view.holder and then in view.holder:
                continue
            before = solver.IsLessOrEqualVar(
                rank.CumulVar(model.index(first)) + 1, rank.CumulVar(model.index(then))
            )
            apart = 1 - _same(model, first, then)
            solver.Add(before + apart + _idle(model, first) + _idle(model, then) >= 1)
        for task in group:
            # Started work comes first on its route: what is to come before it goes elsewhere.
            if task in view.facts and view.holder[task] in model.vehicle:
                for earlier in group[: group.index(task)]:
                    if earlier in model.possible:
                        vehicle = routing.VehicleVar(model.index(earlier))
                        vehicle.RemoveValue(model.vehicle[view.holder[task]])


def _same(model: RoutingModel, first: int, then: int):  # type: ignore[no-untyped-def]
    vehicle = model.routing.VehicleVar
    return model.routing.solver().IsEqualVar(
        vehicle(model.index(first)), vehicle(model.index(then))
    )


def _idle(model: RoutingModel, task: int):  # type: ignore[no-untyped-def]
    return 1 - model.routing.ActiveVar(model.index(task))
