"""Which link keeps a task from a crew whose own day has room for it."""

from dataclasses import replace

from dispatch.engine.timeline import Numbers, Schedule, placed
from dispatch.engine.timeline.links import ties_of
from dispatch.problem import (
    Code,
    KeepOrder,
    Order,
    Problem,
    Reason,
    SameCrew,
    Together,
    tasks_of,
)

_KINDS = (
    (Code.ORDER, (Order, KeepOrder)),
    (Code.TOGETHER, (Together,)),
    (Code.SAME_CREW, (SameCrew,)),
)


def link_reasons(
    problem: Problem, view: Numbers, lines: Schedule, crew: int, task: int
) -> list[Reason]:
    """Return the kinds of link that, lifted, would let the crew take the task; else all it has."""
    task_id, crew_id = problem.tasks[task].id, problem.crews[crew].id
    found, present = [], []
    for code, kinds in _KINDS:
        mine = [link for link in problem.links if isinstance(link, kinds)]
        ids = {problem.tasks[t].id for t in (*lines[crew].tasks, task)}
        mine = [link for link in mine if not ids.isdisjoint(tasks_of(link))]
        if not mine:
            continue
        others = {str(other) for link in mine for other in tasks_of(link) if other != task_id}
        reason = Reason(code, crew_id, {"with": [*sorted(others)]})
        present.append(reason)
        rest = tuple(link for link in problem.links if link not in mine)
        eased = replace(view, ties=ties_of(replace(problem, links=rest), view.holder))
        if placed(eased, lines, task, crew):
            found.append(reason)
    return found or present
