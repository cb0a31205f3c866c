"""Users, workers, vehicles, crews, shifts, devices, tracking policies."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002_people_and_resources"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tracking_policy()
    _create_vehicle()
    _create_worker()
    _create_app_user()
    _create_crew()
    _create_device()
    _create_private_period()
    _create_worker_skill()
    _create_crew_member()
    _create_device_binding()
    _create_refresh_token()
    _create_shift()
    _create_user_scope()


def downgrade() -> None:
    op.drop_table("user_scope")
    op.drop_table("shift")
    op.drop_table("refresh_token")
    op.drop_table("device_binding")
    op.drop_table("crew_member")
    op.drop_table("worker_skill")
    op.drop_table("private_period")
    op.drop_table("device")
    op.drop_table("crew")
    op.drop_table("app_user")
    op.drop_table("worker")
    op.drop_table("vehicle")
    op.drop_table("tracking_policy")


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _create_tracking_policy() -> None:
    op.create_table(
        "tracking_policy",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("schedule", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("notice_version", sa.Text(), nullable=True),
        sa.Column("cse_date", sa.Date(), nullable=True),
        _moment("valid_from"),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose in ('dispatch', 'safety', 'proof_of_service', 'legal_obligation', 'vehicle_rules')",
            name="tracking_policy_purpose",
        ),
        sa.CheckConstraint("retention_days > 0", name="tracking_policy_retention"),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_vehicle() -> None:
    op.create_table(
        "vehicle",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'van'"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("plate"),
    )


def _create_worker() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("employee_no", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("is_staff_rep", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("employee_no"),
    )


def _create_app_user() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=True),
        sa.Column("locale", sa.Text(), server_default=sa.text("'fr'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "profile in ('manager', 'project_manager', 'site_manager', 'crew_member', 'admin')",
            name="app_user_profile",
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["worker.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
        sa.UniqueConstraint("worker_id"),
    )


def _create_crew() -> None:
    op.create_table(
        "crew",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lead_worker_id", sa.UUID(), nullable=True),
        sa.Column("vehicle_id", sa.UUID(), nullable=True),
        sa.Column("depot_lon", sa.Double(), nullable=False),
        sa.Column("depot_lat", sa.Double(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_worker_id"],
            ["worker.id"],
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicle.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _create_device() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("policy_id", sa.UUID(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.CheckConstraint("kind in ('tracker', 'phone')", name="device_kind"),
        sa.CheckConstraint(
            "purpose in ('dispatch', 'safety', 'proof_of_service', 'legal_obligation', 'vehicle_rules')",
            name="device_purpose",
        ),
        sa.CheckConstraint("status in ('active', 'revoked')", name="device_status"),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["tracking_policy.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _create_private_period() -> None:
    op.create_table(
        "private_period",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'private'"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("kind in ('private', 'break', 'mandate')", name="private_period_kind"),
        sa.CheckConstraint("ends_at is null or ends_at > starts_at", name="private_period_order"),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["worker.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_private_period_worker_id", "private_period", ["worker_id"])


def _create_worker_skill() -> None:
    op.create_table(
        "worker_skill",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), server_default=sa.text("current_date"), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "valid_until is null or valid_until >= valid_from", name="worker_skill_dates"
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["worker.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_worker_skill_worker_id", "worker_skill", ["worker_id"])


def _create_crew_member() -> None:
    op.create_table(
        "crew_member",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("crew_id", sa.UUID(), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        _moment("valid_from"),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "valid_until is null or valid_until > valid_from", name="crew_member_dates"
        ),
        sa.ForeignKeyConstraint(
            ["crew_id"],
            ["crew.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["worker.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_crew_member_crew_id", "crew_member", ["crew_id"])
    op.create_index("ix_crew_member_worker_id", "crew_member", ["worker_id"])


def _create_device_binding() -> None:
    op.create_table(
        "device_binding",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("vehicle_id", sa.UUID(), nullable=True),
        sa.Column("worker_id", sa.UUID(), nullable=True),
        _moment("valid_from"),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(vehicle_id, worker_id) = 1", name="device_binding_one_subject"
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"],
            ["vehicle.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["worker.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "device_binding_current",
        "device_binding",
        ["device_id"],
        unique=True,
        postgresql_where=sa.text("valid_until is null"),
    )
    op.create_index("ix_device_binding_device_id", "device_binding", ["device_id"])
    op.create_index("ix_device_binding_vehicle_id", "device_binding", ["vehicle_id"])
    op.create_index("ix_device_binding_worker_id", "device_binding", ["worker_id"])


def _create_refresh_token() -> None:
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("family", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        _moment("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index("ix_refresh_token_family", "refresh_token", ["family"])


def _create_shift() -> None:
    op.create_table(
        "shift",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("crew_id", sa.UUID(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name="shift_order"),
        sa.ForeignKeyConstraint(
            ["crew_id"],
            ["crew.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shift_crew_id", "shift", ["crew_id"])


def _create_user_scope() -> None:
    op.create_table(
        "user_scope",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=False),
        sa.CheckConstraint("kind in ('project', 'site')", name="user_scope_kind"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app_user.id"],
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", "object_id"),
    )
