"""Whether any times at all make these routes a plan, asked of a constraint solver (CP-SAT).

It shares nothing with the timelines: starts and breaks are variables, rules are constraints, whole
minutes the grid (days of `tests.dispatch.rules` are in whole minutes, so an earliest plan is too).
Who may do what when is taken from the checker, minute by minute.
"""

from datetime import datetime
from typing import Any

from ortools.sat.python import cp_model

from dispatch.checker.roads import Roads
from dispatch.checker.titles import title_violations
from dispatch.problem import (
    Crew,
    KeepOrder,
    Order,
    Problem,
    Route,
    SameCrew,
    Task,
    Together,
    Visit,
)
from tests.dispatch.cases import MINUTE, NOW, at

Routes = list[tuple[int, ...]]
_LATE = 3000  # minutes; behind every day


def holds(problem: Problem, routes: Routes) -> bool:
    """Say whether times exist with which the checker would accept these routes."""
    return _Oracle(problem, routes).answer()


def _minute(instant: datetime) -> int:
    return round((instant - NOW).total_seconds() / 60)


class _Oracle:
    def __init__(self, problem: Problem, routes: Routes) -> None:
        self.problem, self.roads = problem, Roads(problem)
        self.routes, self.model = routes, cp_model.CpModel()
        self.start: dict[int, Any] = {}
        self.end: dict[int, Any] = {}
        self.crew = {task: c for c, tasks in enumerate(routes) for task in tasks}
        self.rank = {task: n for tasks in routes for n, task in enumerate(tasks)}
        self.locked: set[int] = set()
        index = {task.id: i for i, task in enumerate(problem.tasks)}
        self.index = index
        for c, crew in enumerate(problem.crews):
            for visit in crew.locked:
                task = index[visit.task_id]
                self.locked.add(task)
                self.crew[task] = c
                if visit.started_at and visit.end_at:
                    self.start[task] = _minute(visit.started_at)
                    self.end[task] = _minute(visit.end_at)
                    self.rank[task] = -1

    def answer(self) -> bool:
        for c in range(len(self.routes)):
            if not self._route(c):
                return False
        if not all(self._link(link) for link in self.problem.links):
            return False
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        return solver.solve(self.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    def _route(self, c: int) -> bool:
        crew, tasks, model = self.problem.crews[c], self.routes[c], self.model
        load = sum(self.roads.task[v.task_id].demand for v in crew.locked if v.state == "started")
        load += sum(self.problem.tasks[task].demand for task in tasks)
        held = sum(self.roads.task[v.task_id].demand for v in crew.locked)
        if crew.capacity is not None and load > max(crew.capacity, held):
            return False
        if not tasks:
            return True
        latest, until = self._promised(c)
        for task in tasks:
            allowed = self._minutes(crew, self.problem.tasks[task], latest.get(task))
            if not allowed:
                return False
            domain = cp_model.Domain.from_values(allowed)
            self.start[task] = model.new_int_var_from_domain(domain, "start")
        over = model.new_int_var(0, _LATE, "over")
        left = model.new_int_var(0, _LATE, "left")
        depart = _minute(self.roads.departure(crew))
        model.add(left >= depart)
        place, free, before = self.problem.start_place(c), left, self.roads.under_way(crew)
        gaps: list[tuple[Any, Any]] = []
        slack = []
        for task in tasks:
            work = self.roads.work(before, self.problem.tasks[task])
            self.end[task] = self.start[task] + int(work.total_seconds()) // MINUTE
            drive = int(self.roads.drive(c, place, task).total_seconds()) // MINUTE
            gaps.append((free, self.start[task]))
            slack.append(drive)
            place, free, before = task, self.end[task], self.problem.tasks[task].id
        gaps.append((free, over))
        slack.append(int(self.roads.way_back(c, place).total_seconds()) // MINUTE)
        resting = self._breaks(crew, tasks, gaps, over, depart)
        for n, (begin, finish) in enumerate(gaps):
            model.add(finish - begin >= slack[n] + sum(resting[n]))
        limit = _minute(crew.done_by)
        if crew.rest_from is not None:
            limit = min(limit, _minute(crew.rest_from))
        model.add(over <= max(limit, until))
        if crew.max_route_s is not None:
            model.add(over - left <= crew.max_route_s // MINUTE)
        return True

    def _breaks(
        self,
        crew: Crew,
        tasks: tuple[int, ...],
        gaps: list[tuple[Any, Any]],
        over: Any,
        depart: int,
    ) -> list[list[Any]]:
        """Give each break a gap, or show that it is not due; return what it adds to each gap."""
        model = self.model
        resting: list[list[Any]] = [[] for _ in gaps]
        intervals = []
        for rule in crew.breaks:
            length, latest = rule.length_s // MINUTE, max(_minute(rule.latest_at), depart)
            begin = model.new_int_var(_minute(rule.earliest_at), _LATE, "break")
            here = [model.new_bool_var("here") for _ in gaps]
            for n, (free, finish) in enumerate(gaps):
                model.add(begin >= free).only_enforce_if(here[n])
                model.add(begin + length <= finish).only_enforce_if(here[n])
                resting[n].append(length * here[n])
            model.add(begin <= latest)
            taken = model.new_bool_var("taken")
            model.add(sum(here) == taken)
            not_due = model.new_bool_var("not due")
            model.add(over <= latest).only_enforce_if(not_due)
            ways = [taken, not_due]
            facts = [self.index[v.task_id] for v in crew.locked if v.state == "started"]
            for task in (*tasks, *facts):
                spot = model.new_bool_var("on the spot")
                model.add(self.start[task] <= _minute(rule.earliest_at)).only_enforce_if(spot)
                until = _minute(rule.latest_at) + length
                model.add(self.end[task] >= until).only_enforce_if(spot)
                ways.append(spot)
            model.add_bool_or(ways)
            size = model.new_optional_fixed_size_interval_var(begin, length, taken, "rest")
            intervals.append(size)
        model.add_no_overlap(intervals)
        return resting

    def _minutes(self, crew: Crew, task: Task, latest: int | None) -> list[int]:
        """Return the minutes at which the crew may start the task, by windows and titles."""
        closed = _minute(task.all_windows[-1].end)
        held = self.index[task.id] in self.locked
        allowed = [
            m
            for window in task.all_windows
            for m in range(max(0, _minute(window.start)), _minute(window.end) + 1)
        ]
        if held:
            until = closed if latest is None else latest
            allowed += range(max(0, closed + 1), until + 1)
            return allowed
        if crew.id in task.forbidden_crews or task.pinned_crew not in (None, crew.id):
            return []
        return [m for m in allowed if not self._lacks(crew, task, m)]

    def _lacks(self, crew: Crew, task: Task, minute: int) -> bool:
        visit = Visit(task.id, at(minute), at(minute), at(minute), 0)
        route = Route(crew.id, crew.start.source, (visit,))
        return any(title_violations(self.roads, crew, route))

    def _promised(self, c: int) -> tuple[dict[int, int], int]:
        """Do the promised work alone: how late it cannot help being, breaks allowed for."""
        crew = self.problem.crews[c]
        spare = sum(rule.length_s for rule in crew.breaks) // MINUTE
        place, free = self.problem.start_place(c), _minute(self.roads.departure(crew))
        before, latest = self.roads.under_way(crew), {}
        for visit in crew.locked:
            if visit.state == "started":
                continue
            task = self.index[visit.task_id]
            work = self.problem.tasks[task]
            free += int(self.roads.drive(c, place, task).total_seconds()) // MINUTE
            ahead = [w for w in work.all_windows if free <= _minute(w.end)]
            free = max(free, _minute(ahead[0].start)) if ahead else free
            latest[task] = free + spare
            free += int(self.roads.work(before, work).total_seconds()) // MINUTE
            place, before = task, work.id
        back = int(self.roads.way_back(c, place).total_seconds()) // MINUTE
        return latest, free + back + spare if latest else 0

    def _link(self, link: object) -> bool:
        """Add a link between planned visits; False where no times can make it hold."""
        model, crew = self.model, self.crew
        match link:
            case Order():
                first, then = self.index[link.first], self.index[link.then]
                if then not in crew or {first, then} <= self.locked:
                    return True
                if first not in crew:
                    return then in self.locked
                origin = self.end[first] if link.after == "end" else self.start[first]
                lag = self.start[then] - origin
                if isinstance(lag, int):
                    return True
                model.add(lag >= link.least_s // MINUTE)
                if link.most_s is not None:
                    model.add(lag <= link.most_s // MINUTE)
            case Together():
                group = [self.index[task_id] for task_id in link.tasks]
                there = [task for task in group if task in crew]
                if set(group) <= self.locked or not there:
                    return True
                if len(there) < len(group):
                    return bool(self.locked & set(group))
                if len({crew[task] for task in there}) < len(there):
                    return False
                gap = self.start[there[0]] - self.start[there[1]]
                model.add(gap <= link.within_s // MINUTE)
                model.add(gap >= -link.within_s // MINUTE)
            case SameCrew():
                group = [self.index[task_id] for task_id in link.tasks]
                crews = {crew[task] for task in group if task in crew}
                return len(crews) <= 1 or set(group) <= self.locked
            case KeepOrder():
                a, b = (self.index[task_id] for task_id in link.tasks)
                if crew.get(a) != crew.get(b) or a not in crew or {a, b} <= self.locked:
                    return True
                return self.rank[a] < self.rank[b]
        return True
