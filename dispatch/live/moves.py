"""How an assignment moves from state to state, its task with it, and who hears of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dispatch.live.plans import view_assignment
from dispatch.problem import Visit
from fieldops.database import Record, sql
from fieldops.model import AssignmentState, TaskState
from identity.commands import Change
from projects.tasks import move_task

# What an assignment's state makes of its task; a declined or withdrawn one leaves it ready.
TASK_STATE: dict[AssignmentState, TaskState] = {
    "planned": TaskState.SCHEDULED,
    "offered": TaskState.DISPATCHED,
    "accepted": TaskState.ACCEPTED,
    "declined": TaskState.READY,
    "withdrawn": TaskState.READY,
    "started": TaskState.IN_PROGRESS,
    "done": TaskState.DONE,
}


async def move_assignment(
    change: Change,
    assignment: UUID,
    to: AssignmentState,
    *,
    at: datetime | None = None,
    why: str | None = None,
    expires_at: datetime | None = None,
    task_moves: bool = True,
) -> dict[str, Any]:
    """Move one assignment and its task, and report both; returns the assignment's view.

    `task_moves` False leaves the task to the assignment that takes over. The caller has locked
    the row and checked that the move makes sense.
    """
    await change.connection.execute(
        sql("dispatch", "move_assignment"),
        assignment,
        to,
        at or change.at,
        change.actor.user_id,
        why,
        expires_at,
    )
    view = await view_assignment(change.connection, assignment)
    if task_moves:
        await move_task(change, view["task_id"], TASK_STATE[to])
    await report(change, view)
    return view


def drift_s(row: Record, visit: Visit) -> float:
    """Return by how many seconds a visit's times differ at most from those last told."""
    pairs = (
        (row["told_eta_at"], visit.arrival_at),
        (row["told_start_at"], visit.start_at),
        (row["told_end_at"], visit.end_at),
    )
    return max(float(abs((new - told).total_seconds())) for told, new in pairs)


async def report(change: Change, view: dict[str, Any]) -> None:
    """Tell the office of the site and the crew that an assignment changed.

    The view is of the row as it is in this transaction: its times are the last told from now on.
    """
    site = await change.connection.fetchval(sql("dispatch", "note_told"), view["id"])
    change.event(
        "assignment.changed",
        {
            **view,
            "assignment": view["id"],
            "task": view["task_id"],
            "crew": view["crew_id"],
        },
        sites=(site,),
        crews=(view["crew_id"],),
    )
