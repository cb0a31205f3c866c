"""Keep a re-plan from disturbing one crew more than the tenant allows."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

from dispatch.live.facts import Facts
from dispatch.problem import Plan


def calmed(facts: Facts, plan: Plan) -> Facts | None:
    """Return facts in which crews that the plan would change too much keep their work, or None.

    A change is a task that had a crew and gets another: one for each of the two. New tasks are
    none. The crews over the cap keep all they had; where they can, for a task their crew can do no
    longer is left to say so.
    """
    most = facts.wishes.changes_most
    if most is None:
        return None
    over = {crew for crew, count in _changes(facts, plan).items() if count > most}
    if not over:
        return None
    tasks = tuple(
        replace(task, pinned_crew=task.previous_crew)
        if task.previous_crew in over and task.pinned_crew is None
        else replace(task, forbidden_crews=task.forbidden_crews | (over - {task.previous_crew}))
        if task.previous_crew is not None and task.pinned_crew is None
        else task
        for task in facts.problem.tasks
    )
    return replace(facts, problem=replace(facts.problem, tasks=tasks))


def _changes(facts: Facts, plan: Plan) -> Counter[UUID]:
    found: Counter[UUID] = Counter()
    here = {crew.id for crew in facts.problem.crews}
    for route in plan.routes:
        for visit in route.visits:
            before = facts.tasks[visit.task_id]["crew_id"]
            if before is not None and before != route.crew_id:
                found[route.crew_id] += 1
                if before in here:
                    found[before] += 1
    return found
