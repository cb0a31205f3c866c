"""Photos of the work: announced with a hash made on the device, re-hashed when they have arrived.

The device uploads to an `incoming/` key by a signed link. `examine` reads that object once, and
keeps the very bytes it hashed under a key that names their hash and that no link lets anyone
write: what was verified stays what it was, although the upload's link still lives. A photo that
is not what was announced becomes a `mismatch`, kept and visible; the work is not stopped by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from fieldops.database import Connection, Record, sql
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.model import TenantSlug, new_id
from fieldops.rows import get_row, insert_row, update_row
from fieldops.schema.tables import proof
from identity.commands import Change
from identity.reach import EVERYTHING, Reach, only, reach_of
from proof.storage import Link, ObjectStore

SIZE_MOST = 20_000_000
UPLOAD_FOR = timedelta(minutes=15)
SHOW_FOR = timedelta(minutes=5)
_FIELDS = ("task_id", "content_type", "size_bytes", "captured_at")


@dataclass(frozen=True, slots=True)
class Finding:
    """What an uploaded object turned out to be; `faults` empty means what was announced."""

    sha256: str | None
    faults: tuple[str, ...]


async def view_proofs(
    connection: Connection,
    reach: Reach = EVERYTHING,
    *,
    ids: Sequence[UUID] | None = None,
    task_id: UUID | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return proofs with the fields of the api's Proof, in order of id."""
    rows = await connection.fetch(
        sql("proof", "view_proofs"), ids, reach.sites, reach.crews, task_id, after, limit
    )
    return [dict(row) for row in rows]


async def view_proof(
    connection: Connection, proof_id: UUID, reach: Reach = EVERYTHING
) -> dict[str, Any]:
    """Return one proof; NotFound when it is not there or out of reach."""
    return only(await view_proofs(connection, reach, ids=[proof_id]), proof.name, proof_id)


async def announce(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Create a proof that waits for its upload: `task_id`, `content_type`, `size_bytes`,
    `sha256`, `captured_at`, perhaps `id`.

    Raises:
        BadInput: no such task in reach, or too large.
    """
    task = await _task(change, values["task_id"])
    if not 1 <= values["size_bytes"] <= SIZE_MOST:
        raise BadInput(
            f"proof: size_bytes {values['size_bytes']} is not 1 to {SIZE_MOST}",
            pointer="/size_bytes",
        )
    proof_id = values.get("id") or new_id()
    fields = {name: values[name] for name in _FIELDS} | {"sha256_device": values["sha256"]}
    await insert_row(
        change.connection,
        proof,
        {
            "id": proof_id,
            "created_by": change.actor.user_id,
            "state": "captured",
            "object_key": incoming_key({"id": proof_id, **fields}),
            **fields,
        },
    )
    change.audit("create", "proof", proof_id, fields)
    return await _report(change, proof_id, task, "proof.captured")


async def examine(store: ObjectStore, tenant: TenantSlug, announced: Mapping[str, Any]) -> Finding:
    """Hash and look at the uploaded object, and keep the bytes looked at.

    Safe to repeat. Reads nothing larger than a proof may be.

    Raises:
        Conflict: nothing was uploaded yet (`not_uploaded`). Unavailable: the store is down.
    """
    incoming = incoming_key(announced)
    try:
        if await store.size(tenant, incoming) > SIZE_MOST:
            return Finding(None, ("size",))
        content = await store.read(tenant, incoming, most=SIZE_MOST)
    except NotFound as error:
        raise Conflict(
            f"proof {announced['id']}: nothing was uploaded yet", code="not_uploaded"
        ) from error
    kind = content_kind(content.data[:16])
    key = kept_key(announced, content.sha256)
    await store.write(tenant, key, content.data, content_type=kind or "application/octet-stream")
    wrong = {
        "size": len(content.data) != announced["size_bytes"],
        "sha256": content.sha256 != announced["sha256_device"],
        "content_type": kind != announced["content_type"],
    }
    return Finding(content.sha256, tuple(name for name, fault in wrong.items() if fault))


async def settle(change: Change, proof_id: UUID, finding: Finding) -> dict[str, Any]:
    """Write what `examine` found; a proof that is settled already stays as it is.

    Raises:
        NotFound: no such proof in reach.
    """
    reach = reach_of(change.actor, "proof", "create")
    await view_proof(change.connection, proof_id, reach)
    row = await get_row(change.connection, proof, proof_id, lock=True)
    if row["state"] != "captured":
        return await view_proof(change.connection, proof_id)
    task = await _task(change, row["task_id"])
    state = "mismatch" if finding.faults else "verified"
    await update_row(
        change.connection,
        proof,
        proof_id,
        None,
        {
            "state": state,
            "sha256_server": finding.sha256,
            "uploaded_at": change.at,
            "object_key": kept_key(row, finding.sha256) if finding.sha256 else row["object_key"],
        },
    )
    found = {
        "sha256_device": row["sha256_device"],
        "sha256_server": finding.sha256,
        "faults": list(finding.faults),
    }
    change.audit("verify" if state == "verified" else "reject", "proof", proof_id, found)
    kind = "proof.verified" if state == "verified" else "proof.mismatched"
    return await _report(change, proof_id, task, kind)


def upload_link(store: ObjectStore, tenant: TenantSlug, view: Mapping[str, Any]) -> Link:
    """Return where to PUT an announced photo, within 15 minutes."""
    return store.put_link(tenant, incoming_key(view), valid=UPLOAD_FOR)


async def discard_upload(store: ObjectStore, tenant: TenantSlug, view: Mapping[str, Any]) -> None:
    """Remove the uploaded copy of a proof that is settled."""
    await store.remove(tenant, incoming_key(view))


def content_link(store: ObjectStore, tenant: TenantSlug, view: Mapping[str, Any]) -> Link:
    """Return where to GET a photo, for five minutes.

    Raises:
        Conflict: it is not there: not uploaded, or never kept for its size (`no_content`).
    """
    if view["sha256_server"] is None:
        raise Conflict(f"proof {view['id']} has no content", code="no_content")
    key = kept_key(view, view["sha256_server"])
    return store.get_link(tenant, key, valid=SHOW_FOR, content_type=view["content_type"])


def incoming_key(view: Mapping[str, Any]) -> str:
    """Return the key a device uploads a proof to."""
    return f"incoming/{view['task_id']}/{view['id']}"


def kept_key(view: Mapping[str, Any], sha256: str) -> str:
    """Return the key of what was found there; only we write it, and only with these bytes."""
    return f"{view['task_id']}/{view['id']}/{sha256}"


def content_kind(head: bytes) -> str | None:
    """Return the type of an image by its first 16 bytes, None when it is none we take."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


async def _task(change: Change, task_id: UUID) -> Record:
    reach = reach_of(change.actor, "proof", "create")
    row = await change.connection.fetchrow(
        sql("proof", "read_task"), task_id, reach.sites, reach.crews
    )
    if row is None:
        raise BadInput("proof: task_id names nothing here", pointer="/task_id")
    return row


async def _report(change: Change, proof_id: UUID, task: Record, kind: str) -> dict[str, Any]:
    view = await view_proof(change.connection, proof_id)
    change.event(kind, view, sites=(task["site_id"],), crews=tuple(task["crews"]))
    return view
