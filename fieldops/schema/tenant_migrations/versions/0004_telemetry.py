"""Fixes and attendance as hypertables, and what follows from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004_telemetry"
down_revision = "0003_work"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attendance_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("site_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "server_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.UUID(), nullable=True),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.REAL(), nullable=True),
        sa.Column("is_mock", sa.Boolean(), nullable=True),
        sa.Column("corrects_id", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "kind in ('in', 'out', 'break_start', 'break_end')", name="attendance_kind"
        ),
        sa.CheckConstraint(
            "source in ('self', 'roll_call', 'kiosk', 'correction')", name="attendance_source"
        ),
        sa.PrimaryKeyConstraint(
            "worker_id", "device_at", "kind", "source", name="attendance_event_pkey"
        ),
    )
    op.create_index("attendance_event_id", "attendance_event", ["id"])
    op.create_table(
        "fix",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.REAL(), nullable=True),
        sa.Column("speed_mps", sa.REAL(), nullable=True),
        sa.Column("heading_deg", sa.REAL(), nullable=True),
        sa.Column("altitude_m", sa.REAL(), nullable=True),
        sa.Column("battery_pct", sa.SmallInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("flags", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "observed_at", name="fix_pkey"),
    )
    op.create_index("fix_batch", "fix", ["batch"])
    op.create_table(
        "follower",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "latest_fix",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.REAL(), nullable=True),
        sa.Column("speed_mps", sa.REAL(), nullable=True),
        sa.Column("heading_deg", sa.REAL(), nullable=True),
        sa.Column("battery_pct", sa.SmallInteger(), nullable=True),
        sa.Column("flags", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_table(
        "presence",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("fence_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("memory", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.CheckConstraint(
            "state in ('outside', 'entering', 'inside', 'leaving')", name="presence_state"
        ),
        sa.PrimaryKeyConstraint("device_id", "fence_id", name="presence_pkey"),
    )
    op.create_table(
        "presence_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("fence_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "detected_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("why", JSONB(), nullable=True),
        sa.Column("superseded_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("kind in ('entered', 'left')", name="presence_event_kind"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("presence_event_fence", "presence_event", ["fence_id", "at"])
    op.create_table(
        "privacy_drop",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fixes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reason"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("quarantine_received", "quarantine", ["received_at"])
    op.create_table(
        "settlement",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("ranges", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("device_id", "run", name="settlement_pkey"),
    )
    op.execute("select create_hypertable('fix', by_range('observed_at', interval '1 day'))")
    op.execute(
        "select create_hypertable('attendance_event', by_range('device_at', interval '30 days'))"
    )


def downgrade() -> None:
    op.drop_table("settlement")
    op.drop_table("quarantine")
    op.drop_table("privacy_drop")
    op.drop_table("presence_event")
    op.drop_table("presence")
    op.drop_table("latest_fix")
    op.drop_table("follower")
    op.drop_table("fix")
    op.drop_table("attendance_event")
