"""The application in the test's own loop, without a socket, and people to sign in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest_asyncio
from fastapi import FastAPI

from api.app import create_app
from fieldops.commands.users import add_user
from fieldops.model import Profile
from fieldops.process import Process
from fieldops.tenancy import Tenant
from identity.passwords import Passwords
from identity.users import NewUser

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in user."""

    login: str
    tokens: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


@pytest_asyncio.fixture(scope="session")
async def app(process: Process) -> FastAPI:
    return create_app(process)


@pytest_asyncio.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


SignIn = Callable[..., Awaitable[Person]]


@pytest_asyncio.fixture(scope="session")
async def sign_in(process: Process, client: httpx.AsyncClient) -> SignIn:
    """Return a function that makes a user of a profile and signs it in."""
    password_hash = await Passwords().hash(PASSWORD)

    async def made(tenant: Tenant, profile: Profile, login: str) -> Person:
        new = NewUser(login, login.title(), profile, password_hash)
        await add_user(process, tenant.slug, new)
        return Person(login, await tokens_of(client, tenant, login))

    return made


async def tokens_of(client: httpx.AsyncClient, tenant: Tenant, login: str) -> dict[str, str]:
    """Sign in over HTTP."""
    body = {"tenant": tenant.slug, "login": login, "password": PASSWORD}
    answer = await client.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, str] = answer.json()
    return tokens
