"""Projects, sites, fences, tasks, and who does them: plans, assignments, proofs.

A site has no geometry: its fences say where it is, and a moved fence keeps its old versions.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from fieldops.schema.columns import edited, json, key, moment, position
from fieldops.schema.metadata import metadata

project = Table(
    "project",
    metadata,
    *edited(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

site = Table(
    "site",
    metadata,
    *edited(),
    Column("project_id", UUID, ForeignKey("project.id"), nullable=False, index=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("address", Text),
    Column("tz", Text, nullable=False),
)

fence = Table(
    "fence",
    metadata,
    *edited(),
    Column("site_id", UUID, ForeignKey("site.id"), index=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("'site'")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("kind in ('site', 'depot', 'forbidden', 'danger')", name="fence_kind"),
)

fence_version = Table(
    "fence_version",
    metadata,
    key(),
    Column("fence_id", UUID, ForeignKey("fence.id"), nullable=False, index=True),
    # The area watched: what PostGIS makes of the drawing and its margin.
    Column("geom", Geometry("POLYGON", srid=4326, spatial_index=True), nullable=False),
    # Polygon, Point with radius_m, or LineString with width_m; null: the area itself was drawn.
    Column("drawn", Geometry("GEOMETRY", srid=4326, spatial_index=False)),
    Column("radius_m", Double),
    Column("width_m", Double),
    Column("margin_m", Double, nullable=False, server_default=text("0")),
    # Presence parameters (telemetry.md): grown by buffer_m to leave, dwell_s to believe either.
    Column("buffer_m", Double, nullable=False, server_default=text("20")),
    Column("dwell_s", Double, nullable=False, server_default=text("60")),
    Column("max_accuracy_m", Double, nullable=False, server_default=text("60")),
    # Hours of the week in which it is watched, in its site's time zone; null: always.
    Column("schedule", JSONB),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("valid_from", default_now=True),
    moment("valid_until", nullable=True),
    Index(
        "fence_version_current",
        "fence_id",
        unique=True,
        postgresql_where=text("valid_until is null"),
    ),
)

# Where the work is: the task's own point, else the point on surface of its site's first fence.
task = Table(
    "task",
    metadata,
    *edited(),
    Column("site_id", UUID, ForeignKey("site.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("duration_s", Integer, nullable=False),
    moment("window_start"),
    moment("window_end"),
    Column("priority", SmallInteger, nullable=False, server_default=text("3")),
    Column("skills", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("state", Text, nullable=False, server_default=text("'ready'")),
    *position(),
    CheckConstraint("duration_s between 60 and 86400", name="task_duration"),
    CheckConstraint("window_end > window_start", name="task_window"),
    CheckConstraint("priority between 1 and 5", name="task_priority"),
    CheckConstraint("num_nonnulls(lon, lat) in (0, 2)", name="task_point"),
    Index("task_open", "window_start", postgresql_where=text("state not in ('done', 'cancelled')")),
)

# One row a published plan; routes as JSON for the map, assignments as rows for the work.
plan = Table(
    "plan",
    metadata,
    Column("version", BigInteger, primary_key=True),
    moment("published_at", default_now=True),
    json("trigger"),
    json("routes", "[]"),
    json("figures"),
)

unassigned = Table(
    "unassigned",
    metadata,
    Column("task_id", UUID, ForeignKey("task.id"), primary_key=True),
    Column("plan_version", BigInteger, nullable=False),
    json("reasons", "[]"),
)

# At most one live assignment a task; ended ones stay for ever with their reason.
assignment = Table(
    "assignment",
    metadata,
    *edited(),
    Column("task_id", UUID, ForeignKey("task.id"), nullable=False, index=True),
    Column("crew_id", UUID, ForeignKey("crew.id"), nullable=False, index=True),
    Column("plan_version", BigInteger, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("pinned", Boolean, nullable=False, server_default=text("false")),
    Column("travel_s", Integer, nullable=False, server_default=text("0")),
    moment("eta_at"),
    moment("start_at"),
    moment("end_at"),
    json("reason"),
    moment("offered_at", nullable=True),
    moment("expires_at", nullable=True),
    moment("answered_at", nullable=True),
    Column("answered_by", UUID, ForeignKey("app_user.id")),
    Column("answer_why", Text),
    moment("started_at", nullable=True),
    moment("done_at", nullable=True),
    CheckConstraint(
        "state in ('planned','offered','accepted','declined','withdrawn','started','done')",
        name="assignment_state",
    ),
    Index(
        "assignment_live",
        "task_id",
        unique=True,
        postgresql_where=text("state in ('planned', 'offered', 'accepted', 'started', 'done')"),
    ),
)

proof = Table(
    "proof",
    metadata,
    *edited(),
    Column("task_id", UUID, ForeignKey("task.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False, server_default=text("'photo'")),
    Column("state", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256_device", Text, nullable=False),
    Column("sha256_server", Text),
    Column("object_key", Text, nullable=False, unique=True),
    moment("captured_at"),
    moment("uploaded_at", nullable=True),
    CheckConstraint("kind in ('photo')", name="proof_kind"),
    CheckConstraint("state in ('captured', 'verified', 'mismatch')", name="proof_state"),
    CheckConstraint("sha256_device ~ '^[0-9a-f]{64}$'", name="proof_sha256"),
)
