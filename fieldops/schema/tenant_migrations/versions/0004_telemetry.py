"""Fixes and attendance as hypertables, and what follows from them."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004_telemetry"
down_revision = "0003_work"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_attendance_event()
    _create_fix()
    _create_follower()
    _create_latest_fix()
    _create_presence()
    _create_presence_event()
    _create_privacy_drop()
    _create_quarantine()
    _create_settlement()
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


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _create_attendance_event() -> None:
    op.create_table(
        "attendance_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("site_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        _moment("server_at"),
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


def _create_fix() -> None:
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


def _create_follower() -> None:
    op.create_table(
        "follower",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _create_latest_fix() -> None:
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


def _create_presence() -> None:
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


def _create_presence_event() -> None:
    op.create_table(
        "presence_event",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("fence_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _moment("detected_at"),
        sa.Column("why", JSONB(), nullable=True),
        sa.Column("superseded_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("kind in ('entered', 'left')", name="presence_event_kind"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("presence_event_fence", "presence_event", ["fence_id", "at"])


def _create_privacy_drop() -> None:
    op.create_table(
        "privacy_drop",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fixes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reason"),
    )


def _create_quarantine() -> None:
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


def _create_settlement() -> None:
    op.create_table(
        "settlement",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("ranges", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("device_id", "run", name="settlement_pkey"),
    )
