"""Attempts to log in are counted, and nobody is locked out because Valkey is down."""

import secrets
from collections.abc import MutableMapping
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from structlog.testing import capture_logs

from fieldops.process import Process
from identity.limits import ADDRESS_MOST, LOGIN_MOST, TooManyAttempts, count_attempt, forget_attempt


@pytest.mark.services
async def test_one_logins_attempts_do_not_count_for_another_tenants(process: Process) -> None:
    login, address = secrets.token_hex(4), secrets.token_hex(4)
    for _ in range(LOGIN_MOST):
        await count_attempt(process.valkey, "one", login, address)

    with pytest.raises(TooManyAttempts):
        await count_attempt(process.valkey, "one", login, address)
    await count_attempt(process.valkey, "two", login, address)


@pytest.mark.services
async def test_an_address_that_tries_many_logins_is_stopped(process: Process) -> None:
    address = secrets.token_hex(4)

    for number in range(ADDRESS_MOST):
        await count_attempt(process.valkey, "one", f"{address}-{number}", address)

    with pytest.raises(TooManyAttempts):
        await count_attempt(process.valkey, "one", f"{address}-last", address)


@pytest.mark.services
async def test_a_right_password_is_taken_back(process: Process) -> None:
    login, address = secrets.token_hex(4), secrets.token_hex(4)

    for _ in range(LOGIN_MOST + 5):
        attempt = await count_attempt(process.valkey, "one", login, address)
        await forget_attempt(process.valkey, attempt)


async def test_without_valkey_nobody_is_counted_and_the_log_says_so() -> None:
    nowhere = Redis(
        host="127.0.0.1", port=1, socket_connect_timeout=1.0, retry=Retry(NoBackoff(), 0)
    )

    logs: list[MutableMapping[str, Any]]
    with capture_logs() as logs:
        for _ in range(LOGIN_MOST + 1):
            attempt = await count_attempt(nowhere, "one", "login", "address")
        await forget_attempt(nowhere, attempt)

    assert {entry["event"] for entry in logs} == {"login.uncounted"}
    await nowhere.aclose()
