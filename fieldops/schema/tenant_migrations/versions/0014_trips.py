"""Trips and stops of vehicles, watched machines and their alerts, and who opened a day."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014_trips"
down_revision = "0013_attendance"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False, default_now: bool = False) -> sa.Column[Any]:
    default = sa.text("now()") if default_now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _edited() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at", default_now=True),
        _moment("updated_at", default_now=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
    )


def _spans() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("vehicle_id", sa.UUID(), nullable=False),
        _moment("started_at"),
        _moment("ended_at", nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )


def _span_indexes(table: str) -> None:
    op.create_index(f"{table}_device", table, ["device_id", "started_at"])
    op.create_index(f"{table}_vehicle", table, ["vehicle_id", "started_at"])
    op.create_index(
        f"{table}_open", table, ["device_id"], postgresql_where=sa.text("ended_at is null")
    )


def upgrade() -> None:
    op.create_table(
        "trip",
        *_spans(),
        _moment("last_at"),
        *(
            sa.Column(name, sa.Double(), nullable=False)
            for name in (
                "start_lon", "start_lat", "end_lon", "end_lat", "distance_m", "unseen_m",
                "unseen_s", "halted_s",
            )
        ),
        sa.CheckConstraint("ended_at >= started_at", name="trip_order"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    _span_indexes("trip")
    op.create_table(
        "vehicle_stop",
        *_spans(),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.REAL(), nullable=False),
        sa.CheckConstraint("ended_at >= started_at", name="vehicle_stop_order"),
        sa.PrimaryKeyConstraint("id"),
    )
    _span_indexes("vehicle_stop")
    op.create_table(
        "machine_watch",
        *_edited(),
        sa.Column("vehicle_id", sa.UUID(), sa.ForeignKey("vehicle.id"), nullable=False),
        sa.Column("hours", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("vehicle_id"),
    )
    _create_alert()
    op.create_table(
        "replay",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("vehicle_id", sa.UUID(), sa.ForeignKey("vehicle.id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        _moment("from_at"),
        _moment("until_at"),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_alert() -> None:
    op.create_table(
        "alert",
        *_edited(),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.UUID(), sa.ForeignKey("vehicle.id"), nullable=False),
        sa.Column("device_id", sa.UUID(), sa.ForeignKey("device.id"), nullable=False),
        sa.Column("cause_id", sa.UUID(), nullable=False),
        _moment("opened_at"),
        _moment("acked_at", nullable=True),
        sa.Column("acked_by", sa.UUID(), sa.ForeignKey("app_user.id"), nullable=True),
        sa.Column("ack_note", sa.Text(), nullable=True),
        _moment("closed_at", nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("rule in ('out_of_hours_movement')", name="alert_rule"),
        sa.CheckConstraint("closed_by in ('ended', 'withdrawn')", name="alert_closed_by"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alert_vehicle_id", "alert", ["vehicle_id"])
    op.create_index("alert_cause", "alert", ["rule", "cause_id"], unique=True)
    op.create_index(
        "alert_open", "alert", ["opened_at"], postgresql_where=sa.text("closed_at is null")
    )


def downgrade() -> None:
    for table in ("replay", "alert", "machine_watch", "vehicle_stop", "trip"):
        op.drop_table(table)
