"""Why a crew cannot take a task: the rules that, lifted, would let it in.

The one idea: nothing is read from a solver's traces. Each answer is proved by inserting the task
into the crew's day, first as planned, then with ever less in the way: without the visits of others
(PRIORITY), without promised and started work (LOCKED), and at last on an empty day, where only
titles, the clock and the road can refuse. There each rule is lifted by itself, and what lets the
task in is named; where no single rule does, they are lifted one after the other.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from dispatch.engine.explanation.lifting import DAY, TITLES, Pair, has_effect, lifted
from dispatch.engine.timeline import (
    Insertion,
    Numbers,
    Timeline,
    best_insertion,
    lay_out,
    unlocked,
)
from dispatch.engine.timeline.pairs import (
    permit_starts,
    presence,
    requirement_starts,
    skill_starts,
    title_of,
)
from dispatch.engine.timeline.spans import ALWAYS, FAR, Spans, at_least, both
from dispatch.problem import (
    Code,
    Credential,
    Crew,
    Json,
    Reason,
    Requirement,
    Task,
    as_json,
    covers,
)

Params = dict[str, Json]
Known = dict[tuple[int, tuple[int, ...]], Timeline]


def pair_reasons(pair: Pair) -> list[Reason]:
    """Return what refuses the pair whatever the hour: titles, equipment, declines, pins."""
    crew, task = pair.problem.crews[pair.crew], pair.problem.tasks[pair.task]
    found = [reason for code in pair.refused for reason in title_reasons(pair, code)]
    if crew.id in task.forbidden_crews:
        found.append(Reason(Code.DECLINED, crew.id, {}))
    if task.pinned_crew not in (None, crew.id):
        found.append(Reason(Code.LOCKED, crew.id, {"pinned_crew": str(task.pinned_crew)}))
    return found


def title_reasons(pair: Pair, code: Code, hours: Spans | None = None) -> list[Reason]:
    """Return one rule about who may do the work, with what is missing.

    A skill, title or permit is named that leaves fewer hours than the windows have (or than those
    given); what holds all through them is not. People are counted where these are in the windows.
    """
    hours = hours or pair.windows or ((0, FAR),)  # any to come, where the windows are over
    counted = both(hours, pair.windows) or hours
    crew, task = pair.problem.crews[pair.crew], pair.problem.tasks[pair.task]
    params: list[Params] = []
    match code:
        case Code.SKILL:
            starts = (skill_starts(pair.problem, crew, task, s) for s in sorted(task.skills))
            scarce = zip(sorted(task.skills), starts, strict=True)
            params.append({"missing": [skill for skill, left in scarce if _binds(hours, left)]})
        case Code.EQUIPMENT:
            params.append({"missing": [*sorted(task.equipment - crew.equipment)]})
        case Code.CREW_SIZE:
            params.append({"needed": task.min_crew, "present": most_present(pair, counted)})
        case Code.CREDENTIAL:
            params += [
                _credential(pair, crew, task, item, counted)
                for item in task.credentials
                if _binds(hours, requirement_starts(pair.problem, crew, task, item))
            ]
        case Code.PERMIT:
            params += [
                {
                    "kind": permit.kind,
                    "valid_from": as_json(permit.valid_from),
                    "valid_until": as_json(permit.valid_until),
                }
                for permit in task.permits
                if _binds(hours, permit_starts(pair.problem, task, permit))
            ]
    return [Reason(code, crew.id, item) for item in params]


def day_reasons(view: Numbers, line: Timeline, pair: Pair, known: Known) -> list[Reason]:
    """Return why the task does not fit the crew's day, were the crew entitled to it.

    line: the crew's route without the task. known: routes laid out without one visit, kept
    for the next question about the same plan. Empty where it fits.
    """
    refused = pair.refused
    is_free = not refused and pair.is_ordered and pair.task not in view.holder
    free = view if is_free else lifted(view, pair, refused)
    if best_insertion(free, line, pair.task):
        return []
    promised = lay_out(free, pair.crew, view.promised[pair.crew])
    crew_id = pair.problem.crews[pair.crew].id
    if best_insertion(free, promised, pair.task):
        names: Params = {"displaced_by": _in_the_way(free, line, pair, known)}
        return [Reason(Code.PRIORITY, crew_id, names)]
    bare = unlocked(pair.problem, view, pair.crew)
    empty = lifted(bare, pair, refused)
    if best_insertion(empty, lay_out(empty, pair.crew, ()), pair.task):
        held: list[Json] = [str(v.task_id) for v in pair.problem.crews[pair.crew].locked]
        return [Reason(Code.LOCKED, crew_id, {"busy_with": held})]
    return _empty_day_reasons(bare, pair)


def most_present(pair: Pair, hours: Spans) -> int:
    """Return how many members can be there over one whole visit that starts within the hours, at
    best."""
    crew, task = pair.problem.crews[pair.crew], pair.problem.tasks[pair.task]
    if not crew.people:
        return crew.members
    spans = [both(presence(pair.problem, m, task), hours) for m in crew.people]
    return max((n for n in range(1, len(spans) + 1) if at_least(spans, n)), default=0)


def _binds(hours: Spans, starts: Spans) -> bool:
    return both(starts, hours) != both(ALWAYS, hours)


def _credential(pair: Pair, crew: Crew, task: Task, wanted: Requirement, hours: Spans) -> Params:
    """Say which title, how many have it at best, and whose ran out, when."""
    spans = [
        both(
            both(
                presence(pair.problem, member, task), title_of(pair.problem, member, task, wanted)
            ),
            hours,
        )
        for member in crew.people
    ]
    able = max((n for n in range(1, len(spans) + 1) if at_least(spans, n)), default=0)
    params: Params = {
        "type": wanted.type,
        "symbol": wanted.symbol,
        "needed": wanted.members if wanted.members is not None else len(crew.people),
        "able": able,
    }
    held = [
        (title, member.id)
        for member in crew.people
        for title in member.credentials
        if covers(title, wanted, pair.problem.inclusions)
    ]
    if held:
        title, member_id = max(held, key=_lasts)
        params |= {
            "member_id": str(member_id),
            "valid_from": as_json(title.valid_from),
            "expired_at": as_json(title.valid_until),
        }
    return params


def _lasts(held: tuple[Credential, UUID]) -> tuple[bool, float]:
    until: datetime | None = held[0].valid_until
    return (until is None, 0.0 if until is None else until.timestamp())


def _in_the_way(view: Numbers, line: Timeline, pair: Pair, known: Known) -> list[Json]:
    """Return the visits that, each taken out alone, would let the task in; else all of them."""
    promised = view.promised[pair.crew]
    others = [task for task in line.tasks if task not in promised]

    def lets_in(gone: int) -> bool:
        key = (pair.crew, tuple(task for task in line.tasks if task != gone))
        if key not in known:
            known[key] = lay_out(view, *key)
        rest = known[key]
        return best_insertion(view, rest, pair.task) is not None

    single = [other for other in others if lets_in(other)]
    tasks = pair.problem.tasks
    return [
        {"task_id": str(tasks[task].id), "priority": tasks[task].priority}
        for task in single or others
    ]


def _empty_day_reasons(base: Numbers, pair: Pair) -> list[Reason]:
    """Judge the task as the only visit of an empty day; at least one reason applies."""
    refused = pair.refused

    def fits(codes: list[Code]) -> bool:
        return _placed(base, pair, codes) is not None

    rules = [c for c in (*TITLES, *DAY) if c not in refused and has_effect(pair, c)]
    found = [[code] for code in rules if fits([code])]
    if not found:
        needed = list(rules)
        # Down to a set of which none can be missed: together they let the task in.
        for code in rules:
            rest = [other for other in needed if other != code]
            if fits(rest):
                needed = rest
        found = [[code] for code in needed]
    others = [code for group in found for code in group]
    return [r for code in others for r in _described(base, pair, code, others)]


def _placed(view: Numbers, pair: Pair, codes: Iterable[Code]) -> Insertion | None:
    """Place the task into the crew's empty day, these rules and those that refuse lifted."""
    eased = lifted(view, pair, [*pair.refused, *codes])
    return best_insertion(eased, lay_out(eased, pair.crew, ()), pair.task)


def _described(view: Numbers, pair: Pair, code: Code, others: list[Code]) -> list[Reason]:
    """Put numbers to one rule of the day, all the others that apply being lifted."""
    crew, task = pair.crew, pair.task
    subject = pair.problem.crews[crew]
    if code in TITLES:
        # What is missing is missing when the crew can be there, not before.
        place = _placed(view, pair, [code]) or _placed(view, pair, others)
        reached: Spans = ((0 if place is None else place.start_s, FAR),)
        return title_reasons(pair, code, both(pair.windows, reached) or reached)
    place = _placed(view, pair, others)
    drive_s = view.roads[crew][view.start[crew]][task]
    close_s = pair.windows[-1][1] if pair.windows else _closed_s(pair)
    describe: dict[Code, Callable[[], tuple[Code, Params]]] = {
        Code.WINDOW: lambda: _late(view, pair, drive_s, close_s, place.start_s if place else 0),
        Code.SHIFT: lambda: (
            Code.SHIFT,
            {"over_s": _over_s(view, crew, place), "way_back_s": _back_s(view, crew, task)},
        ),
        Code.REST: lambda: (
            Code.REST,
            {
                "rest_s": subject.rest_s,
                "rested_at": as_json(subject.rested_at),
                "rest_from": as_json(subject.rest_from),
            },
        ),
        Code.BREAK: lambda: (
            Code.BREAK,
            {
                "length_s": sum(rest.length_s for rest in view.breaks[crew]),
                "latest_at": as_json(subject.breaks[-1].latest_at) if subject.breaks else None,
            },
        ),
        Code.CAPACITY: lambda: (
            Code.CAPACITY,
            {"demand": pair.problem.tasks[task].demand, "capacity": subject.capacity},
        ),
    }
    named, params = describe[code]()
    return [Reason(named, subject.id, params)]


def _late(
    view: Numbers, pair: Pair, drive_s: int, close_s: int, start_s: int
) -> tuple[Code, Params]:
    """Tell a window that is over from a road that is too long, and from hours off duty."""
    subject = pair.problem.crews[pair.crew]
    shift_start_s = (subject.shift_start - pair.problem.now).total_seconds()
    params: Params = {"late_s": start_s - close_s, "travel_s": drive_s}
    if close_s < 0:
        return Code.WINDOW, params
    if shift_start_s > close_s:
        return Code.SHIFT, params
    return (Code.DISTANCE if view.depart_s[pair.crew] <= close_s else Code.WINDOW), params


def _closed_s(pair: Pair) -> int:
    end = pair.problem.tasks[pair.task].all_windows[-1].end
    return int((end - pair.problem.now).total_seconds() // 1)


def _over_s(view: Numbers, crew: int, place: Insertion | None) -> int:
    """Return by how much the day with the one visit is too long: at its end, or on the road."""
    if place is None:
        return -view.limit_s[crew]
    line, longest_s = place.timeline, view.longest_s[crew]
    over_s = line.over_s - view.limit_s[crew]
    if over_s > 0 or longest_s is None:
        return over_s
    drive_s = view.roads[crew][view.start[crew]][line.tasks[0]]
    return line.over_s - (line.start_s[0] - drive_s) - longest_s


def _back_s(view: Numbers, crew: int, task: int) -> int:
    end = view.end[crew]
    return 0 if end is None else view.roads[crew][task][end]
