"""The control database: which tenants exist, where their data lives, who operates the platform."""

from sqlalchemy import CheckConstraint, Column, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from fieldops.schema.columns import json, moment

metadata = MetaData()

tenant = Table(
    "tenant",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("tz", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("data_region", Text, nullable=False, server_default=text("'local'")),
    # NULL: the database `tenant_{slug}` on the platform's own server.
    Column("database_url", Text),
    Column("status", Text, nullable=False),
    json("settings"),
    moment("created_at", default_now=True),
    CheckConstraint("status in ('provisioning', 'active', 'suspended')", name="tenant_status"),
    CheckConstraint("country ~ '^[A-Z]{2}$'", name="tenant_country"),
)

# Ed25519 keys that sign the tokens; the newest unretired one signs, all unretired ones verify.
signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("private_pem", Text, nullable=False),
    moment("created_at", default_now=True),
    moment("retired_at", nullable=True),
)

# Who serves tenants at present, by role; one that stops saying so is dead at `until`.
steward = Table(
    "steward",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("role", Text, nullable=False),
    moment("until"),
)
