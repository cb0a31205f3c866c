"""Changes of one crew or one task that let a pair through, each the least that does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from dispatch.engine.explanation.lifting import pair_of
from dispatch.engine.explanation.reasons import most_present, title_reasons
from dispatch.engine.timeline.spans import ALWAYS
from dispatch.problem import (
    Code,
    Credential,
    Crew,
    Member,
    Permit,
    Problem,
    Reason,
    Requirement,
    Task,
    as_json,
    covers,
)

# What a relaxation is ranked by, in seconds, where no clock measures it: our own order, from what a
# call settles to what takes a training. Later and longer days count their seconds.
PRICES_S = {
    Code.DECLINED: 2 * 3600,
    Code.LOCKED: 2 * 3600,
    Code.EQUIPMENT: 2 * 3600,
    Code.CAPACITY: 4 * 3600,
    Code.CREW_SIZE: 4 * 3600,
    Code.BREAK: 4 * 3600,
    Code.REST: 6 * 3600,
    Code.SKILL: 8 * 3600,
    Code.CREDENTIAL: 8 * 3600,
    Code.PERMIT: 8 * 3600,
}


def relaxed_titles(small: Problem, codes: Sequence[Code]) -> tuple[Problem, list[Reason]] | None:
    """Let the only crew do the last task: these rules are relaxed, and declines and pins.

    None where that takes more than a title, a skill, a tool, a person or a word.
    """
    crew, task = small.crews[0], small.tasks[-1]
    pair = pair_of(small, 0, len(small.tasks) - 1)
    changes: list[Reason] = []
    for code in codes:
        if code is Code.CREDENTIAL:
            renewed = _renewed(small, crew, task)
            if renewed is None:
                return None
            crew, missing = renewed, title_reasons(pair, code, ALWAYS)
        elif code is Code.CREW_SIZE:
            there = most_present(pair, pair.windows)
            if there < 1 or there >= task.min_crew:
                return None  # more hands would not help: who is there is not there for long enough
            changes.append(Reason(code, crew.id, {"more": task.min_crew - there}))
            task = replace(task, min_crew=there)
            continue
        else:
            missing = title_reasons(pair, code) or title_reasons(pair, code, ALWAYS)
            crew, task = _granted(crew, task, code, missing)
        changes += missing
    if crew.id in task.forbidden_crews:
        changes.append(Reason(Code.DECLINED, crew.id, {}))
        task = replace(task, forbidden_crews=task.forbidden_crews - {crew.id})
    if task.pinned_crew not in (None, crew.id):
        changes.append(Reason(Code.LOCKED, crew.id, {"pinned_crew": str(task.pinned_crew)}))
        task = replace(task, pinned_crew=None)
    return replace(small, crews=(crew,), tasks=(*small.tasks[:-1], task)), changes


def with_later_window(problem: Problem, task: Task, start_s: int) -> tuple[Task, int]:
    """Let the task's last window that is over by then last until start_s; return by how much."""
    start_at = problem.now + timedelta(seconds=start_s)
    windows = list(task.all_windows)
    if any(window.start <= start_at <= window.end for window in windows):
        return task, 0
    late = max(i for i, window in enumerate(windows) if window.start <= start_at)
    later_s = -int(-(start_at - windows[late].end).total_seconds() // 1)
    if not task.windows:
        return replace(task, window_end=start_at), later_s
    windows[late] = replace(windows[late], end=start_at)
    end = max(task.window_end, start_at)
    return replace(task, windows=tuple(windows), window_end=end), later_s


def _granted(crew: Crew, task: Task, code: Code, missing: Sequence[Reason]) -> tuple[Crew, Task]:
    """Give the crew or the task what is missing, and nothing else."""
    match code:
        case Code.SKILL:
            lacking: Any = missing[0].params["missing"]
            return replace(crew, skills=crew.skills | set(lacking)), task
        case Code.EQUIPMENT:
            return replace(crew, equipment=crew.equipment | task.equipment), task
        case _:
            start = min(window.start for window in task.all_windows)
            named = {(r.params["kind"], r.params["valid_from"]) for r in missing}
            permits = tuple(
                Permit(permit.kind, start)
                if (permit.kind, as_json(permit.valid_from)) in named
                else permit
                for permit in task.permits
            )
            return crew, replace(task, permits=permits)


def _renewed(small: Problem, crew: Crew, task: Task) -> Crew | None:
    """Give as few members as it takes the titles that are missing, those who had them first."""
    for wanted in task.credentials:
        alone = (*small.tasks[:-1], replace(task, credentials=(wanted,)))
        order = sorted(crew.people, key=lambda m: (not _had(m, wanted, small), str(m.id)))
        for count in range(len(order) + 1):
            named = {member.id for member in order[:count]}
            trial = _with_title(crew, named, Credential(wanted.type, wanted.symbol))
            pair = pair_of(replace(small, crews=(trial,), tasks=alone), 0, len(alone) - 1)
            if pair.starts.get(Code.CREDENTIAL, ALWAYS) == ALWAYS:
                break
        else:
            # Whoever could hold it is not there all day; that may still be long enough.
            if Code.CREDENTIAL in pair.refused:
                return None
        crew = trial
    return crew


def _had(member: Member, wanted: Requirement, small: Problem) -> bool:
    return any(covers(title, wanted, small.inclusions) for title in member.credentials)


def _with_title(crew: Crew, members: set[UUID], title: Credential) -> Crew:
    people = tuple(
        replace(member, credentials=(*member.credentials, title))
        if member.id in members
        else member
        for member in crew.people
    )
    return replace(crew, people=people)
