"""Alembic's entry to the tenant databases' migrations."""

from alembic import context

from fieldops.schema.migrate import run_migrations
from fieldops.schema.tables import metadata

run_migrations(context, metadata, skip=frozenset({"spatial_ref_sys"}))
