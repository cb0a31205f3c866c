"""Papers and permits, and what asks for them, from rows to the engine's words.

A paper answers its type, `type:symbol` and `type:symbol:category`; the engine compares exactly, so
one paper is as many credentials. Electrical symbols it reads field by field: one that is none of
the norm's counts as a type of its own, which only the same text answers, rather than end planning.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dispatch.problem import Credential, Permit, Requirement
from dispatch.problem.credentials import ELECTRICAL, electrical_symbol
from fieldops.errors import BadInput

_UNKNOWN = f"{ELECTRICAL}?"


def credentials_of(papers: Iterable[Mapping[str, Any]]) -> tuple[Credential, ...]:
    """Return what a worker's papers are worth, from the day of issue to the last day's end."""
    return tuple(
        Credential(kind, symbol, _midnight(paper["issued_on"]), _after(paper["valid_until"]))
        for paper in papers
        for kind, symbol in _names(paper["type"], paper["symbol"], paper["category"])
    )


def requirements_of(codes: Iterable[str]) -> tuple[Requirement, ...]:
    """Return what a task's codes ask of at least one member."""
    return tuple(Requirement(*_name(*code.partition(":")[::2])) for code in codes)


def permits_of(
    at: datetime, kinds: Iterable[str], granted: Iterable[tuple[str, str, str | None]]
) -> tuple[Permit, ...]:
    """Return a permit for each kind a task needs, made of what its site was granted.

    Permits of a kind that touch are one. Of several with a hole between the first that is not over
    counts, the next one once it is; where all are over, the last, so that its end can be told.
    """
    found = []
    for kind in kinds:
        spans = _joined((start, end) for name, start, end in granted if name == kind)
        ahead = [span for span in spans if span[1] is None or span[1] > at]
        start, end = (ahead[:1] or spans[-1:] or [(None, None)])[0]
        found.append(Permit(kind, start, end))
    return tuple(found)


def _joined(
    rows: Iterable[tuple[str, str | None]],
) -> list[tuple[datetime | None, datetime | None]]:
    """Join spans, in order of their start, that touch or overlap."""
    spans: list[tuple[datetime | None, datetime | None]] = []
    for first, last in rows:
        start = datetime.fromisoformat(first)
        end = None if last is None else datetime.fromisoformat(last)
        before = spans[-1][1] if spans else start
        if not spans or (before is not None and before < start):
            spans.append((start, end))
        else:
            longest = None if before is None or end is None else max(before, end)
            spans[-1] = (spans[-1][0], longest)
    return spans


def _names(kind: str, symbol: str | None, category: str | None) -> Iterable[tuple[str, str]]:
    narrow = None if symbol is None or category is None else f"{symbol}:{category}"
    return dict.fromkeys(_name(kind, each or "") for each in ("", symbol, narrow))


def _name(kind: str, symbol: str) -> tuple[str, str]:
    if kind != ELECTRICAL:
        return kind, symbol
    try:
        electrical_symbol(symbol)
    except BadInput:
        return _UNKNOWN, symbol
    return kind, symbol


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)


def _after(day: str | None) -> datetime | None:
    return None if day is None else _midnight(day) + timedelta(days=1)
