"""Tasks: the work to be done at a site within a window, by people who can.

A task's state moves only along `TASK_TRANSITIONS`, in `move_tasks`: people cancel, everything else
follows from the task's assignment.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import TASK_TRANSITIONS, TaskState, new_id
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import task
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only, reach_of, require_named
from projects.requirements import PLANNING, check_times, in_order

OVER = frozenset({TaskState.DONE, TaskState.CANCELLED})


async def view_tasks(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    site_id: UUID | None = None,
    state: TaskState | None = None,
    open_only: bool = False,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return tasks with the fields of the api's Task, in order of id."""
    rows = await connection.fetch(
        sql("projects", "view_tasks"),
        ids,
        reach.sites,
        reach.crews,
        site_id,
        state,
        open_only,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def view_task(
    connection: Connection, task_id: UUID, reach: Reach = EVERYTHING
) -> dict[str, Any]:
    """Return one task; NotFound when it is not there or out of reach."""
    return only(await view_tasks(connection, reach, ids=[task_id]), task.name, task_id)


async def add_task(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a task, ready to be planned.

    Args:
        change: the open command.
        values: site_id, title, duration_s, window_start, window_end; perhaps id, description,
            priority, its own lon and lat, and what else it asks for (`projects.requirements`).

    Raises:
        BadInput: no such site in reach; the windows are not in order (`check_times`); `no_place`
        when neither the task nor its site's fences say where.
    """
    require_named(change.actor, "task", "create", field="site_id", site=values["site_id"])
    values = in_order(values)
    check_times(values, {}, change.at)
    _check_point(values.get("lon"), values.get("lat"))
    task_id = values.get("id") or new_id()
    fields = {name: values[name] for name in values if name != "id"}
    await insert_row(
        change.connection, task, {"id": task_id, "created_by": change.actor.user_id, **fields}
    )
    view = (await report_tasks(change, "task.created", [task_id]))[0]
    if view["lon"] is None:
        raise BadInput(
            f"task: site {values['site_id']} has no fence yet and the task no point of its own",
            pointer="/site_id",
            code="no_place",
        )
    change.audit("create", "task", task_id, fields)
    return view


async def change_task(
    change: Change, task_id: UUID, version: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change what a task asks for; planning follows by itself.

    Raises:
        NotFound: no such task in reach. Stale: it is not at `version`.
        Conflict: it is over (`task_over`), or under way and planning is asked (`task_started`).
        BadInput: as for `add_task`.
    """
    await _require_update(change, task_id)
    current = await get_row(change.connection, task, task_id, lock=True)
    fields = in_order(changes)
    _check_editable(task_id, TaskState(current["state"]), fields)
    check_times(fields, current, change.at)
    await update_row(change.connection, task, task_id, version, fields)
    change.audit("update", "task", task_id, fields)
    return (await report_tasks(change, "task.changed", [task_id]))[0]


async def cancel_task(change: Change, task_id: UUID) -> dict[str, Any]:
    """Cancel a task nobody has begun; cancelling it again changes nothing.

    Dispatch withdraws its assignment when it hears of it.

    Raises:
        NotFound: no such task in reach. Conflict: it is under way or done (`bad_transition`).
    """
    await _require_update(change, task_id)
    return await move_task(change, task_id, TaskState.CANCELLED)


async def move_task(change: Change, task_id: UUID, to: TaskState) -> dict[str, Any]:
    """Move one task; see `move_tasks`."""
    await move_tasks(change, {task_id: to})
    return await view_task(change.connection, task_id)


async def move_tasks(change: Change, moves: Mapping[UUID, TaskState]) -> None:
    """Give tasks new states, with an event and an audit row each; a task already there is left.

    Asks for no right: the caller has asked for the one that leads here (cancel, answer, start).
    The event carries the task as it is now, so call it after other changes to the same tasks.

    Raises:
        NotFound: one is not there. Conflict: `bad_transition`, with `from` and `to`.
    """
    rows = await change.connection.fetch(sql("projects", "lock_tasks"), list(moves))
    states = {row["id"]: TaskState(row["state"]) for row in rows}
    for task_id in moves.keys() - states.keys():
        raise NotFound(f"task {task_id} does not exist", object="task")
    due = {t: to for t, to in moves.items() if states[t] is not to}
    for task_id, to in due.items():
        check_transition(task_id, states[task_id], to)
        change.audit("move", "task", task_id, {"from": states[task_id], "to": to})
    if not due:
        return
    await change.connection.execute(
        sql("projects", "move_tasks"), list(due), [str(to) for to in due.values()]
    )
    await report_tasks(change, "task.state_changed", list(due))


def check_transition(task_id: UUID, current: TaskState, to: TaskState) -> None:
    """Raise Conflict when a task may not go from one state to the other."""
    if to not in TASK_TRANSITIONS[current]:
        raise Conflict(
            f"task {task_id} is {current} and cannot become {to}",
            code="bad_transition",
            **{"object": "task", "from": str(current), "to": str(to)},
        )


def _check_point(lon: float | None, lat: float | None) -> None:
    if (lon is None) != (lat is None):
        missing = "lon" if lon is None else "lat"
        raise BadInput(f"task: {missing} is missing beside the other", pointer=f"/{missing}")


def _check_editable(task_id: UUID, state: TaskState, fields: Mapping[str, Any]) -> None:
    if state in OVER:
        raise Conflict(
            f"task {task_id} is {state} and stays as it is", code="task_over", state=str(state)
        )
    asked = sorted(fields.keys() & PLANNING)
    if state is TaskState.IN_PROGRESS and asked:
        raise Conflict(
            f"task {task_id} is in progress: {', '.join(asked)} cannot change",
            code="task_started",
            fields=asked,
        )


async def _require_update(change: Change, task_id: UUID) -> None:
    await view_task(change.connection, task_id, reach_of(change.actor, "task", "update"))


async def report_tasks(change: Change, kind: str, task_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Report tasks to the office of their site and the crews that may read them."""
    views = await view_tasks(change.connection, ids=task_ids)
    rows = await change.connection.fetch(sql("projects", "list_crews"), task_ids)
    crews = {row["task_id"]: tuple(row["crews"]) for row in rows}
    for view in views:
        change.event(kind, view, sites=(view["site_id"],), crews=crews.get(view["id"], ()))
    return views
