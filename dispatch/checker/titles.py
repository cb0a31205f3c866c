"""Who may do the work, over the whole visit: skills, titles, members, equipment, permits."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dispatch.checker.roads import Roads
from dispatch.checker.verdicts import Rule, Violation
from dispatch.problem import Crew, Inclusion, Member, Requirement, Route, Task, covers


def title_violations(roads: Roads, crew: Crew, route: Route) -> Iterator[Violation]:
    """Yield what the crew lacks for the visits it has not promised already."""
    held = {visit.task_id for visit in crew.locked}
    for visit in route.visits:
        task = roads.task[visit.task_id]
        if task.id in held:
            continue
        # Judged with the set-up whether or not it is due, so that it depends on nothing before.
        start, end = visit.start_at, visit.start_at + timedelta(seconds=task.longest_s)
        for rule, detail, lack in _lacks(crew, task, start, end, roads.problem.inclusions):
            yield Violation(rule, crew.id, task.id, detail, lack)


def _lacks(
    crew: Crew, task: Task, start: datetime, end: datetime, declared: Sequence[Inclusion]
) -> Iterator[tuple[Rule, str, int]]:
    there = [member for member in crew.people if _present(member, start, end)]
    skills = crew.skills.union(*(member.skills for member in there))
    if missing := task.skills - skills:
        yield Rule.SKILL, f"lacks {sorted(missing)}", len(missing)
    if missing := task.equipment - crew.equipment:
        yield Rule.EQUIPMENT, f"lacks {sorted(missing)}", len(missing)
    size = len(there) if crew.people else crew.members
    if size < task.min_crew:
        detail = f"{size} of {task.min_crew} there from {start} to {end}"
        yield Rule.CREW_SIZE, detail, task.min_crew - size
    for wanted in task.credentials:
        name = f"{wanted.type} {wanted.symbol}".rstrip()
        able = sum(_entitled(member, wanted, start, end, declared) for member in there)
        if wanted.members is None:
            # Whoever is there for a moment of it counts, and must be entitled.
            needed = max(1, sum(_ever_there(member, start, end) for member in crew.people))
        else:
            needed = wanted.members
        if able < needed:
            detail = f"{able} of {needed} with {name} from {start} to {end}"
            yield Rule.CREDENTIAL, detail, needed - able
    for permit in task.permits:
        until = permit.valid_until or end
        if permit.valid_from is None or permit.valid_from > start or until < end:
            yield Rule.PERMIT, f"{permit.kind} not valid from {start} to {end}", 1


def _present(member: Member, start: datetime, end: datetime) -> bool:
    return (member.present_from or start) <= start and end <= (member.present_until or end)


def _ever_there(member: Member, start: datetime, end: datetime) -> bool:
    comes, goes = member.present_from, member.present_until
    return (comes is None or comes < end) and (goes is None or start < goes)


def _entitled(
    member: Member,
    wanted: Requirement,
    start: datetime,
    end: datetime,
    declared: Sequence[Inclusion],
) -> bool:
    """Say whether one title lasts the whole visit; two that only follow one another do not."""
    return any(
        covers(title, wanted, declared)
        and (title.valid_from or start) <= start
        and end <= (title.valid_until or end)
        for title in member.credentials
    )
