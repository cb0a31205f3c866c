"""Columns that many tables share. Every row people edit has an id, a version and an author."""

from typing import Any

from sqlalchemy import Column, DateTime, Double, Integer, text
from sqlalchemy.dialects.postgresql import JSONB, UUID


def moment(name: str, *, nullable: bool = False, default_now: bool = False) -> Column[Any]:
    """Return a `timestamptz` column."""
    default = text("now()") if default_now else None
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


def key() -> Column[Any]:
    """Return the primary key: a UUIDv7, made by the client or by us."""
    return Column("id", UUID, primary_key=True)


def edited() -> tuple[Column[Any], ...]:
    """Return the columns of every row people edit; `version` is what If-Match compares."""
    return (
        key(),
        moment("created_at", default_now=True),
        moment("updated_at", default_now=True),
        Column("version", Integer, nullable=False, server_default=text("1")),
        Column("created_by", UUID),
    )


def json(name: str, default: str = "{}") -> Column[Any]:
    """Return a `jsonb not null` column."""
    return Column(name, JSONB, nullable=False, server_default=text(f"'{default}'::jsonb"))


def position() -> tuple[Column[Any], Column[Any]]:
    """Return an optional point as two plain columns, lon then lat, degrees WGS 84."""
    return Column("lon", Double), Column("lat", Double)
