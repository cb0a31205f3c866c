"""Presence as evidence: provisional and confirmed entries, corrections, states to go back to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0015_presence_evidence"
down_revision = "0014_trips"
branch_labels = None
depends_on = None

# (column, default until now, default from now on): the engine needs no dwell to be sure.
RULES = (("buffer_m", "20", "10"), ("dwell_s", "60", "0"), ("max_accuracy_m", "60", "100"))


def upgrade() -> None:
    op.add_column(
        "fence_version",
        sa.Column("confidence", sa.Double(), server_default=sa.text("0.97"), nullable=False),
    )
    for name, _, default in RULES:
        op.alter_column("fence_version", name, server_default=sa.text(default))
    op.add_column(
        "presence_event",
        sa.Column("status", sa.Text(), server_default=sa.text("'confirmed'"), nullable=False),
    )
    op.add_column("presence_event", sa.Column("supersedes", UUID()))
    op.add_column(
        "presence_event",
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
            nullable=False,
        ),
    )  # fmt: skip
    op.create_check_constraint(
        "presence_event_status", "presence_event",
        "status in ('provisional', 'confirmed', 'withdrawn')",
    )  # fmt: skip
    op.create_index("presence_event_device", "presence_event", ["device_id", "detected_at"])
    # What the former rules knew of a device half way in is nothing the new ones can use.
    op.execute("delete from presence where state in ('outside', 'entering')")
    op.execute("""
        update presence
        set state = 'inside', memory = jsonb_build_object(
          'inside', true, 'since', extract(epoch from since)::float8, 'held', -6.0
        )
    """)
    op.create_table(
        "presence_device",
        sa.Column("device_id", UUID(), primary_key=True),
        sa.Column("memory", JSONB(), nullable=False),
    )
    op.create_table(
        "presence_late",
        sa.Column("device_id", UUID(), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
            nullable=False,
        ),
    )  # fmt: skip
    op.create_table(
        "presence_checkpoint",
        sa.Column("device_id", UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("memory", JSONB(), nullable=False),
        sa.Column("rests", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "at", name="presence_checkpoint_pkey"),
    )
    op.create_index("presence_checkpoint_at", "presence_checkpoint", ["at"])


def downgrade() -> None:
    for name in ("presence_checkpoint", "presence_late", "presence_device"):
        op.drop_table(name)
    op.execute("update presence set memory = '{}', state = 'inside' where state = 'leaving'")
    op.execute("delete from presence where state = 'entering'")
    op.execute("delete from presence_event where status <> 'confirmed'")
    op.drop_index("presence_event_device", "presence_event")
    op.drop_constraint("presence_event_status", "presence_event")
    for name in ("recorded_at", "supersedes", "status"):
        op.drop_column("presence_event", name)
    for name, default, _ in RULES:
        op.alter_column("fence_version", name, server_default=sa.text(default))
    op.drop_column("fence_version", "confidence")
