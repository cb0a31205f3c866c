"""Attendance judged and validated, breaks that follow from it, notices signed by each worker."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013_attendance"
down_revision = "0012_fence_audit"
branch_labels = None
depends_on = None

PROFILES = "'manager', 'project_manager', 'site_manager', 'crew_member', 'admin'"


def upgrade() -> None:
    _events()
    _verdicts()
    _rules()
    _days()
    _privacy()
    op.create_table(
        "rollup_dirty",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("bucket_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "bucket_at"),
    )
    op.create_index("audit_read", "audit", ["action", "at"])
    op.drop_constraint("lease_role", "lease")
    op.create_check_constraint(
        "lease_role", "lease", "role in ('ingest', 'geo', 'dispatch', 'jobs', 'attendance')"
    )
    op.execute("insert into lease (role) values ('attendance')")
    op.drop_constraint("app_user_profile", "app_user")
    op.create_check_constraint("app_user_profile", "app_user", f"profile in ({PROFILES}, 'dpo')")


def _events() -> None:
    for column in (
        sa.Column("clock_ms", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("void", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.UUID(), nullable=True),
    ):
        op.add_column("attendance_event", column)
    op.execute("alter table attendance_event drop constraint attendance_event_pkey")
    op.drop_index("attendance_event_id", "attendance_event")
    op.create_primary_key("attendance_event_pkey", "attendance_event", ["id", "device_at"])
    op.create_check_constraint(
        "attendance_void", "attendance_event", "not void or corrects_id is not null"
    )
    op.create_index(
        "attendance_said",
        "attendance_event",
        ["worker_id", "device_at", "kind", "source"],
        unique=True,
        postgresql_where=sa.text("corrects_id is null"),
    )
    op.create_index(
        "attendance_sent",
        "attendance_event",
        ["device_id", "run", "seq", "device_at"],
        unique=True,
    )
    op.create_index("attendance_worker", "attendance_event", ["worker_id", "device_at"])
    op.create_index("attendance_corrects", "attendance_event", ["corrects_id"])


def _verdicts() -> None:
    op.create_table(
        "attendance_verdict",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("fence_version_id", sa.UUID(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "verdict in ('conform', 'to_check', 'incoherent')", name="attendance_verdict_word"
        ),
        sa.PrimaryKeyConstraint("event_id", "revision", name="attendance_verdict_pkey"),
    )
    op.create_index("attendance_verdict_age", "attendance_verdict", ["device_at"])


def _rules() -> None:
    numbers = {
        "clock_most_s": 300,
        "accuracy_most_m": 100,
        "margin_m": 50,
        "rest_least_s": 39600,
        "day_most_s": 36000,
        "span_most_s": 46800,
        "break_after_s": 21600,
        "break_least_s": 1200,
        "retention_days": 1826,
    }
    op.create_table(
        "attendance_rule",
        *_edited(),
        sa.Column("single", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text(str(value)), nullable=False)
            for name, value in numbers.items()
        ),
        sa.Column("presence_aid", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("single = 1", name="attendance_rule_single"),
        sa.CheckConstraint(
            "least(clock_most_s, accuracy_most_m, rest_least_s, day_most_s, span_most_s, "
            "break_after_s, break_least_s, retention_days) > 0 and margin_m >= 0",
            name="attendance_rule_numbers",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("single"),
    )
    op.execute("insert into attendance_rule (id) values (gen_random_uuid())")


def _days() -> None:
    op.create_table(
        "attendance_day",
        *_edited(),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("validated_by", sa.UUID(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispute", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status in ('open', 'submitted', 'validated', 'locked', 'exported')",
            name="attendance_day_status",
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("worker_id", "day", name="attendance_day_worker_day_key"),
    )


def _edited() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.UUID(), nullable=False),
        *(
            sa.Column(
                name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
            )
            for name in ("created_at", "updated_at")
        ),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
    )


def _privacy() -> None:
    op.add_column("private_period", sa.Column("attendance_id", sa.UUID(), nullable=True))
    op.create_unique_constraint(
        "private_period_attendance_id_key", "private_period", ["attendance_id"]
    )
    op.create_table(
        "notice_signature",
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("notice_version", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"]),
        sa.PrimaryKeyConstraint("worker_id", "notice_version"),
    )
    op.execute(
        """
        create trigger notice_signature_privacy
        after insert or update or delete or truncate on notice_signature
        for each statement execute function count_privacy_version()
        """
    )


def downgrade() -> None:
    op.drop_table("notice_signature")
    op.drop_constraint("private_period_attendance_id_key", "private_period")
    op.drop_column("private_period", "attendance_id")
    op.drop_table("attendance_day")
    op.drop_table("attendance_rule")
    op.drop_table("attendance_verdict")
    op.drop_table("rollup_dirty")
    op.drop_index("audit_read", "audit")
    op.execute("delete from lease where role = 'attendance'")
    op.drop_constraint("lease_role", "lease")
    op.create_check_constraint(
        "lease_role", "lease", "role in ('ingest', 'geo', 'dispatch', 'jobs')"
    )
    op.drop_constraint("app_user_profile", "app_user")
    op.create_check_constraint("app_user_profile", "app_user", f"profile in ({PROFILES})")
    for index in ("said", "sent", "worker", "corrects"):
        op.drop_index(f"attendance_{index}", "attendance_event")
    op.execute("alter table attendance_event drop constraint attendance_event_pkey")
    op.execute("alter table attendance_event drop constraint attendance_void")
    for column in ("clock_ms", "provider", "void", "why", "recorded_by"):
        op.drop_column("attendance_event", column)
    op.create_primary_key(
        "attendance_event_pkey", "attendance_event", ["worker_id", "device_at", "kind", "source"]
    )
    op.create_index("attendance_event_id", "attendance_event", ["id"])
