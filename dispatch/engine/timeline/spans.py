"""Sets of whole seconds as sorted, disjoint, closed spans: when a visit may start.

The one idea: every rule that depends on the date, not on the route, is such a set; rules combine
by intersection, and whoever plans sees only the result.
"""

from collections.abc import Iterable

Spans = tuple[tuple[int, int], ...]

FAR = 10**10  # seconds; beyond any instant of a problem
ALWAYS: Spans = ((-FAR, FAR),)
NEVER: Spans = ()


def union(parts: Iterable[Spans]) -> Spans:
    """Return the seconds that are in any of the sets."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(span for spans in parts for span in spans if span[0] <= span[1]):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def both(first: Spans, second: Spans) -> Spans:
    """Return the seconds that are in both sets."""
    if first == ALWAYS:
        return second
    if second == ALWAYS:
        return first
    return tuple(
        (max(a, c), min(b, d)) for a, b in first for c, d in second if max(a, c) <= min(b, d)
    )


def without(spans: Spans) -> Spans:
    """Return the seconds that are not in the set."""
    result, low = [], -FAR
    for start, end in spans:
        if low < start:
            result.append((low, start - 1))
        low = end + 1
    if low <= FAR:
        result.append((low, FAR))
    return tuple(result)


def at_least(parts: Iterable[Spans], count: int) -> Spans:
    """Return the seconds that are in `count` of the sets or more."""
    edges = sorted(
        edge for spans in parts for low, high in spans for edge in ((low, 1), (high + 1, -1))
    )
    found: list[tuple[int, int]] = []
    depth, since = 0, 0
    for at, step in edges:
        if depth < count <= depth + step:
            since = at
        elif depth + step < count <= depth and since <= at - 1:
            found.append((since, at - 1))
        depth += step
    return union([tuple(found)])


def first_from(spans: Spans, at: int) -> int | None:
    """Return the first second of the set that is not before `at`, None if there is none."""
    for low, high in spans:
        if at <= high:
            return max(low, at)
    return None
