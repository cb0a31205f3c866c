"""More that work may ask for: permits, loads, kinds of set-up, richer links, longest days."""

import sqlalchemy as sa
from alembic import op

revision = "0020_breadth_of_work"
down_revision = "0019_told_times"
branch_labels = None
depends_on = None

_TASK = "setup_kind is null or length(setup_kind) between 1 and 40"
_LINK_KINDS = ("kind in ('order', 'sync')", "kind in ('order', 'sync', 'keep_order')")
_LONGEST = "max_span_s between 60 and 86400 and max_route_s between 60 and 86400"


def upgrade() -> None:
    op.add_column("task", sa.Column("setup_kind", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("demand", sa.Integer(), server_default="0", nullable=False))
    empty = sa.text("'{}'::text[]")
    op.add_column(
        "task", sa.Column("permits", sa.ARRAY(sa.Text()), server_default=empty, nullable=False)
    )
    op.create_check_constraint("task_setup_kind", "task", _TASK)
    op.create_check_constraint("task_demand", "task", "demand between 0 and 1000000")
    _links()
    op.add_column("vehicle", sa.Column("capacity", sa.Integer(), nullable=True))
    op.create_check_constraint("vehicle_capacity", "vehicle", "capacity between 0 and 1000000")
    for table in ("shift", "dispatch_settings"):
        for name in ("max_span_s", "max_route_s"):
            op.add_column(table, sa.Column(name, sa.Integer(), nullable=True))
        op.create_check_constraint(f"{table}_longest", table, _LONGEST)
    _permit()


def _links() -> None:
    op.add_column("task_link", sa.Column("most_s", sa.Integer(), nullable=True))
    op.add_column("task_link", sa.Column("after", sa.Text(), server_default="end", nullable=False))
    op.add_column(
        "task_link", sa.Column("within_s", sa.Integer(), server_default="0", nullable=False)
    )
    op.drop_constraint("task_link_kind", "task_link")
    op.create_check_constraint("task_link_kind", "task_link", _LINK_KINDS[1])
    op.create_check_constraint("task_link_most", "task_link", "most_s between lag_s and 2678400")
    op.create_check_constraint("task_link_after", "task_link", "after in ('start', 'end')")
    op.create_check_constraint("task_link_within", "task_link", "within_s between 0 and 86400")


def _permit() -> None:
    moment = sa.DateTime(timezone=True)
    now = sa.text("now()")
    op.create_table(
        "permit",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.Column("updated_at", moment, server_default=now, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("site_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("valid_from", moment, nullable=False),
        sa.Column("valid_until", moment, nullable=True),
        sa.Column("revoked_at", moment, nullable=True),
        sa.CheckConstraint("valid_until > valid_from", name="permit_dates"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_permit_site_id", "permit", ["site_id"])


def downgrade() -> None:
    op.drop_table("permit")
    for table in ("shift", "dispatch_settings"):
        for name in ("max_route_s", "max_span_s"):
            op.drop_column(table, name)
    op.drop_column("vehicle", "capacity")
    op.execute("delete from task_link where kind = 'keep_order'")
    op.drop_constraint("task_link_kind", "task_link")
    for name in ("within_s", "after", "most_s"):
        op.drop_column("task_link", name)
    op.create_check_constraint("task_link_kind", "task_link", _LINK_KINDS[0])
    for name in ("permits", "demand", "setup_kind"):
        op.drop_column("task", name)
