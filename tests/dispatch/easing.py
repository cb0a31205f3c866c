"""Undo exactly what a reason or a relaxation names, without looking at how it was found."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from dispatch.problem import (
    Code,
    Credential,
    Crew,
    KeepOrder,
    Member,
    Order,
    Permit,
    Problem,
    Reason,
    SameCrew,
    Task,
    Together,
    Window,
)
from tests.dispatch.oracle import Routes, holds

_LINKS: dict[Code, tuple[type, ...]] = {
    Code.ORDER: (Order, KeepOrder),
    Code.TOGETHER: (Together,),
    Code.SAME_CREW: (SameCrew,),
}


def fits(problem: Problem, routes: Routes, crew: int, task: int) -> bool:
    """Say whether the task holds at any place in the crew's route, all others as they are."""
    locked = problem.crews[crew].locked
    waiting = [visit for visit in locked if visit.state != "started"]
    frozen = [n for n, visit in enumerate(waiting) if visit.state == "frozen"]
    mine = routes[crew]
    for position in range(frozen[-1] + 1 if frozen else 0, len(mine) + 1):
        longer = list(routes)
        longer[crew] = (*mine[:position], task, *mine[position:])
        if holds(problem, longer):
            return True
    return False


def fits_with_partners(problem: Problem, routes: Routes, crew: int, task: int) -> bool:
    """Say the same of the task and of those that are planned with it or not at all."""
    planned = {t for tasks in routes for t in tasks}
    index = {other.id: i for i, other in enumerate(problem.tasks)}
    group, grown = {task}, True
    while grown:
        ties = [link for link in problem.links if isinstance(link, Together)]
        sets = [{index[task_id] for task_id in link.tasks} for link in ties]
        more = group.union(*(tied for tied in sets if tied & group))
        grown, group = more != group, more
    others = sorted(group - {task} - planned)

    def placed(at: Routes, left: list[int]) -> bool:
        if not left:
            return fits(problem, at, crew, task)
        return any(
            placed([*at[:c], (*tasks[:n], left[0], *tasks[n:]), *at[c + 1 :]], left[1:])
            for c, tasks in enumerate(at)
            for n in range(len(tasks) + 1)
        )

    return placed(list(routes), others)


def eased(
    problem: Problem, routes: Routes, crew: int, task: int, changes: Sequence[Reason]
) -> Iterator[tuple[Problem, Routes]]:
    """Yield the problem with these changes made, once for each way that they may be meant."""
    subject, work, links, kept = problem.crews[crew], problem.tasks[task], problem.links, routes
    options = [work]
    index = {other.id: i for i, other in enumerate(problem.tasks)}
    for change in changes:
        params: Any = change.params
        if "displaced" in params or "displaced_by" in params:
            names = params.get("displaced") or params["displaced_by"]
            gone = {index[UUID(str(name["task_id"]))] for name in names}
            kept = [tuple(t for t in tasks if t not in gone) for tasks in kept]
        elif "busy_with" in params:
            subject = _released(problem, subject)
            kept = [() if c == crew else tasks for c, tasks in enumerate(kept)]
        elif change.code in _LINKS:
            kinds = _LINKS[change.code]
            links = tuple(link for link in links if not isinstance(link, kinds))
        elif (late_s := params.get("late_s") or params.get("later_s")) is not None:
            options = [wider for option in options for wider in _wider(option, late_s)]
        else:
            subject = _with_crew(subject, work, change.code, params)
            options = [_with_task(option, subject, change.code, params) for option in options]
    subjects = [subject, _staying(subject)] if _asks_all(work, changes) else [subject]
    for option, able in product(options, subjects):
        crews = tuple(able if c == crew else other for c, other in enumerate(problem.crews))
        tasks = tuple(option if i == task else other for i, other in enumerate(problem.tasks))
        yield replace(problem, crews=crews, tasks=tasks, links=links), kept


def _asks_all(task: Task, changes: Sequence[Reason]) -> bool:
    """Say whether a title is named that everybody must hold who is there for a moment of it."""
    named = {(r.params["type"], r.params["symbol"]) for r in changes if r.code is Code.CREDENTIAL}
    return any((w.type, w.symbol) in named for w in task.credentials if w.members is None)


def _staying(crew: Crew) -> Crew:
    """Let all be there all day: who comes or goes during a visit holds no title through it."""
    people = (replace(m, present_from=None, present_until=None) for m in crew.people)
    return replace(crew, people=tuple(people))


def _released(problem: Problem, crew: Crew) -> Crew:
    start = replace(crew.start, free_at=problem.now)
    return replace(crew, locked=(), start=start if crew.locked else crew.start)


def _wider(task: Task, late_s: int) -> Iterator[Task]:
    """Let each window in turn last longer."""
    later = timedelta(seconds=late_s)
    for number, window in enumerate(task.all_windows):
        end = window.end + later
        windows = [w for w in task.all_windows if w.end < window.start]
        windows.append(replace(window, end=end))
        windows += [_after(w, end) for w in task.all_windows[number + 1 :] if w.end > end]
        limit = max(task.window_end, end)
        yield replace(task, windows=tuple(windows) if task.windows else (), window_end=limit)


def _after(window: Window, end: datetime) -> Window:
    start = max(window.start, end + timedelta(seconds=1))
    return Window(start, window.end)


def _with_crew(crew: Crew, task: Task, code: Code, params: Any) -> Crew:
    match code:
        case Code.SKILL:
            return replace(crew, skills=crew.skills | set(params["missing"]))
        case Code.EQUIPMENT:
            return replace(crew, equipment=crew.equipment | set(params["missing"]))
        case Code.CREDENTIAL:
            title = Credential(params["type"], params["symbol"])
            people = tuple(replace(m, credentials=(*m.credentials, title)) for m in crew.people)
            return _joined(replace(crew, people=people), task, params.get("needed", 0), title)
        case Code.CREW_SIZE if "needed" in params:
            return _joined(crew, task, params["needed"]) if crew.people else crew
        case Code.SHIFT:
            longer = params.get("over_s") or params["longer_s"]
            return _longer(crew, longer)
        case Code.REST:
            return replace(crew, previous_end=None, next_start=None)
        case Code.BREAK:
            return replace(crew, breaks=())
        case Code.CAPACITY:
            return replace(crew, capacity=None)
    return crew


def _joined(crew: Crew, task: Task, count: int, *more: Credential) -> Crew:
    """Let so many more come along all day, with every title that the task asks for."""
    asked = (Credential(wanted.type, wanted.symbol) for wanted in task.credentials)
    titles = (*asked, *more)
    count = max(count, 0 if crew.people else crew.members)
    new = (Member(UUID(int=7000 + n), frozenset(), titles) for n in range(count))
    return replace(crew, people=(*crew.people, *new))


def _longer(crew: Crew, longer_s: int) -> Crew:
    done_by = crew.done_by + timedelta(seconds=longer_s)
    overtime_s = max(0, int((done_by - crew.shift_end).total_seconds()))
    span_s = int((done_by - crew.shift_start).total_seconds())
    return replace(
        crew,
        overtime_s=max(crew.overtime_s, overtime_s),
        max_span_s=None if crew.max_span_s is None else max(crew.max_span_s, span_s),
        max_route_s=None,
    )


def _with_task(task: Task, crew: Crew, code: Code, params: Any) -> Task:
    match code:
        case Code.CREW_SIZE:
            least = params["present"] if "present" in params else task.min_crew - params["more"]
            return replace(task, min_crew=max(1, least))
        case Code.PERMIT:
            start = task.window_start - timedelta(days=1)
            kind = params["kind"]
            valid = (Permit(p.kind, start) if p.kind == kind else p for p in task.permits)
            return replace(task, permits=tuple(valid))
        case Code.DECLINED:
            return replace(task, forbidden_crews=task.forbidden_crews - {crew.id})
        case Code.LOCKED if "pinned_crew" in params:
            return replace(task, pinned_crew=None)
    return task
