"""What a task may ask for and where its state may go, without any service."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fieldops.errors import BadInput, Conflict
from fieldops.model import TaskState
from projects.requirements import check_window
from projects.tasks import check_transition

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TASK = UUID(int=1)


def test_a_window_that_ends_before_it_starts_is_refused_by_name_and_value() -> None:
    with pytest.raises(BadInput, match=r"11:00.* is not after window_start .*12:00") as refused:
        check_window(NOON, NOON - HOUR, NOON)

    assert refused.value.code == "window_order"
    assert [p.pointer for p in refused.value.problems] == ["/window_end"]


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(BadInput):
        check_window(NOON, NOON, NOON - HOUR)


def test_a_window_that_is_over_is_refused_and_one_that_has_begun_is_not() -> None:
    with pytest.raises(BadInput) as refused:
        check_window(NOON - 2 * HOUR, NOON, NOON)
    check_window(NOON - 2 * HOUR, NOON + HOUR, NOON)

    assert refused.value.code == "window_past"


@pytest.mark.parametrize("state", [TaskState.IN_PROGRESS, TaskState.DONE, TaskState.CANCELLED])
def test_work_under_way_or_over_is_not_cancelled(state: TaskState) -> None:
    with pytest.raises(Conflict) as refused:
        check_transition(TASK, state, TaskState.CANCELLED)

    assert refused.value.code == "bad_transition"
    assert refused.value.params["from"] == str(state)
    assert refused.value.params["to"] == "cancelled"


def test_a_ready_task_cannot_be_done_at_once() -> None:
    with pytest.raises(Conflict):
        check_transition(TASK, TaskState.READY, TaskState.DONE)
