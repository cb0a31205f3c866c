"""Links between tasks in integers: lags between two visits, and who must be there with whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from dispatch.problem import KeepOrder, Order, Problem, SameCrew, Together


@dataclass(frozen=True, slots=True)
class Lag:
    """then's start - first's start (or end) lies in [least_s, most_s]; most_s None: open."""

    first: int
    then: int
    least_s: int
    most_s: int | None
    after_end: bool


@dataclass(frozen=True, slots=True)
class Ties:
    """The links of a problem, those between locked tasks left out.

    needs: by task, those without which it is not planned. together: groups of different crews;
    with `whole` all or none. timed: tasks whose times depend on another route.
    """

    lags: tuple[Lag, ...]
    needs: Mapping[int, frozenset[int]]
    together: tuple[tuple[tuple[int, ...], bool], ...]
    same: tuple[tuple[int, ...], ...]
    keep: tuple[tuple[int, ...], ...]
    timed: frozenset[int]
    tied: frozenset[int]

    def whole(self, task: int) -> tuple[int, ...]:
        """Return the tasks that are planned with this one or not at all, itself included."""
        found, waiting = {task}, [task]
        while waiting:
            here = waiting.pop()
            for group, whole in self.together:
                if whole and here in group:
                    waiting += [other for other in group if other not in found]
                    found.update(group)
        return tuple(sorted(found))


def ties_of(problem: Problem, holder: Mapping[int, int]) -> Ties:
    """Read the problem's links; `holder` has the crew of every locked task."""
    index = {task.id: i for i, task in enumerate(problem.tasks)}
    lags: list[Lag] = []
    needs: dict[int, frozenset[int]] = {}
    together, same, keep = [], [], []
    for link in problem.links:
        match link:
            case Order():
                first, then = index[link.first], index[link.then]
                if first in holder and then in holder:
                    continue
                lags.append(Lag(first, then, link.least_s, link.most_s, link.after == "end"))
                if then not in holder:
                    needs[then] = needs.get(then, frozenset()) | {first}
            case Together():
                group = tuple(index[task_id] for task_id in link.tasks)
                if holder.keys() >= set(group):
                    continue
                within = link.within_s
                lags += [Lag(a, b, -within, within, False) for a, b in combinations(group, 2)]
                together.append((group, holder.keys().isdisjoint(group)))
            case SameCrew():
                same.append(tuple(index[task_id] for task_id in link.tasks))
            case KeepOrder():
                keep.append(tuple(index[task_id] for task_id in link.tasks))
    timed = frozenset(task for lag in lags for task in (lag.first, lag.then))
    tied = timed.union(*same, *keep)
    return Ties(tuple(lags), needs, tuple(together), tuple(same), tuple(keep), timed, tied)


def links_hold(ties: Ties, holder: Mapping[int, int], routes: list[tuple[int, ...]]) -> bool:
    """Judge all that links ask but times; started tasks need not be in the routes."""
    crew = dict(holder)
    rank: dict[int, int] = {}
    for number, tasks in enumerate(routes):
        for place, task in enumerate(tasks):
            crew[task], rank[task] = number, place
    for then, firsts in ties.needs.items():
        if then in crew and not firsts <= crew.keys():
            return False
    for group, whole in ties.together:
        there = [crew[task] for task in group if task in crew]
        if len(set(there)) < len(there) or (whole and 0 < len(there) < len(group)):
            return False
    for group in ties.same:
        crews = {crew[task] for task in group if task in crew}
        held = {holder[task] for task in group if task in holder}
        if len(crews) > max(1, len(held)):
            return False
    return all(_kept(group, crew, rank, holder) for group in ties.keep)


def _kept(
    group: tuple[int, ...],
    crew: Mapping[int, int],
    rank: Mapping[int, int],
    holder: Mapping[int, int],
) -> bool:
    # Started work has no rank: it comes before all that is planned.
    return not any(
        crew.get(before) == crew.get(after) is not None
        and rank.get(after, -1) < rank.get(before, -1)
        and not (before in holder and after in holder)
        for before, after in combinations(group, 2)
    )
