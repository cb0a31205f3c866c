"""asyncpg pools and SQL files: the one driver at run time.

SQL lives in `package/sql/verb_noun.sql`, one statement a file. `jsonb` columns are Python values.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from fieldops.errors import Unavailable

if TYPE_CHECKING:
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = (
        asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    )
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection
Record: TypeAlias = asyncpg.Record

CONNECT_S = 5.0
COMMAND_S = 30.0

# What a dead, dying or starting server looks like from asyncpg.
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,  # the whole process stood still
    asyncpg.InvalidCatalogNameError,  # the tenant was dropped meanwhile
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn a lost database connection into Unavailable, naming `what` was asked of it."""
    try:
        yield
    except CONNECTION_ERRORS as error:
        raise Unavailable(
            f"{what}: the database does not answer ({type(error).__name__})"
        ) from error


@cache
def sql(package: str, name: str) -> str:
    """Return the statement in `package/sql/name.sql`, its header comment stripped."""
    text = resources.files(package).joinpath("sql", f"{name}.sql").read_text("utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


def with_database(url: str, name: str) -> str:
    """Return the same server's URL for another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=to_json, decoder=json.loads, schema="pg_catalog"
        )


def to_json(value: Any) -> str:
    """Return JSON text; times as RFC 3339, ids and other values as their text."""
    return json.dumps(value, default=_plain, separators=(",", ":"), ensure_ascii=False)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


async def _left_as_it_was(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Spare a session its reset, a statement each time a connection is given back."""


async def open_pool(
    url: str, *, name: str, most: int, least: int = 0, stateless: bool = False
) -> Pool:
    """Open a bounded pool; `name` shows in pg_stat_activity.

    stateless: nothing outlives a transaction in these sessions (no `set`, no `listen`, no lock of
    the session), so none is reset between two users; an open transaction still is rolled back.

    Raises:
        Unavailable: the server does not answer within 5 s.
    """
    with translated(f"pool {name}"):
        return await asyncpg.create_pool(
            url,
            min_size=least,
            max_size=most,
            timeout=CONNECT_S,
            command_timeout=COMMAND_S,
            max_inactive_connection_lifetime=120.0,
            init=_prepare,
            reset=_left_as_it_was if stateless else None,
            server_settings={"application_name": name},
        )
