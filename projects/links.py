"""Links between tasks: in order, two crews at once, one crew in order; never in a circle.

Both ends count a version up with the link, so that a plan made without it is not published.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import TaskState, new_id
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import task, task_link
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only, require_named
from identity.rights import require_on
from projects.tasks import OVER, report_tasks

# What a kind of link is told by, beside its two ends; what is not its own stays as it is here.
_TERMS: Mapping[str, tuple[str, ...]] = {
    "order": ("lag_s", "most_s", "after"),
    "sync": ("within_s",),
    "keep_order": (),
}
_IDLE: Mapping[str, Any] = {"lag_s": 0, "most_s": None, "after": "end", "within_s": 0}


async def view_links(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    task_id: UUID | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return links with the fields of the api's TaskLink, in order of id."""
    rows = await connection.fetch(
        sql("projects", "view_links"), ids, task_id, reach.sites, after, limit
    )
    return [dict(row) for row in rows]


async def add_link(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Link two open tasks: `pred_id`, `succ_id`, `kind`, perhaps `id` and the kind's own terms.

    Raises:
        BadInput: a task is not there or out of reach, or both are the same (`link_ends`); a term
        of another kind, or a longest lag below the least (`link_terms`).
        Conflict: `link_loop`, `task_over`; the two are linked already (`taken`).
    """
    pred, succ = values["pred_id"], values["succ_id"]
    if pred == succ:
        raise BadInput(
            f"link: task {pred} cannot wait for itself", pointer="/succ_id", code="link_ends"
        )
    terms = _terms(values)
    await change.connection.execute(sql("projects", "lock_links"))
    for field, task_id in sorted((("pred_id", pred), ("succ_id", succ)), key=lambda p: p[1]):
        await _open_end(change, field, task_id)
    await _check_acyclic(change, pred, succ, values["kind"])
    link_id = values.get("id") or new_id()
    fields = {"pred_id": pred, "succ_id": succ, "kind": values["kind"], **terms}
    await insert_row(
        change.connection, task_link, {"id": link_id, "created_by": change.actor.user_id, **fields}
    )
    change.audit("create", "task_link", link_id, fields)
    view = only(await view_links(change.connection, ids=[link_id]), "task_link", link_id)
    await _touch(change, view)
    return view


async def remove_link(change: Change, link_id: UUID) -> dict[str, Any]:
    """Take a link away; returns it as it was.

    Raises:
        NotFound: no such link in reach.
    """
    view = only(await view_links(change.connection, ids=[link_id]), "task_link", link_id)
    for end in ("pred_id", "succ_id"):
        row = await get_row(change.connection, task, view[end])
        require_on(change.actor, "task", "update", site=row["site_id"])
    await change.connection.execute(sql("projects", "delete_link"), link_id)
    change.audit("delete", "task_link", link_id)
    await _touch(change, view)
    return view


def _terms(values: Mapping[str, Any]) -> dict[str, Any]:
    kind = values["kind"]
    terms = {name: values.get(name, idle) for name, idle in _IDLE.items()}
    for name, value in terms.items():
        if name not in _TERMS[kind] and value != _IDLE[name]:
            raise BadInput(
                f"link: {name} {value} is nothing to a link of kind {kind}",
                pointer=f"/{name}",
                code="link_terms",
            )
    if terms["most_s"] is not None and terms["most_s"] < terms["lag_s"]:
        raise BadInput(
            f"link: most_s {terms['most_s']} is below lag_s {terms['lag_s']}",
            pointer="/most_s",
            code="link_terms",
        )
    return terms


async def _open_end(change: Change, field: str, task_id: UUID) -> None:
    try:
        row = await get_row(change.connection, task, task_id, lock=True)
    except NotFound as error:
        raise BadInput(f"link: task {task_id} does not exist", pointer=f"/{field}") from error
    require_named(change.actor, "task", "update", field=field, site=row["site_id"])
    if TaskState(row["state"]) in OVER:
        raise Conflict(
            f"task {task_id} is {row['state']} and stays as it is",
            code="task_over",
            state=row["state"],
        )


async def _check_acyclic(change: Change, pred: UUID, succ: UUID, kind: str) -> None:
    loop = sql("projects", "find_loop")
    in_step = kind == "sync"
    found = await change.connection.fetchval(loop, succ, pred, in_step)
    if not found and in_step:
        found = await change.connection.fetchval(loop, pred, succ, True)
    if found:
        raise Conflict(
            f"link: task {succ} comes before task {pred} already",
            code="link_loop",
            pred=str(pred),
            succ=str(succ),
        )


async def _touch(change: Change, link: Mapping[str, Any]) -> None:
    ends = sorted((link["pred_id"], link["succ_id"]))
    for task_id in ends:
        await update_row(change.connection, task, task_id, None, {})
    await report_tasks(change, "task.changed", ends)
