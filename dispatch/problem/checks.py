"""The checks that every part of a problem makes of its values, each naming thing, value, limit."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fieldops.errors import BadInput


def check_aware(name: str, pointer: str, at: datetime) -> None:
    """Refuse an instant that is not in UTC."""
    if at.utcoffset() != timedelta(0):
        raise BadInput(f"{name}: {at} is not an instant in UTC", pointer=pointer)


def check_order(name: str, pointer: str, start: datetime, end: datetime) -> None:
    """Refuse an end before its start."""
    check_aware(name, pointer, start)
    check_aware(name, pointer, end)
    if end < start:
        raise BadInput(f"{name} ends at {end}, before it starts at {start}", pointer=pointer)


def check_validity(name: str, pointer: str, start: datetime | None, end: datetime | None) -> None:
    """Refuse an open or half-open validity that ends before it starts."""
    for at in (start, end):
        if at is not None:
            check_aware(name, pointer, at)
    if start is not None and end is not None:
        check_order(name, pointer, start, end)


def check_range(name: str, pointer: str, value: int, least: int, most: int | None = None) -> None:
    """Refuse a number outside its limits, both inclusive."""
    if value < least or (most is not None and value > most):
        limit = f"outside {least} to {most}" if most is not None else f"below {least}"
        raise BadInput(f"{name} {value} {limit}", pointer=pointer)


def check_unique(name: str, ids: Iterable[object]) -> None:
    """Refuse what appears twice."""
    seen: set[object] = set()
    for id_ in ids:
        if id_ in seen:
            raise BadInput(f"{name} {id_} appears twice")
        seen.add(id_)
