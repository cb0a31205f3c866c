"""Migrations by Alembic, without an ini file: which tree, which database, up to which head.

Expand, then contract: a release first adds, and only the next one removes. Every migration runs
in one transaction, so a killed one leaves the old revision and runs again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2.alembic_helpers import include_object, render_item
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from fieldops.errors import Unavailable

Kind = Literal["control", "tenant"]
_HERE = Path(__file__).resolve().parent
LOCK = 361


def config(kind: Kind, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration of one of the two trees."""
    made = Config()
    made.set_main_option("script_location", str(_HERE / f"{kind}_migrations"))
    made.attributes["connection"] = connection
    return made


def head(kind: Kind) -> str:
    """Return the newest revision this program knows."""
    found = ScriptDirectory.from_config(config(kind)).get_current_head()
    assert found is not None
    return found


def knows(kind: Kind, name: str | None) -> bool:
    """Return whether this program can lead a database at revision `name` (None: empty) on."""
    scripts = ScriptDirectory.from_config(config(kind)).walk_revisions()
    return name is None or any(script.revision == name for script in scripts)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Open a synchronous connection (psycopg) to `url`.

    Raises:
        Unavailable: the server does not answer within 5 s.
    """
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        poolclass=NullPool,
        connect_args={"connect_timeout": 5},
    )
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise Unavailable(f"migration: the database does not answer ({error.orig})") from error
    finally:
        engine.dispose()


def revision(url: str) -> str | None:
    """Return the revision a database stands at, None when it has none."""
    with connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(url: str, kind: Kind) -> tuple[str | None, str]:
    """Bring a database to the head, alone under a lock; return the revision before and after."""
    with connected(url) as connection:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        before = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        command.upgrade(config(kind, connection), "head")
        connection.commit()
        return before, head(kind)


def run_migrations(context: Any, metadata: Any, *, skip: frozenset[str] = frozenset()) -> None:
    """Serve the two `env.py` files: run on the connection that `config` was given."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        include_object=_ours(skip),
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _ours(skip: frozenset[str]) -> Any:
    """Return Alembic's filter: leave PostGIS's and TimescaleDB's own objects alone."""

    def include(item: Any, name: str | None, kind: str, reflected: bool, compared_to: Any) -> bool:
        if kind == "table" and name in skip:
            return False
        # Making a hypertable makes an index on its time column.
        if (
            kind == "index"
            and reflected
            and str(name).endswith(("observed_at_idx", "device_at_idx"))
        ):
            return False
        kept = include_object(item, name, kind, reflected, compared_to)  # type: ignore[no-untyped-call]
        return bool(kept)

    return include
