"""Rows that people edit: SQLAlchemy Core writes the statement, asyncpg runs it.

No engine and no session: one driver, one pool, and a statement can share a transaction with the
event and the audit row that report it. A row carries a `version`; an edit names the one it read.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ClauseElement, Select, Table, func, insert, select, update
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from fieldops.database import Connection, Record
from fieldops.errors import BadInput, Conflict, NotFound, Stale

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]
PAGE_MOST = 500


def compiled(statement: ClauseElement) -> tuple[str, list[Any]]:
    """Return the statement's text with `$1 …` and its values in that order."""
    made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    order: Sequence[str] = made.positiontup or ()  # type: ignore[attr-defined]
    return str(made), [made.params[name] for name in order]


async def fetch(connection: Connection, statement: ClauseElement) -> list[Record]:
    """Run a statement and return its rows."""
    text, values = compiled(statement)
    rows: list[Record] = await connection.fetch(text, *values)
    return rows


async def fetch_one(connection: Connection, statement: ClauseElement) -> Record | None:
    """Run a statement and return its first row, or None."""
    text, values = compiled(statement)
    return await connection.fetchrow(text, *values)


async def insert_row(connection: Connection, table: Table, values: Mapping[str, Any]) -> Record:
    """Insert one row and return it.

    Raises:
        Conflict: a unique value is taken (`taken`), or the id is used already.
        BadInput: a referenced row does not exist, or a check of the table refuses a value.
    """
    text, parameters = compiled(insert(table).values(**values).returning(*table.c))
    try:
        row = await connection.fetchrow(text, *parameters)
    except asyncpg.PostgresError as error:
        raise _explained(table, error) from error
    assert row is not None
    return row


async def get_row(
    connection: Connection, table: Table, row_id: UUID, *, lock: bool = False
) -> Record:
    """Return the row with this id, locked until the transaction ends if asked.

    Raises:
        NotFound: the tenant has no such row.
    """
    statement: Select[Any] = select(table).where(table.c.id == row_id)
    row = await fetch_one(connection, statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(f"{table.name} {row_id} does not exist", object=table.name)
    return row


async def update_row(
    connection: Connection,
    table: Table,
    row_id: UUID,
    version: int | None,
    changes: Mapping[str, Any],
) -> Record:
    """Change a row and count its version up; `version` None means whatever it is.

    Raises:
        NotFound: no such row. Stale: its version is another than the one named.
        Conflict, BadInput: as for `insert_row`.
    """
    current = await get_row(connection, table, row_id, lock=True)
    if version is not None and current["version"] != version:
        raise Stale(
            f"{table.name} {row_id} is at version {current['version']}, not {version}",
            object=table.name,
            version=current["version"],
        )
    statement = (
        update(table)
        .where(table.c.id == row_id)
        .values(**changes, version=table.c.version + 1, updated_at=func.now())
        .returning(*table.c)
    )
    text, parameters = compiled(statement)
    try:
        row = await connection.fetchrow(text, *parameters)
    except asyncpg.PostgresError as error:
        raise _explained(table, error) from error
    assert row is not None
    return row


async def page_rows(
    connection: Connection,
    table: Table,
    statement: Select[Any],
    *,
    limit: int,
    cursor: str | None,
) -> tuple[list[Record], str | None]:
    """Return one page in order of id (which is order of creation) and the next cursor.

    Raises:
        BadInput: the limit is not 1–500, or the cursor is not one of ours.
    """
    if not 1 <= limit <= PAGE_MOST:
        raise BadInput(f"limit {limit} is not 1 to {PAGE_MOST}", pointer="/limit")
    if cursor is not None:
        try:
            statement = statement.where(table.c.id > UUID(cursor))
        except ValueError as error:
            raise BadInput(f"cursor {cursor!r} is not one of ours", pointer="/cursor") from error
    rows = await fetch(connection, statement.order_by(table.c.id).limit(limit + 1))
    more = len(rows) > limit
    return rows[:limit], str(rows[limit - 1]["id"]) if more else None


def _explained(table: Table, error: Exception) -> Exception:
    """Return our error for a constraint's, naming the column and never the SQL."""
    constraint = getattr(error, "constraint_name", None) or "constraint"
    column = constraint.removeprefix(f"{table.name}_").removesuffix("_fkey").removesuffix("_key")
    match error:
        case asyncpg.UniqueViolationError():
            field = "id" if column == "pkey" else column
            return Conflict(
                f"{table.name}: {field} is taken already",
                code="taken",
                object=table.name,
                field=field,
            )
        case asyncpg.ForeignKeyViolationError():
            return BadInput(f"{table.name}: {column} names nothing here", pointer=f"/{column}")
        case asyncpg.CheckViolationError():
            return BadInput(f"{table.name}: {column} breaks its rule", pointer=f"/{column}")
        case asyncpg.NotNullViolationError():
            field = getattr(error, "column_name", None) or column
            return BadInput(f"{table.name}: {field} is missing", pointer=f"/{field}")
        case _:
            return error
