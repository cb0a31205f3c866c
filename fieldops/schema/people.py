"""Users (who log in) and workers (who work); most workers are users, some never are."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from fieldops.schema.columns import edited, key, moment
from fieldops.schema.metadata import metadata

worker = Table(
    "worker",
    metadata,
    *edited(),
    Column("name", Text, nullable=False),
    Column("employee_no", Text, unique=True),
    Column("phone", Text),
    # Staff representatives are never tracked on mandate hours (product.md L1).
    Column("is_staff_rep", Boolean, nullable=False, server_default=text("false")),
)

# A skill is a dated fact; a crew has the skills its members hold on the day.
worker_skill = Table(
    "worker_skill",
    metadata,
    key(),
    Column("worker_id", UUID, ForeignKey("worker.id"), nullable=False, index=True),
    Column("skill", Text, nullable=False),
    Column("valid_from", Date, nullable=False, server_default=text("current_date")),
    Column("valid_until", Date),
    CheckConstraint("valid_until is null or valid_until >= valid_from", name="worker_skill_dates"),
)

# A paper that says a worker may do something until a day: renewed by another row. A task asks for
# its type, for `type:symbol` or for `type:symbol:category`. `told` is what its holder's office was
# told last: expiring, expired.
worker_credential = Table(
    "worker_credential",
    metadata,
    *edited(),
    Column("worker_id", UUID, ForeignKey("worker.id"), nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column("symbol", Text),
    Column("category", Text),
    Column("issued_on", Date, nullable=False),
    Column("valid_until", Date),
    Column("issuer", Text),
    Column("document_id", UUID),
    moment("revoked_at", nullable=True),
    Column("told", Text),
    CheckConstraint(
        "valid_until is null or valid_until >= issued_on", name="worker_credential_dates"
    ),
    CheckConstraint("category is null or symbol is not null", name="worker_credential_category"),
    CheckConstraint("told in ('expiring', 'expired')", name="worker_credential_told"),
)

# When a worker is not there; why in detail is nobody's business here.
worker_absence = Table(
    "worker_absence",
    metadata,
    *edited(),
    Column("worker_id", UUID, ForeignKey("worker.id"), nullable=False, index=True),
    moment("starts_at"),
    moment("ends_at"),
    Column("kind", Text, nullable=False, server_default=text("'other'")),
    moment("cancelled_at", nullable=True),
    CheckConstraint("ends_at > starts_at", name="worker_absence_order"),
    CheckConstraint("kind in ('leave', 'training', 'other')", name="worker_absence_kind"),
)

app_user = Table(
    "app_user",
    metadata,
    *edited(),
    Column("login", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("worker_id", UUID, ForeignKey("worker.id"), unique=True),
    Column("locale", Text, nullable=False, server_default=text("'fr'")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint(
        "profile in ('manager', 'project_manager', 'site_manager', 'crew_member', 'admin', 'dpo')",
        name="app_user_profile",
    ),
)

# The projects and sites a chef de projet or chef de chantier answers for.
user_scope = Table(
    "user_scope",
    metadata,
    Column("user_id", UUID, ForeignKey("app_user.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("object_id", UUID, primary_key=True),
    CheckConstraint("kind in ('project', 'site')", name="user_scope_kind"),
)

# One row a token; `family` is one login. A used token that comes back revokes its family.
refresh_token = Table(
    "refresh_token",
    metadata,
    key(),
    Column("family", UUID, nullable=False, index=True),
    Column("user_id", UUID, ForeignKey("app_user.id"), nullable=False),
    Column("token_sha256", Text, nullable=False, unique=True),
    moment("created_at", default_now=True),
    moment("expires_at"),
    moment("used_at", nullable=True),
    moment("revoked_at", nullable=True),
)
