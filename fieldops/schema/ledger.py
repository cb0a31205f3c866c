"""What happened, in order: events, the audit chain, answered commands, and who holds the tenant."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from fieldops.schema.columns import json, moment
from fieldops.schema.metadata import metadata

# `sites` and `crews` are the audience; both empty means the whole office, never a crew.
event = Table(
    "event",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    moment("at", default_now=True),
    Column("kind", Text, nullable=False),
    Column("schema", SmallInteger, nullable=False, server_default=text("1")),
    json("body"),
    Column("sites", ARRAY(UUID), nullable=False, server_default=text("'{}'::uuid[]")),
    Column("crews", ARRAY(UUID), nullable=False, server_default=text("'{}'::uuid[]")),
    Column("traceparent", Text),
)

# hash = SHA-256(prev_hash || canonical JSON of the row's other fields); see identity/audit.py.
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    moment("at"),
    Column("actor", UUID),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("subject", UUID),
    json("body"),
    # Personal fields stand in `body` as salted commitments; value and salt live here and can go.
    Column("openings", JSONB),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("audit_subject", "subject", "seq"),
    # Who looked today, and what a purge removed: asked by the ledger of one's own data.
    Index("audit_read", "action", "at"),
)

command = Table(
    "command",
    metadata,
    Column("key", Text, primary_key=True),
    Column("actor", UUID, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("answer", JSONB),
    moment("at", default_now=True),
)

lease = Table(
    "lease",
    metadata,
    Column("role", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("owner", Text),
    moment("until", nullable=True),
    Column("last_batch", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint(
        "role in ('ingest', 'geo', 'dispatch', 'jobs', 'attendance')", name="lease_role"
    ),
)
