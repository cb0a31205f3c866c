"""Count a plan's cost anew, by the formula of `docs/dispatch.md`."""

from datetime import timedelta

from dispatch.checker.roads import Roads, moving
from dispatch.checker.times import route_end
from dispatch.problem import Plan, Problem, Task, Visit

_SECOND = timedelta(seconds=1)


def counted_cost(problem: Problem, plan: Plan) -> int:
    """Return the objective in whole seconds, rounded down."""
    roads = Roads(problem)
    total = sum(
        1000 * problem.weights.left_out_s(roads.task[item.task_id]) for item in plan.unassigned
    )
    for number, route in enumerate(plan.routes):
        crew = problem.crews[number]
        visits = moving(crew, route)
        for visit in visits:
            task = roads.task[visit.task_id]
            total += 1000 * visit.travel_s + _wait(problem, task, visit)
            if task.previous_crew not in (None, crew.id):
                total += 1000 * problem.move_tax_s
        over = route_end(roads, number, route)
        if over is not None:
            back = roads.way_back(number, roads.row[visits[-1].task_id])
            total += 1000 * (back // _SECOND)
            late_s = max(0, (over - crew.shift_end) // _SECOND)
            total += problem.weights.overtime_permille * late_s
    return total // 1000


def _wait(problem: Problem, task: Task, visit: Visit) -> int:
    """Return what the hour of a visit costs: later than at best, outside its soft window."""
    windows, start = task.all_windows, visit.start_at
    delay_s = (start - max(windows[0].start, problem.now)) // _SECOND
    window = next((w for w in windows if start <= w.end), windows[-1])
    early_s = max(0, ((window.soft_start or window.start) - start) // _SECOND)
    late_s = max(0, (start - window.soft_end) // _SECOND) if window.soft_end else 0
    return (
        problem.weights.sooner_permille * delay_s
        + window.early_permille * early_s
        + window.late_permille * late_s
    )
