"""Photos of the work: announced, uploaded straight to the store, then verified here."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.context import CallerDep, EdgeDep, Paging, command, reading
from api.listing import page, window
from api.shapes.body import Page
from api.shapes.work import ContentLink, NewProof, Proof, Upload
from fieldops.errors import Unavailable
from fieldops.log import get_log
from identity.reach import reach_of
from proof import photos

log = get_log()
router = APIRouter(prefix="/proofs", tags=["proofs"])


@router.get("")
async def list_proofs(
    caller: CallerDep, paging: Paging, task_id: Annotated[UUID | None, Query()] = None
) -> Page[Proof]:
    """List the proofs within the caller's reach, mismatches too."""
    reach = reach_of(caller.actor, "proof")
    async with reading(caller, "proofs") as connection:
        rows = await photos.view_proofs(connection, reach, task_id=task_id, **window(paging))
    return page(Proof, rows, paging)


@router.post("", status_code=201)
async def announce_proof(body: NewProof, caller: CallerDep, edge: EdgeDep) -> Upload:
    """Announce a photo hashed on the device; the answer says where to PUT it."""
    proof = await command(
        caller,
        Proof,
        lambda change: photos.announce(change, body.model_dump()),
        what="announce proof",
    )
    link = photos.upload_link(edge.objects, caller.tenant.slug, proof.model_dump())
    return Upload(
        proof=proof,
        url=link.url,
        headers={"Content-Type": proof.content_type},
        expires_at=link.expires_at,
    )


@router.post("/{proof_id}/complete")
async def complete_proof(proof_id: UUID, caller: CallerDep, edge: EdgeDep) -> Proof:
    """Hash what was uploaded: verified, or a mismatch that stays visible; twice is once."""
    reach = reach_of(caller.actor, "proof", "create")
    async with reading(caller, "proof") as connection:
        view = await photos.view_proof(connection, proof_id, reach)
    if view["state"] != "captured":
        return Proof.model_validate(view)
    # Outside any transaction: reading a photo takes as long as it takes.
    finding = await photos.examine(edge.objects, caller.tenant.slug, view)
    proof = await command(
        caller,
        Proof,
        lambda change: photos.settle(change, proof_id, finding),
        what="complete proof",
    )
    try:
        await photos.discard_upload(edge.objects, caller.tenant.slug, view)
    except Unavailable as error:
        log.warning("upload.kept", proof=str(proof_id), error=str(error))
    return proof


@router.get("/{proof_id}/content")
async def read_proof_content(proof_id: UUID, caller: CallerDep, edge: EdgeDep) -> ContentLink:
    """Say where to GET the photo, for five minutes."""
    reach = reach_of(caller.actor, "proof")
    async with reading(caller, "proof") as connection:
        view = await photos.view_proof(connection, proof_id, reach)
    link = photos.content_link(edge.objects, caller.tenant.slug, view)
    return ContentLink(url=link.url, expires_at=link.expires_at)
