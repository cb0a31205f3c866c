"""The books can fail: each way to offer twice or to lose is seen."""

from typing import Any
from uuid import UUID

import pytest

from fieldops.events import Event
from fieldops.model import now
from tests.dispatch.live.books import faults

A, B = str(UUID(int=1)), str(UUID(int=2))


def said(assignment: str, state: str, version: int = 1, task: str = "t", **more: Any) -> Event:
    body = {
        "assignment": assignment,
        "task": task,
        "state": state,
        "version": version,
        "crew": assignment,
        "pinned": False,
        "plan_version": 1,
        "answer_why": None,
        **more,
    }
    return Event(1, now(), "assignment.changed", body, (), ())


def row(assignment: str, state: str, version: int) -> dict[str, Any]:
    return {"id": assignment, "state": state, "version": version}


def published(version: int) -> Event:
    return Event(1, now(), "plan.published", {"version": version}, (), ())


GOOD = [said(A, "planned"), said(A, "offered", 2), said(A, "declined", 3), said(B, "offered")]
ROWS = [row(A, "declined", 3), row(B, "offered", 1)]


@pytest.mark.parametrize(
    ("events", "rows", "versions", "found"),
    [
        (GOOD, ROWS, [], 0),
        ([*GOOD, said(B, "offered")], ROWS, [], 0),
        ([said(A, "offered"), said(B, "offered")], ROWS[:0], [], 3),
        ([said(A, "offered"), said(A, "offered", 2)], [row(A, "offered", 2)], [], 1),
        ([said(A, "offered"), said(A, "accepted")], [row(A, "accepted", 1)], [], 1),
        (GOOD, [row(A, "declined", 3), row(B, "accepted", 2)], [], 1),
        (GOOD, [*ROWS, row(str(UUID(int=3)), "offered", 1)], [], 1),
        ([published(1), published(2)], [], [1, 2], 0),
        ([published(1)], [], [1, 2], 1),
        ([published(1), published(3)], [], [1, 3], 1),
    ],
)
def test_books_that_do_not_close_say_so(
    events: list[Event], rows: list[Any], versions: list[int], found: int
) -> None:
    assert len(faults(events, rows, versions)) == found


OFFER = said(A, "offered", 2, crew="c")


def ended(state: str, why: str | None = None) -> list[Event]:
    return [OFFER, said(A, state, 3, crew="c", answer_why=why)]


@pytest.mark.parametrize(
    ("before", "again", "wrong"),
    [
        # The gap that was: withdrawn for no reason, or given back by the plan that took it.
        (ended("withdrawn"), {"plan_version": 9}, True),
        (ended("withdrawn", "replanned"), {"plan_version": 2}, True),
        (ended("withdrawn", "replanned"), {"plan_version": 3}, False),
        (ended("withdrawn", "crew_silent"), {"plan_version": 1}, True),
        (ended("withdrawn", "crew_silent"), {"plan_version": 2}, False),
        (ended("withdrawn", "by_hand"), {"plan_version": 2, "pinned": True}, False),
        (ended("declined", "too_far"), {"plan_version": 9}, True),
        (ended("declined", "expired"), {"plan_version": 2, "pinned": True}, False),
        (ended("accepted"), {"plan_version": 9}, True),
        ([OFFER], {"plan_version": 9}, True),
        # Another crew may be asked at once.
        (ended("declined"), {"crew": "d"}, False),
    ],
)
def test_a_crew_is_asked_again_only_after_an_answer_or_a_withdrawal(
    before: list[Event], again: dict[str, Any], wrong: bool
) -> None:
    again = {"crew": "c", **again}
    events = [*before, said(B, "planned", **again), said(B, "offered", 2, **again)]

    told = [fault for fault in faults(events, [], []) if "again" in fault]

    assert bool(told) is wrong
