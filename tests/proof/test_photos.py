"""Photos against a real S3: what was announced, what arrived, and what stays."""

import hashlib
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from api.shapes.work import Proof
from fieldops.errors import BadInput, Conflict, NotFound
from fieldops.events import read_events
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.schema import tables
from identity.commands import execute
from identity.rights import Actor
from proof.photos import (
    SIZE_MOST,
    Finding,
    announce,
    content_kind,
    content_link,
    examine,
    settle,
    upload_link,
)
from proof.storage import ObjectStore, object_store
from tests.world import World

JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 100
services = pytest.mark.services


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", None),
        (b"<!doctype html>", None),
        (b"", None),
    ],
)
def test_an_image_is_known_by_its_first_bytes(head: bytes, kind: str | None) -> None:
    assert content_kind(head) == kind


@pytest_asyncio.fixture(scope="module")
async def store(process: Process) -> ObjectStore:
    return object_store(process)


async def announced(world: World, data: bytes, **more: Any) -> dict[str, Any]:
    values = {
        "task_id": await world.task(await world.site()),
        "content_type": "image/jpeg",
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "captured_at": now(),
        **more,
    }
    return await execute(
        world.store, Actor(world.tenant.slug), lambda c: announce(c, values), what="t"
    )


async def upload(world: World, store: ObjectStore, view: dict[str, Any], data: bytes) -> None:
    link = upload_link(store, world.tenant.slug, view)
    async with httpx.AsyncClient() as client:
        answer = await client.put(link.url, content=data, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 200, answer.text


async def complete(world: World, store: ObjectStore, view: dict[str, Any]) -> dict[str, Any]:
    finding = await examine(store, world.tenant.slug, view)
    return await write(world, view["id"], finding)


async def write(world: World, proof: UUID, finding: Finding) -> dict[str, Any]:
    return await execute(
        world.store, Actor(world.tenant.slug), lambda c: settle(c, proof, finding), what="test"
    )


@services
async def test_a_photo_that_is_what_was_announced_is_verified_and_can_be_seen(
    world: World, store: ObjectStore
) -> None:
    view = await announced(world, JPEG)
    with pytest.raises(Conflict) as early:
        await examine(store, world.tenant.slug, view)
    await upload(world, store, view, JPEG)

    done = await complete(world, store, view)

    assert early.value.code == "not_uploaded"
    assert set(view) == set(Proof.model_fields)
    assert (view["state"], done["state"]) == ("captured", "verified")
    assert done["sha256_server"] == hashlib.sha256(JPEG).hexdigest()
    assert done["uploaded_at"] is not None
    link = content_link(store, world.tenant.slug, done)
    async with httpx.AsyncClient() as client:
        shown = await client.get(link.url)
        bare = await client.get(link.url.partition("?")[0])
    assert (shown.content, shown.headers["Content-Type"]) == (JPEG, "image/jpeg")
    assert bare.status_code == 403
    kinds = [e.kind for e in (await read_events(world.pool, 0))[-2:]]
    assert kinds == ["proof.captured", "proof.verified"]


@services
@pytest.mark.parametrize(
    ("sent", "announced_as", "faults"),
    [
        (JPEG + b"x", JPEG, ["size", "sha256"]),
        (JPEG[:-1] + b"X", JPEG, ["sha256"]),
        (b"<script>", b"<script>", ["content_type"]),
    ],
)
async def test_what_is_not_what_was_announced_is_a_visible_mismatch(
    world: World, store: ObjectStore, sent: bytes, announced_as: bytes, faults: list[str]
) -> None:
    view = await announced(world, announced_as)
    await upload(world, store, view, sent)

    done = await complete(world, store, view)

    assert done["state"] == "mismatch"
    assert done["sha256_server"] == hashlib.sha256(sent).hexdigest()
    body = await world.pool.fetchval("select body from audit order by seq desc limit 1")
    assert body["faults"] == faults


@services
async def test_a_verified_photo_is_not_changed_by_who_kept_the_uploads_link(
    world: World, store: ObjectStore
) -> None:
    view = await announced(world, JPEG)
    await upload(world, store, view, JPEG)
    done = await complete(world, store, view)

    await upload(world, store, view, b"\xff\xd8\xff forged")
    again = await complete(world, store, view)

    assert again == done
    link = content_link(store, world.tenant.slug, done)
    async with httpx.AsyncClient() as client:
        assert (await client.get(link.url)).content == JPEG


@services
async def test_what_was_never_uploaded_cannot_be_seen(world: World, store: ObjectStore) -> None:
    view = await announced(world, JPEG)

    with pytest.raises(Conflict) as refused:
        content_link(store, world.tenant.slug, view)

    assert refused.value.code == "no_content"


@services
async def test_a_photo_over_the_limit_is_not_announced(world: World) -> None:
    with pytest.raises(BadInput) as refused:
        await announced(world, JPEG, size_bytes=SIZE_MOST + 1)

    assert refused.value.problems[0].pointer == "/size_bytes"


@services
async def test_a_crew_adds_proof_to_its_own_work_only(world: World) -> None:
    crew, worker = await world.crew("photo")
    member = world.actor(Profile.CREW_MEMBER, worker_id=worker, crew_ids=frozenset({crew}))
    task = await world.task(await world.site())
    values = {
        "task_id": task,
        "content_type": "image/jpeg",
        "size_bytes": 10,
        "sha256": "0" * 64,
        "captured_at": now(),
    }

    async def add(actor: Actor) -> dict[str, Any]:
        return await execute(world.store, actor, lambda c: announce(c, values), what="test")

    with pytest.raises(BadInput, match="task_id names nothing here"):
        await add(member)
    await world.insert(
        tables.assignment,
        task_id=task,
        crew_id=crew,
        plan_version=1,
        sequence=1,
        state="started",
        eta_at=now(),
        start_at=now(),
        end_at=now(),
    )
    view = await add(member)

    event = (await read_events(world.pool, 0))[-1]
    assert (event.kind, event.crews) == ("proof.captured", (crew,))
    stranger = world.actor(Profile.CREW_MEMBER, crew_ids=frozenset({new_id()}))
    with pytest.raises(NotFound):
        await execute(
            world.store,
            stranger,
            lambda c: settle(c, view["id"], Finding("0" * 64, ())),
            what="test",
        )
