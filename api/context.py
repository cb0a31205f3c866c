"""Who calls, in which tenant, and the few things every router does.

A router never opens a transaction by itself: it writes through `command` and reads in `reading`.
The token names the tenant, the tenant is the database, so an id of another tenant is simply not
there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from api.shapes.body import Row
from fieldops.database import Connection, translated
from fieldops.errors import BadInput, NotFound, Unauthenticated
from fieldops.process import Process
from fieldops.rows import PAGE_MOST
from fieldops.tenancy import Tenant
from geo.roads.kept import kept_roads
from geo.roads.network import Roads
from identity.commands import Change, Idempotency, TenantStore, execute
from identity.passwords import Passwords
from identity.rights import Actor
from identity.tokens import Claims, Signer
from identity.users import actor_of
from proof.storage import ObjectStore

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=Row)
ACQUIRE_S = 10.0

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="POST /auth/login")


@dataclass(frozen=True, slots=True)
class Edge:
    """What all requests of one api process share; `app.state.edge`."""

    process: Process
    signer: Signer
    passwords: Passwords
    objects: ObjectStore


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user and the way to its tenant's rows."""

    process: Process
    tenant: Tenant
    actor: Actor
    store: TenantStore
    idempotency: Idempotency | None = None


def edge_of(request: Request) -> Edge:
    """Return what the requests share."""
    edge = request.app.state.edge
    assert isinstance(edge, Edge)
    return edge


EdgeDep = Annotated[Edge, Depends(edge_of)]


async def identify(edge: Edge, token: str) -> tuple[Caller, Claims]:
    """Return the caller a token stands for, over HTTP and the WebSocket alike.

    Raises:
        Unauthenticated: the token is not valid, its tenant is suspended, its user is gone.
    """
    claims = await edge.signer.verify(token)
    process = edge.process
    try:
        tenant = await process.tenants.find(claims.tenant)
        pool = await process.tenants.database(tenant.slug)
    except NotFound as error:
        raise Unauthenticated("token: its tenant is closed", code="tenant_closed") from error
    with translated("sign-in"):
        async with pool.acquire(timeout=ACQUIRE_S) as connection:
            actor = await actor_of(connection, tenant.slug, claims.user_id)
    return Caller(process, tenant, actor, TenantStore(pool, process.valkey)), claims


async def caller(
    request: Request,
    edge: EdgeDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Caller:
    """Return the request's caller; a POST may carry an Idempotency-Key.

    Raises:
        Unauthenticated: no bearer token, or not a valid one.
    """
    if credentials is None:
        raise Unauthenticated("Authorization: Bearer is missing", code="token_missing")
    found, _ = await identify(edge, credentials.credentials)
    request.state.tenant = found.tenant.slug
    if idempotency_key is None or request.method != "POST":
        return found
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    key = Idempotency(idempotency_key, asked + await request.body())
    return replace(found, idempotency=key)


CallerDep = Annotated[Caller, Depends(caller)]


def if_match(if_match: Annotated[str | None, Header()] = None) -> int:
    """Return the version the caller read.

    Raises:
        BadInput: no If-Match (428), or it is not the ETag of a version.
    """
    if if_match is None:
        raise BadInput("If-Match with the row's version is missing", code="precondition_required")
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(f"If-Match {if_match[:40]!r} is not a version", pointer="/If-Match")
    return int(text)


IfMatch = Annotated[int, Depends(if_match)]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """`?limit=&cursor=` of every list."""

    limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = 100
    cursor: Annotated[str | None, Query(max_length=100)] = None


Paging = Annotated[PageQuery, Depends()]


async def command(
    caller: Caller,
    shape: type[M],
    apply: Callable[[Change], Awaitable[Mapping[str, Any]]],
    *,
    what: str,
) -> M:
    """Run a write and return its answer in its shape, the same again for the same key.

    The answer is brought into its shape before the commit: what we cannot say, we do not do.

    Raises:
        Whatever `apply` raises; Conflict: the Idempotency-Key was used for another request.
    """

    async def shaped(change: Change) -> dict[str, Any]:
        return shape.model_validate(dict(await apply(change))).model_dump(mode="json")

    answer = await execute(
        caller.store, caller.actor, shaped, what=what, idempotency=caller.idempotency
    )
    return shape.model_validate(answer)


@asynccontextmanager
async def reading(caller: Caller, what: str) -> AsyncIterator[Connection]:
    """Lend a connection to the caller's tenant for reads.

    Raises:
        Unavailable: the database is lost, or no connection is free within 10 s.
    """
    with translated(what):
        async with caller.store.pool.acquire(timeout=ACQUIRE_S) as connection:
            yield connection


async def known_roads(caller: Caller) -> Roads:
    """Return the drives the tenant's dispatcher knows; the api asks no road service."""
    return await kept_roads(caller.store.valkey, caller.tenant.slug)


def tagged(response: Response, row: R) -> R:
    """Put the row's version into the response's ETag and return the row."""
    response.headers["ETag"] = f'"{row.version}"'
    return row
