"""Which link keeps a task from a crew whose own day has room for it."""

from collections.abc import Collection
from dataclasses import replace

from dispatch.engine.timeline import Numbers, Schedule, placed
from dispatch.engine.timeline.links import ties_of
from dispatch.problem import (
    Code,
    KeepOrder,
    Link,
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
    """Return the kinds of link that, lifted, let the crew take the task.

    Where no kind does alone, the fewest that do together: none of them can be missed. `with` names
    the tasks at the links that do it one by one, else at all of the kind.
    """
    task_id, crew_id = problem.tasks[task].id, problem.crews[crew].id
    ids = {problem.tasks[t].id for t in (*lines[crew].tasks, task)}
    near = [link for link in problem.links if not ids.isdisjoint(tasks_of(link))]

    def lets_in(gone: Collection[Link]) -> bool:
        rest = tuple(link for link in problem.links if link not in gone)
        eased = replace(view, ties=ties_of(replace(problem, links=rest), view.holder))
        return placed(eased, lines, task, crew) is not None

    mine = {code: [k for k in near if isinstance(k, kinds)] for code, kinds in _KINDS}
    present = [code for code, links in mine.items() if links]
    named = [code for code in present if lets_in(mine[code])]
    alone = bool(named)
    if not alone:
        named = list(present)
        for code in present:
            rest = [other for other in named if other != code]
            if lets_in([link for other in rest for link in mine[other]]):
                named = rest
    found = []
    for code in named:
        links = [link for link in mine[code] if alone and lets_in([link])] or mine[code]
        others = {str(other) for link in links for other in tasks_of(link) if other != task_id}
        found.append(Reason(code, crew_id, {"with": [*sorted(others)]}))
    return found
