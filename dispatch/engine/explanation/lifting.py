"""The numbers of a problem with a rule lifted for one crew and one task, to ask "what if"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import ceil
from typing import TypeVar

from dispatch.engine.timeline import Numbers
from dispatch.engine.timeline.numbers import window_starts
from dispatch.engine.timeline.pairs import may_take, starts_by_rule
from dispatch.engine.timeline.spans import ALWAYS, FAR, Spans, both
from dispatch.problem import Code, Problem

T = TypeVar("T")

# Rules about who may do the work, in the order they are told.
TITLES = (Code.SKILL, Code.CREDENTIAL, Code.EQUIPMENT, Code.CREW_SIZE, Code.PERMIT)
# Rules of the day, in the order they are tried: what costs a promise least first.
DAY = (Code.CAPACITY, Code.BREAK, Code.SHIFT, Code.REST, Code.WINDOW)
_FIELDS = tuple(field.name for field in fields(Numbers))


@dataclass(frozen=True, slots=True)
class Pair:
    """A crew and a task; starts: what each rule about who may do it leaves (free rules not)."""

    problem: Problem
    crew: int
    task: int
    windows: Spans
    starts: Mapping[Code, Spans]

    @property
    def refused(self) -> list[Code]:
        """The rules that leave no start inside the windows, whatever the crew's day."""
        hours = self.windows or ((0, FAR),)  # where the windows are over, any hour to come
        return [code for code in TITLES if not both(self.starts.get(code, ALWAYS), hours)]

    @property
    def is_ordered(self) -> bool:
        """Whether declines and pins leave the pair."""
        return may_take(self.problem.crews[self.crew], self.problem.tasks[self.task])


def pair_of(problem: Problem, crew: int, task: int) -> Pair:
    """Look at a pair rule by rule."""
    subject, work = problem.crews[crew], problem.tasks[task]
    windows = window_starts(problem, work)
    return Pair(problem, crew, task, windows, starts_by_rule(problem, subject, work))


def lifted(view: Numbers, pair: Pair, codes: Iterable[Code]) -> Numbers:
    """Return the numbers with these rules lifted for the pair, and with declines and pins."""
    lifting = set(codes)
    crew, subject = pair.crew, pair.problem.crews[pair.crew]
    # A window that is lifted has no end: the task may start at any later hour.
    starts: Spans = pair.windows
    if Code.WINDOW in lifting:
        starts = ((view.open_s[pair.task], FAR),)
    for code, spans in pair.starts.items():
        if code not in lifting:
            starts = both(starts, spans)
    by_task = list(view.starts)
    by_task[pair.task] = {**by_task[pair.task], crew: starts}
    if not starts:
        by_task[pair.task].pop(crew)
    eased: dict[str, object] = {"starts": by_task}
    if Code.CAPACITY in lifting:
        eased["room"] = _with(view.room, crew, None)
    if Code.BREAK in lifting:
        eased["breaks"] = _with(view.breaks, crew, ())
    if Code.SHIFT in lifting or Code.REST in lifting:
        limit_s = _limit(view, pair, lifting)
        eased["limit_s"] = _with(view.limit_s, crew, limit_s)
    if Code.SHIFT in lifting:
        eased["longest_s"] = _with(view.longest_s, crew, None)
    if Code.REST in lifting and subject.rested_at is not None:
        begins = [subject.start.free_at, subject.shift_start, pair.problem.now]
        wait_s = (max(begins) - pair.problem.now).total_seconds()
        depart_s = min(view.depart_s[crew], ceil(wait_s))
        eased["depart_s"] = _with(view.depart_s, crew, depart_s)
    return _changed(view, eased)


def has_effect(pair: Pair, code: Code) -> bool:
    """Say whether lifting the rule for the pair changes anything."""
    crew = pair.problem.crews[pair.crew]
    match code:
        case Code.CAPACITY:
            return crew.capacity is not None
        case Code.BREAK:
            return bool(crew.breaks)
        case Code.REST:
            return crew.rested_at is not None or crew.rest_from is not None
        case Code.WINDOW | Code.SHIFT:
            return True
    return code in pair.starts


def _changed(view: Numbers, eased: Mapping[str, object]) -> Numbers:
    """Do as `dataclasses.replace` in a third of its time: a question asks it a hundred times."""
    new = object.__new__(Numbers)
    for name in _FIELDS:
        object.__setattr__(new, name, eased[name] if name in eased else getattr(view, name))
    return new


def _limit(view: Numbers, pair: Pair, lifting: set[Code]) -> int:
    """Return the end of the day with the shift's or the rest's limit gone, promises kept."""
    subject = pair.problem.crews[pair.crew]
    limits = [FAR]
    if Code.SHIFT not in lifting:
        limits.append(int((subject.done_by - pair.problem.now).total_seconds() // 1))
    if Code.REST not in lifting and subject.rest_from is not None:
        limits.append(int((subject.rest_from - pair.problem.now).total_seconds() // 1))
    return max(view.limit_s[pair.crew], min(limits))


def _with(values: list[T], index: int, value: T) -> list[T]:
    return [*values[:index], value, *values[index + 1 :]]
