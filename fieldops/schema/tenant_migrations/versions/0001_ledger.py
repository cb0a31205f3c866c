"""What happened: events, audit chain, commands, leases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_ledger"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.UUID(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("subject", sa.UUID(), nullable=True),
        sa.Column("body", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("openings", JSONB(), nullable=True),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_subject", "audit", ["subject", "seq"])
    op.create_table(
        "command",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("actor", sa.UUID(), nullable=False),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("answer", JSONB(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("key", "actor"),
    )
    op.create_table(
        "event",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("schema", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("body", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column(
            "sites", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'::uuid[]"), nullable=False
        ),
        sa.Column(
            "crews", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'::uuid[]"), nullable=False
        ),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "lease",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_batch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("role in ('ingest', 'geo', 'dispatch', 'jobs')", name="lease_role"),
        sa.PrimaryKeyConstraint("role"),
    )
    op.execute("create sequence event_position as bigint")
    op.execute("insert into lease (role) values ('ingest'), ('geo'), ('dispatch'), ('jobs')")


def downgrade() -> None:
    op.drop_table("lease")
    op.drop_table("event")
    op.drop_table("command")
    op.drop_table("audit")
    op.execute("drop sequence event_position")
