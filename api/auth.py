"""Sign in, go on, sign out; the public keys. The only routes that need no token."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.context import Edge, EdgeDep
from api.shapes.people import Login, Refresh, Tokens
from fieldops.database import Pool
from fieldops.errors import NotFound, Unauthenticated
from fieldops.tenancy import Tenant
from identity.limits import count_attempt, forget_attempt
from identity.sessions import Session, close_session, open_session, refresh_session
from identity.users import authenticate, plain_login

router = APIRouter(prefix="/auth", tags=["auth"])
SEPARATOR = "."


@router.post("/login")
async def login(body: Login, request: Request, edge: EdgeDep) -> Tokens:
    """Exchange tenant, login and password for an access and a refresh token."""
    process = edge.process
    address = request.client.host if request.client else "-"
    attempt = await count_attempt(process.valkey, body.tenant, plain_login(body.login), address)
    try:
        tenant, pool = await _open(edge, body.tenant)
    except NotFound as error:
        # As slow as a wrong password, so that nobody can list the tenants.
        await edge.passwords.check(None, body.password)
        raise Unauthenticated("login or password is wrong", code="login_wrong") from error
    user_id, profile = await authenticate(pool, edge.passwords, body.login, body.password)
    await forget_attempt(process.valkey, attempt)
    session = await open_session(
        pool, user_id, profile, lifetime_s=process.settings.refresh_token_s
    )
    return await _tokens(edge, tenant, session)


@router.post("/refresh")
async def refresh(body: Refresh, edge: EdgeDep) -> Tokens:
    """Exchange a refresh token for the next pair; the one given works no more."""
    slug, _, secret = body.refresh_token.partition(SEPARATOR)
    try:
        tenant, pool = await _open(edge, slug)
    except NotFound as error:
        raise Unauthenticated("refresh token: not a valid one", code="refresh_invalid") from error
    session = await refresh_session(
        pool, tenant.slug, secret, lifetime_s=edge.process.settings.refresh_token_s
    )
    return await _tokens(edge, tenant, session)


@router.post("/logout", status_code=204)
async def logout(body: Refresh, edge: EdgeDep) -> Response:
    """End the session the refresh token belongs to; says nothing about whether there was one."""
    slug, _, secret = body.refresh_token.partition(SEPARATOR)
    try:
        _, pool = await _open(edge, slug)
    except NotFound:
        return Response(status_code=204)
    await close_session(pool, secret)
    return Response(status_code=204)


@router.get("/jwks")
async def jwks(edge: EdgeDep) -> dict[str, Any]:
    """Give the public keys that verify our access tokens (RFC 7517)."""
    return await edge.signer.jwks()


async def _open(edge: Edge, slug: str) -> tuple[Tenant, Pool]:
    tenant = await edge.process.tenants.find(slug)
    return tenant, await edge.process.tenants.database(tenant.slug)


async def _tokens(edge: Edge, tenant: Tenant, session: Session) -> Tokens:
    """Return the pair; the refresh token carries its tenant, for the database depends on it."""
    return Tokens(
        access_token=await edge.signer.issue(tenant.slug, session.user_id, session.profile),
        expires_in_s=edge.signer.lifetime_s,
        refresh_token=f"{tenant.slug}{SEPARATOR}{session.refresh_token}",
    )
