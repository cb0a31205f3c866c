"""Drafts: moves that somebody, or the machine, would make, with what they would change.

A draft names the version it was made on. Publishing judges it again, against the facts of that
instant: a task that has changed hands since makes it stale, and a rule it would break refuses it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from dispatch.live.facts import Facts
from dispatch.versions.arrangement import Move, tasks_of
from dispatch.versions.putting import Offers, locked_facts, put, require_reach
from dispatch.versions.whatif import WhatIf, answered, check_moves, figures, shown_violation
from fieldops.database import Connection, sql
from fieldops.errors import Conflict, NotFound, Stale
from fieldops.model import new_id
from fieldops.rows import compiled, get_row, insert_row, update_row
from fieldops.schema.tables import plan_draft
from geo.roads.network import Roads
from identity.commands import Change
from identity.rights import require

DraftKind = Literal["draft", "proposal"]


async def view_drafts(
    connection: Connection,
    *,
    ids: Sequence[UUID] | None = None,
    kind: str | None = None,
    state: str | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return drafts and proposals with the fields of the api's PlanDraft, in order of id."""
    wanted = select(plan_draft).order_by(plan_draft.c.id)
    if ids is not None:
        wanted = wanted.where(plan_draft.c.id.in_(ids))
    if kind is not None:
        wanted = wanted.where(plan_draft.c.kind == kind)
    if state is not None:
        wanted = wanted.where(plan_draft.c.state == state)
    if after is not None:
        wanted = wanted.where(plan_draft.c.id > after)
    text, values = compiled(wanted if limit is None else wanted.limit(limit))
    return [dict(row) for row in await connection.fetch(text, *values)]


async def view_draft(connection: Connection, draft_id: UUID) -> dict[str, Any]:
    """Return one draft; NotFound when there is none."""
    found = await view_drafts(connection, ids=[draft_id])
    if not found:
        raise NotFound(f"plan_draft {draft_id} does not exist", object="plan_draft")
    return found[0]


async def add_draft(
    change: Change,
    moves: Sequence[Move],
    roads: Roads,
    *,
    title: str | None = None,
    kind: DraftKind = "draft",
    draft_id: UUID | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Keep moves for later; nothing of the live plan changes. `more`: further figures.

    Raises:
        NotFound, Conflict, BadInput: as `what_if`.
    """
    require(change.actor, "plan", "create")
    answer = await _answer(change, moves, roads)
    fields = await _fields(change, answer)
    fields["figures"] |= more or {}
    draft_id = draft_id or new_id()
    await insert_row(
        change.connection,
        plan_draft,
        {
            "id": draft_id,
            "created_by": change.actor.user_id,
            "kind": kind,
            "title": title,
            **fields,
        },
    )
    change.audit("create", "plan_draft", draft_id, {"kind": kind, "moves": len(moves)})
    return await report_draft(change, draft_id, "plan.proposed" if kind == "proposal" else None)


async def change_draft(
    change: Change,
    draft_id: UUID,
    version: int,
    roads: Roads,
    *,
    moves: Sequence[Move] | None,
    title: str | None,
) -> dict[str, Any]:
    """Give an open draft other moves or another title; it stands on the plan of now again.

    Raises:
        NotFound, Stale; Conflict: `draft_decided`; as `what_if` for the moves.
    """
    require(change.actor, "plan", "update")
    row = await _open_draft(change, draft_id)
    wanted = moves if moves is not None else moves_of(row)
    fields = await _fields(change, await _answer(change, wanted, roads))
    if title is not None:
        fields["title"] = title
    await update_row(change.connection, plan_draft, draft_id, version, fields)
    change.audit("update", "plan_draft", draft_id, {"moves": len(wanted)})
    return await report_draft(change, draft_id)


async def publish_draft(
    change: Change,
    draft_id: UUID,
    version: int | None,
    offers: Offers,
    roads: Roads,
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Make an open draft or proposal the live plan.

    Raises:
        Stale: the draft is not at `version`, or `plan_moved_on`, naming the tasks that changed
        hands since. Conflict: `draft_decided`; `not_feasible` with rules and reasons.
    """
    require(change.actor, "plan", "validate")
    row = await _open_draft(change, draft_id)
    moves = moves_of(row)
    await require_reach(change, tasks_of(moves))
    facts = await locked_facts(change, moves, roads)
    _check_fresh(facts, row)
    outcome, _ = await put(change, facts, moves, row["kind"], offers, force=force)
    fields = {
        "state": "published",
        "published_version": outcome.version,
        "decided_by": change.actor.user_id,
        "decided_at": change.at,
        "diff": outcome.diff,
    }
    await update_row(change.connection, plan_draft, draft_id, version, fields)
    body = {"version": outcome.version, "forced": force}
    change.audit("publish", "plan_draft", draft_id, body)
    return await report_draft(change, draft_id)


async def reject_draft(change: Change, draft_id: UUID, version: int) -> dict[str, Any]:
    """Put an open draft or proposal aside.

    Raises:
        NotFound, Stale; Conflict: `draft_decided`.
    """
    require(change.actor, "plan", "validate")
    await _open_draft(change, draft_id)
    fields = {"state": "rejected", "decided_by": change.actor.user_id, "decided_at": change.at}
    await update_row(change.connection, plan_draft, draft_id, version, fields)
    change.audit("reject", "plan_draft", draft_id)
    return await report_draft(change, draft_id)


async def end_proposals(change: Change) -> int:
    """Mark open proposals that the plan has moved on from as stale; returns how many."""
    rows = await change.connection.fetch(sql("dispatch", "stale_proposals"))
    for row in rows:
        await report_draft(change, row["id"])
    return len(rows)


def moves_of(row: Mapping[str, Any]) -> list[Move]:
    """Return a draft's moves."""
    return [
        Move(
            UUID(move["task_id"]),
            None if move["crew_id"] is None else UUID(move["crew_id"]),
            move["position"],
            move["pinned"],
        )
        for move in row["moves"]
    ]


async def report_draft(change: Change, draft_id: UUID, kind: str | None = None) -> dict[str, Any]:
    """Tell the office of a draft and return it."""
    view = await view_draft(change.connection, draft_id)
    body = {name: view[name] for name in ("id", "kind", "state", "base_version", "figures")}
    change.event(
        kind or "plan.draft_changed",
        {**body, "moves": len(view["moves"]), "published_version": view["published_version"]},
    )
    return view


async def _answer(change: Change, moves: Sequence[Move], roads: Roads) -> WhatIf:
    await require_reach(change, tasks_of(moves))
    facts = await locked_facts(change, moves, roads)
    check_moves(facts, moves)
    return await asyncio.to_thread(answered, facts, moves)


async def _fields(change: Change, answer: WhatIf) -> dict[str, Any]:
    rows = answer.facts.tasks
    return {
        "base_version": int(await change.connection.fetchval(sql("dispatch", "last_plan"))),
        "moves": [
            {
                "task_id": str(move.task_id),
                "crew_id": None if move.crew_id is None else str(move.crew_id),
                "position": move.position,
                "pinned": move.pinned,
                "from_crew_id": _text(rows[move.task_id]["crew_id"]),
            }
            for move in answer.moves
        ],
        "diff": answer.diff(),
        "figures": {
            **figures(answer),
            "feasible": answer.feasible,
            "violations": [shown_violation(v) for v in answer.violations],
        },
    }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _check_fresh(facts: Facts, row: Mapping[str, Any]) -> None:
    """Raise Stale when a task the draft moves is not with the crew it was with."""
    moved_on = [
        move["task_id"]
        for move in row["moves"]
        if UUID(move["task_id"]) not in facts.tasks
        or _text(facts.tasks[UUID(move["task_id"])]["crew_id"]) != move["from_crew_id"]
    ]
    if moved_on:
        raise Stale(
            f"the plan moved on from version {row['base_version']}: {len(moved_on)} tasks have "
            "changed hands since",
            code="plan_moved_on",
            tasks=moved_on,
            base_version=row["base_version"],
        )


async def _open_draft(change: Change, draft_id: UUID) -> Mapping[str, Any]:
    row = await get_row(change.connection, plan_draft, draft_id, lock=True)
    if row["state"] != "open":
        raise Conflict(
            f"draft {draft_id} is {row['state']}", code="draft_decided", state=row["state"]
        )
    return dict(row)
