"""Projects, sites, fences, tasks, plans, assignments, proofs."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003_work"
down_revision = "0002_people_and_resources"
branch_labels = None
depends_on = None

# Where a task is: its own point, else a point inside its site's first active fence, else nowhere.
TASK_PLACE = """
create view task_place as
select
  task.id as task_id,
  coalesce(task.lon, inside.lon) as lon,
  coalesce(task.lat, inside.lat) as lat
from task
left join lateral (
  select st_x(point) as lon, st_y(point) as lat
  from (
    select st_pointonsurface(version.geom) as point
    from fence
    join fence_version as version on version.fence_id = fence.id and version.valid_until is null
    where fence.site_id = task.site_id and fence.active
    order by fence.kind <> 'site', fence.id
    limit 1
  ) as first
) as inside on task.lon is null
"""


def upgrade() -> None:
    _create_plan()
    _create_project()
    _create_site()
    _create_fence()
    _create_task()
    _create_assignment()
    _index_assignment()
    _create_fence_version()
    _create_proof()
    _create_unassigned()
    op.execute(TASK_PLACE)


def downgrade() -> None:
    op.execute("drop view task_place")
    op.drop_table("unassigned")
    op.drop_table("proof")
    op.drop_table("fence_version")
    op.drop_table("assignment")
    op.drop_table("task")
    op.drop_table("fence")
    op.drop_table("site")
    op.drop_table("project")
    op.drop_table("plan")


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _create_plan() -> None:
    op.create_table(
        "plan",
        sa.Column("version", sa.BigInteger(), nullable=False),
        _moment("published_at"),
        sa.Column("trigger", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("routes", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("figures", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )


def _create_project() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def _create_site() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("tz", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_site_project_id", "site", ["project_id"])


def _create_fence() -> None:
    op.create_table(
        "fence",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("site_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'site'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("kind in ('site', 'depot', 'forbidden', 'danger')", name="fence_kind"),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_fence_site_id", "fence", ["site_id"])


def _create_task() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("site_id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("3"), nullable=False),
        sa.Column(
            "skills", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        sa.Column("state", sa.Text(), server_default=sa.text("'ready'"), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.CheckConstraint("duration_s between 60 and 86400", name="task_duration"),
        sa.CheckConstraint("num_nonnulls(lon, lat) in (0, 2)", name="task_point"),
        sa.CheckConstraint("priority between 1 and 5", name="task_priority"),
        sa.CheckConstraint("window_end > window_start", name="task_window"),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_task_site_id", "task", ["site_id"])
    op.create_index(
        "task_open",
        "task",
        ["window_start"],
        postgresql_where=sa.text("state not in ('done', 'cancelled')"),
    )


def _create_assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("crew_id", sa.UUID(), nullable=False),
        sa.Column("plan_version", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("travel_s", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("eta_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("answer_why", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('planned','offered','accepted','declined','withdrawn','started','done')",
            name="assignment_state",
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["app_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["crew_id"],
            ["crew.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )


def _index_assignment() -> None:
    op.create_index(
        "assignment_live",
        "assignment",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("state in ('planned', 'offered', 'accepted', 'started', 'done')"),
    )
    op.create_index("ix_assignment_crew_id", "assignment", ["crew_id"])
    op.create_index("ix_assignment_task_id", "assignment", ["task_id"])


def _create_fence_version() -> None:
    op.create_table(
        "fence_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("fence_id", sa.UUID(), nullable=False),
        sa.Column(
            "geom", Geometry(geometry_type="POLYGON", srid=4326, dimension=2), nullable=False
        ),
        sa.Column("buffer_m", sa.Double(), server_default=sa.text("20"), nullable=False),
        sa.Column("dwell_s", sa.Double(), server_default=sa.text("60"), nullable=False),
        sa.Column("max_accuracy_m", sa.Double(), server_default=sa.text("60"), nullable=False),
        _moment("valid_from"),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["fence_id"],
            ["fence.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "fence_version_current",
        "fence_version",
        ["fence_id"],
        unique=True,
        postgresql_where=sa.text("valid_until is null"),
    )
    op.create_index("ix_fence_version_fence_id", "fence_version", ["fence_id"])


def _create_proof() -> None:
    op.create_table(
        "proof",
        sa.Column("id", sa.UUID(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'photo'"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256_device", sa.Text(), nullable=False),
        sa.Column("sha256_server", sa.Text(), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('photo')", name="proof_kind"),
        sa.CheckConstraint("sha256_device ~ '^[0-9a-f]{64}$'", name="proof_sha256"),
        sa.CheckConstraint("state in ('captured', 'verified', 'mismatch')", name="proof_state"),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("object_key"),
    )
    op.create_index("ix_proof_task_id", "proof", ["task_id"])


def _create_unassigned() -> None:
    op.create_table(
        "unassigned",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("plan_version", sa.BigInteger(), nullable=False),
        sa.Column("reasons", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["task.id"],
        ),
        sa.PrimaryKeyConstraint("task_id"),
    )
