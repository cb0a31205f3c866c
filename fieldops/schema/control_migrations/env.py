"""Alembic's entry to the control database's migrations."""

from alembic import context

from fieldops.schema.control import metadata
from fieldops.schema.migrate import run_migrations

run_migrations(context, metadata)
