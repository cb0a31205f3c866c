"""What a crew lacks for a task, rule by rule, as the starts that each rule leaves."""

from collections.abc import Callable, Sequence
from datetime import datetime
from math import ceil, floor

from dispatch.engine.timeline.spans import ALWAYS, FAR, NEVER, Spans, at_least, both, union, without
from dispatch.problem import (
    Code,
    Crew,
    Inclusion,
    Member,
    Permit,
    Problem,
    Requirement,
    Task,
    covers,
)


def may_take(crew: Crew, task: Task) -> bool:
    """Say whether declines and pins leave the pair."""
    return crew.id not in task.forbidden_crews and task.pinned_crew in (None, crew.id)


def title_starts(problem: Problem, crew: Crew, task: Task) -> Spans:
    """Return the starts at which the crew has all that the task asks, from `problem.now`."""
    if not (crew.people or task.credentials or task.permits):
        lacks = task.skills - crew.skills or task.equipment - crew.equipment
        return NEVER if lacks or crew.members < task.min_crew else ALWAYS
    starts = ALWAYS
    for spans in starts_by_rule(problem, crew, task).values():
        starts = both(starts, spans)
    return starts


def starts_by_rule(problem: Problem, crew: Crew, task: Task) -> dict[Code, Spans]:
    """Return, for each rule about who may do the task, the starts it leaves; free rules not."""
    rules: dict[Code, Spans] = {}
    if not task.skills <= crew.skills:
        rules[Code.SKILL] = _skill_starts(problem, crew, task)
    if not task.equipment <= crew.equipment:
        rules[Code.EQUIPMENT] = NEVER
    if crew.people:
        present = [presence(problem, member, task) for member in crew.people]
        rules[Code.CREW_SIZE] = at_least(present, task.min_crew)
    elif crew.members < task.min_crew:
        rules[Code.CREW_SIZE] = NEVER
    for wanted in task.credentials:
        starts = requirement_starts(problem, crew, task, wanted)
        rules[Code.CREDENTIAL] = both(rules.get(Code.CREDENTIAL, ALWAYS), starts)
    for permit in task.permits:
        valid = permit_starts(problem, task, permit)
        rules[Code.PERMIT] = both(rules.get(Code.PERMIT, ALWAYS), valid)
    return {code: spans for code, spans in rules.items() if spans != ALWAYS}


def permit_starts(problem: Problem, task: Task, permit: Permit) -> Spans:
    """Return the starts at which the permit is valid over the whole visit."""
    if permit.valid_from is None:
        return NEVER
    return _inside(problem, permit.valid_from, permit.valid_until, task.longest_s)


def presence(problem: Problem, member: Member, task: Task) -> Spans:
    """Return the starts at which the member is there over the whole visit."""
    return _inside(problem, member.present_from, member.present_until, task.longest_s)


def skill_starts(problem: Problem, crew: Crew, task: Task, skill: str) -> Spans:
    """Return the starts at which somebody of the crew has the skill over the whole visit."""
    if skill in crew.skills:
        return ALWAYS
    return union(
        presence(problem, member, task) for member in crew.people if skill in member.skills
    )


def requirement_starts(problem: Problem, crew: Crew, task: Task, wanted: Requirement) -> Spans:
    """Return the starts at which enough members hold the title over the whole visit."""
    entitled = [
        both(presence(problem, member, task), title_of(problem, member, task, wanted))
        for member in crew.people
    ]
    if wanted.members is not None:
        return at_least(entitled, wanted.members)
    starts = union(entitled)
    for member, spans in zip(crew.people, entitled, strict=True):
        # Who is there for a moment of the visit must be entitled for all of it.
        starts = both(starts, union([spans, without(_overlap(problem, member, task))]))
    return starts


def title_of(problem: Problem, member: Member, task: Task, wanted: Requirement) -> Spans:
    """Return the starts at which one of the member's titles covers the whole visit."""
    declared: Sequence[Inclusion] = problem.inclusions
    return union(
        _inside(problem, title.valid_from, title.valid_until, task.longest_s)
        for title in member.credentials
        if covers(title, wanted, declared)
    )


def _skill_starts(problem: Problem, crew: Crew, task: Task) -> Spans:
    starts = ALWAYS
    for skill in task.skills - crew.skills:
        starts = both(starts, skill_starts(problem, crew, task, skill))
    return starts


def _inside(
    problem: Problem, start: datetime | None, end: datetime | None, longest_s: int
) -> Spans:
    low = -FAR if start is None else _seconds(problem, start, ceil)
    high = FAR if end is None else _seconds(problem, end, floor) - longest_s
    return ((low, high),) if low <= high else NEVER


def _overlap(problem: Problem, member: Member, task: Task) -> Spans:
    low, high = -FAR, FAR
    if member.present_from is not None:
        low = _seconds(problem, member.present_from, floor) - task.longest_s + 1
    if member.present_until is not None:
        high = _seconds(problem, member.present_until, ceil) - 1
    return ((low, high),) if low <= high else NEVER


def _seconds(problem: Problem, at: datetime, rounded: Callable[[float], int]) -> int:
    return rounded((at - problem.now).total_seconds())
