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
    UniqueConstraint,
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
    # When a crossing is believed (geo.index.Rules).
    Column("buffer_m", Double, nullable=False, server_default=text("10")),
    Column("dwell_s", Double, nullable=False, server_default=text("0")),
    Column("max_accuracy_m", Double, nullable=False, server_default=text("100")),
    Column("confidence", Double, nullable=False, server_default=text("0.97")),
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

# What the nightly audit compared and found; `differences` by fence version, never a position.
fence_audit = Table(
    "fence_audit",
    metadata,
    key(),
    moment("at"),
    moment("since"),
    moment("until"),
    Column("fixes", BigInteger, nullable=False),
    Column("pairs", BigInteger, nullable=False),
    Column("differing", BigInteger, nullable=False),
    json("differences", "[]"),
    Index("fence_audit_at", "at"),
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
    # What it asks for besides skills: codes of papers valid all through the visit, things on board.
    Column("credentials", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("equipment", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("min_crew", SmallInteger, nullable=False, server_default=text("1")),
    Column("setup_s", Integer, nullable=False, server_default=text("0")),
    # [{"start", "end"}, …] when there are several; window_start and window_end then span them.
    json("windows", "[]"),
    # When the client would like it; outside costs, and is no obstacle.
    moment("soft_start", nullable=True),
    moment("soft_end", nullable=True),
    # Tasks of one group go to one crew.
    Column("keep_group", Text),
    # Visits in a row of one place and kind are set up once; null is a kind like any other.
    Column("setup_kind", Text),
    # What it takes of a vehicle's capacity, in the tenant's own unit.
    Column("demand", Integer, nullable=False, server_default=text("0")),
    # Kinds of permit that its site must hold all through the visit.
    Column("permits", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    CheckConstraint("duration_s between 60 and 86400", name="task_duration"),
    CheckConstraint("min_crew between 1 and 50", name="task_min_crew"),
    CheckConstraint("setup_s between 0 and 14400", name="task_setup"),
    CheckConstraint(
        "setup_kind is null or length(setup_kind) between 1 and 40", name="task_setup_kind"
    ),
    CheckConstraint("demand between 0 and 1000000", name="task_demand"),
    CheckConstraint(
        "num_nonnulls(soft_start, soft_end) = 0 or soft_end > soft_start", name="task_soft_window"
    ),
    CheckConstraint("window_end > window_start", name="task_window"),
    CheckConstraint("priority between 1 and 5", name="task_priority"),
    CheckConstraint("num_nonnulls(lon, lat) in (0, 2)", name="task_point"),
    Index("task_open", "window_start", postgresql_where=text("state not in ('done', 'cancelled')")),
)

# What a site was granted (DICT, lockout), between two instants; a renewal is another row.
permit = Table(
    "permit",
    metadata,
    *edited(),
    Column("site_id", UUID, ForeignKey("site.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("number", Text),
    moment("valid_from"),
    moment("valid_until", nullable=True),
    moment("revoked_at", nullable=True),
    CheckConstraint("valid_until > valid_from", name="permit_dates"),
)

# The successor starts lag_s to most_s (null: any time) after the predecessor's end or start
# (order), or both start within within_s, each with a crew of its own (sync), or whoever does both
# does the predecessor first (keep_order).
task_link = Table(
    "task_link",
    metadata,
    *edited(),
    Column("pred_id", UUID, ForeignKey("task.id"), nullable=False, index=True),
    Column("succ_id", UUID, ForeignKey("task.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("lag_s", Integer, nullable=False, server_default=text("0")),
    Column("most_s", Integer),
    Column("after", Text, nullable=False, server_default=text("'end'")),
    Column("within_s", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("kind in ('order', 'sync', 'keep_order')", name="task_link_kind"),
    CheckConstraint("pred_id <> succ_id", name="task_link_ends"),
    CheckConstraint("lag_s between 0 and 2678400", name="task_link_lag"),
    CheckConstraint("most_s between lag_s and 2678400", name="task_link_most"),
    CheckConstraint("after in ('start', 'end')", name="task_link_after"),
    CheckConstraint("within_s between 0 and 86400", name="task_link_within"),
    UniqueConstraint("pred_id", "succ_id", name="task_link_pair_key"),
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
    # What it changed: [{task, before, after, why}, …]; versions are compared by adding these up.
    json("diff", "[]"),
    Column("kind", Text, nullable=False, server_default=text("'auto'")),
    Column("published_by", UUID, ForeignKey("app_user.id")),
    Column("reverts", BigInteger),
    CheckConstraint("kind in ('auto', 'by_hand', 'draft', 'proposal', 'revert')", name="plan_kind"),
)

# A plan that is not published: moves on top of a version, with what they would change. A proposal
# is one the machine made.
plan_draft = Table(
    "plan_draft",
    metadata,
    *edited(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("base_version", BigInteger, nullable=False),
    Column("title", Text),
    json("moves", "[]"),
    json("diff", "[]"),
    json("figures"),
    Column("published_version", BigInteger),
    Column("decided_by", UUID, ForeignKey("app_user.id")),
    moment("decided_at", nullable=True),
    CheckConstraint("kind in ('draft', 'proposal')", name="plan_draft_kind"),
    CheckConstraint("state in ('open', 'published', 'rejected', 'stale')", name="plan_draft_state"),
    Index("plan_draft_open", "id", postgresql_where=text("state = 'open'")),
)

# How the tenant wants to be planned: one row, edited over REST, read at every round.
dispatch_settings = Table(
    "dispatch_settings",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False, server_default=text("1")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    moment("updated_at", default_now=True),
    Column("freeze_s", Integer, nullable=False, server_default=text("900")),
    Column("changes_most", SmallInteger),
    Column("move_tax_s", Integer, nullable=False, server_default=text("1800")),
    Column("improve", Boolean, nullable=False, server_default=text("true")),
    Column("improve_every_s", Integer, nullable=False, server_default=text("300")),
    Column("improve_s", Integer, nullable=False, server_default=text("10")),
    Column("gain_per_move_s", Integer, nullable=False, server_default=text("600")),
    Column("auto_gain_per_move_s", Integer),
    Column("offer_s", Integer),
    Column("offer_horizon_s", Integer),
    Column("news_s", Integer, nullable=False, server_default=text("120")),
    Column("silent_s", Integer, nullable=False, server_default=text("900")),
    Column("silent_policy", Text, nullable=False, server_default=text("'keep'")),
    Column("no_phone", Text, nullable=False, server_default=text("'chef'")),
    Column("break_after_s", Integer, nullable=False, server_default=text("21600")),
    Column("break_s", Integer, nullable=False, server_default=text("1200")),
    Column("rest_s", Integer, nullable=False, server_default=text("39600")),
    Column("overtime_s", Integer, nullable=False, server_default=text("0")),
    # From the shift's start to the end of work, and out on the road, at most; null: no limit.
    Column("max_span_s", Integer),
    Column("max_route_s", Integer),
    CheckConstraint(
        "max_span_s between 60 and 86400 and max_route_s between 60 and 86400",
        name="dispatch_settings_longest",
    ),
    CheckConstraint("id = 1", name="dispatch_settings_single"),
    CheckConstraint("silent_policy in ('keep', 'withdraw')", name="dispatch_settings_silent"),
    CheckConstraint("no_phone in ('chef', 'accept')", name="dispatch_settings_no_phone"),
)

unassigned = Table(
    "unassigned",
    metadata,
    Column("task_id", UUID, ForeignKey("task.id"), primary_key=True),
    Column("plan_version", BigInteger, nullable=False),
    json("reasons", "[]"),
    # The cheapest way to make it fit, where there is one.
    Column("relaxation", JSONB),
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
    # The times last told to crew and office: what shifts is news by these, not by the last write.
    moment("told_eta_at", nullable=True),
    moment("told_start_at", nullable=True),
    moment("told_end_at", nullable=True),
    json("reason"),
    moment("offered_at", nullable=True),
    moment("expires_at", nullable=True),
    moment("answered_at", nullable=True),
    Column("answered_by", UUID, ForeignKey("app_user.id")),
    Column("answer_why", Text),
    moment("started_at", nullable=True),
    moment("done_at", nullable=True),
    # When one of the crew's devices was first seen at the site, and last seen leaving it: hints.
    moment("arrived_at", nullable=True),
    moment("left_at", nullable=True),
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

# Crews on shift of which no device has been heard for too long; told once a silence.
crew_silence = Table(
    "crew_silence",
    metadata,
    Column("crew_id", UUID, ForeignKey("crew.id"), primary_key=True),
    moment("since"),
    moment("told_at", default_now=True),
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
