"""What tasks may ask for, papers and absences of workers, drafts of plans, dispatch's settings."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011_planning"
down_revision = "0010_fence_shapes"
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


def _json(name: str, default: str = "{}") -> sa.Column[Any]:
    return sa.Column(name, JSONB(), server_default=sa.text(f"'{default}'::jsonb"), nullable=False)


def _codes(name: str) -> sa.Column[Any]:
    empty = sa.text("'{}'::text[]")
    return sa.Column(name, sa.ARRAY(sa.Text()), server_default=empty, nullable=False)


def _int(name: str, default: int | None = None) -> sa.Column[Any]:
    given = None if default is None else sa.text(str(default))
    return sa.Column(name, sa.Integer(), server_default=given, nullable=default is None)


def _flag(name: str, default: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False)


def _word(name: str, default: str | None = None) -> sa.Column[Any]:
    given = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, sa.Text(), server_default=given, nullable=default is None)


def upgrade() -> None:
    _people()
    _resources()
    _work()
    _plans()
    _settings()


def _people() -> None:
    op.create_table(
        "worker_credential",
        *_edited(),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        _word("symbol"),
        _word("category"),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        _word("issuer"),
        sa.Column("document_id", sa.UUID(), nullable=True),
        _moment("revoked_at", nullable=True),
        _word("told"),
        sa.CheckConstraint(
            "valid_until is null or valid_until >= issued_on", name="worker_credential_dates"
        ),
        sa.CheckConstraint(
            "category is null or symbol is not null", name="worker_credential_category"
        ),
        sa.CheckConstraint("told in ('expiring', 'expired')", name="worker_credential_told"),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_worker_credential_worker_id", "worker_credential", ["worker_id"])
    op.create_table(
        "worker_absence",
        *_edited(),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        _moment("starts_at"),
        _moment("ends_at"),
        _word("kind", "other"),
        _moment("cancelled_at", nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name="worker_absence_order"),
        sa.CheckConstraint("kind in ('leave', 'training', 'other')", name="worker_absence_kind"),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_worker_absence_worker_id", "worker_absence", ["worker_id"])


def _resources() -> None:
    op.add_column("vehicle", _word("travel_class", "light"))
    op.create_check_constraint(
        "vehicle_travel_class", "vehicle", "travel_class in ('light', 'heavy')"
    )
    op.add_column("crew", _codes("equipment"))
    op.add_column("crew", _flag("has_phone", "true"))
    for name in ("break_after_s", "break_s", "overtime_s"):
        op.add_column("shift", _int(name))
    op.create_check_constraint(
        "shift_rules",
        "shift",
        "break_after_s >= 0 and break_s >= 0 and overtime_s between 0 and 21600",
    )
    op.create_table(
        "crew_silence",
        sa.Column("crew_id", sa.UUID(), nullable=False),
        _moment("since"),
        _moment("told_at", default_now=True),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.id"]),
        sa.PrimaryKeyConstraint("crew_id"),
    )


def _work() -> None:
    op.add_column("task", _codes("credentials"))
    op.add_column("task", _codes("equipment"))
    op.add_column(
        "task", sa.Column("min_crew", sa.SmallInteger(), server_default="1", nullable=False)
    )
    op.add_column("task", _int("setup_s", 0))
    op.add_column("task", _json("windows", "[]"))
    op.add_column("task", _moment("soft_start", nullable=True))
    op.add_column("task", _moment("soft_end", nullable=True))
    op.add_column("task", _word("keep_group"))
    op.create_check_constraint("task_min_crew", "task", "min_crew between 1 and 50")
    op.create_check_constraint("task_setup", "task", "setup_s between 0 and 14400")
    op.create_check_constraint(
        "task_soft_window",
        "task",
        "num_nonnulls(soft_start, soft_end) = 0 or soft_end > soft_start",
    )
    op.add_column("assignment", _moment("arrived_at", nullable=True))
    op.add_column("assignment", _moment("left_at", nullable=True))
    op.create_table(
        "task_link",
        *_edited(),
        sa.Column("pred_id", sa.UUID(), nullable=False),
        sa.Column("succ_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _int("lag_s", 0),
        sa.CheckConstraint("kind in ('order', 'sync')", name="task_link_kind"),
        sa.CheckConstraint("pred_id <> succ_id", name="task_link_ends"),
        sa.CheckConstraint("lag_s between 0 and 2678400", name="task_link_lag"),
        sa.ForeignKeyConstraint(["pred_id"], ["task.id"]),
        sa.ForeignKeyConstraint(["succ_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pred_id", "succ_id", name="task_link_pair_key"),
    )
    op.create_index("ix_task_link_pred_id", "task_link", ["pred_id"])
    op.create_index("ix_task_link_succ_id", "task_link", ["succ_id"])


def _plans() -> None:
    op.add_column("plan", _json("diff", "[]"))
    op.add_column("plan", _word("kind", "auto"))
    op.add_column("plan", sa.Column("published_by", sa.UUID(), nullable=True))
    op.add_column("plan", sa.Column("reverts", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        "plan_kind", "plan", "kind in ('auto', 'by_hand', 'draft', 'proposal', 'revert')"
    )
    op.create_foreign_key(None, "plan", "app_user", ["published_by"], ["id"])
    op.create_table(
        "plan_draft",
        *_edited(),
        sa.Column("kind", sa.Text(), nullable=False),
        _word("state", "open"),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        _word("title"),
        _json("moves", "[]"),
        _json("diff", "[]"),
        _json("figures"),
        sa.Column("published_version", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.UUID(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.CheckConstraint("kind in ('draft', 'proposal')", name="plan_draft_kind"),
        sa.CheckConstraint(
            "state in ('open', 'published', 'rejected', 'stale')", name="plan_draft_state"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "plan_draft_open", "plan_draft", ["id"], postgresql_where=sa.text("state = 'open'")
    )


def _settings() -> None:
    op.create_table(
        "dispatch_settings",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, server_default="1", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _moment("updated_at", default_now=True),
        _int("freeze_s", 900),
        sa.Column("changes_most", sa.SmallInteger(), nullable=True),
        _int("move_tax_s", 1800),
        _flag("improve", "true"),
        _int("improve_every_s", 300),
        _int("improve_s", 10),
        _int("gain_per_move_s", 600),
        _int("auto_gain_per_move_s"),
        _int("offer_s"),
        _int("offer_horizon_s"),
        _int("news_s", 120),
        _int("silent_s", 900),
        _word("silent_policy", "keep"),
        _word("no_phone", "chef"),
        _int("break_after_s", 21_600),
        _int("break_s", 1200),
        _int("rest_s", 39_600),
        _int("overtime_s", 0),
        sa.CheckConstraint("id = 1", name="dispatch_settings_single"),
        sa.CheckConstraint(
            "silent_policy in ('keep', 'withdraw')", name="dispatch_settings_silent"
        ),
        sa.CheckConstraint("no_phone in ('chef', 'accept')", name="dispatch_settings_no_phone"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("insert into dispatch_settings default values")


def downgrade() -> None:
    op.drop_table("dispatch_settings")
    op.drop_table("plan_draft")
    for name in ("reverts", "published_by", "kind", "diff"):
        op.drop_column("plan", name)
    op.drop_table("task_link")
    for name in ("left_at", "arrived_at"):
        op.drop_column("assignment", name)
    for name in (
        "keep_group", "soft_end", "soft_start", "windows", "setup_s", "min_crew", "equipment",
        "credentials",
    ):  # fmt: skip
        op.drop_column("task", name)
    op.drop_table("crew_silence")
    for name in ("overtime_s", "break_s", "break_after_s"):
        op.drop_column("shift", name)
    op.drop_column("crew", "has_phone")
    op.drop_column("crew", "equipment")
    op.drop_column("vehicle", "travel_class")
    op.drop_table("worker_absence")
    op.drop_table("worker_credential")
