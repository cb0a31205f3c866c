"""Vehicles, crews, shifts, devices, and under which policy a device may be tracked.

Memberships, bindings and private periods are dated rows: yesterday's answer never changes.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from fieldops.schema.columns import edited, json, key, moment
from fieldops.schema.metadata import metadata

PURPOSES = (
    "purpose in ('dispatch', 'safety', 'proof_of_service', 'legal_obligation', 'vehicle_rules')"
)

vehicle = Table(
    "vehicle",
    metadata,
    *edited(),
    Column("plate", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("'van'")),
    # How fast it is on the road: a heavy one is slower.
    Column("travel_class", Text, nullable=False, server_default=text("'light'")),
    # How much of its tasks' demands it carries, in the tenant's own unit; null: any.
    Column("capacity", Integer),
    CheckConstraint("capacity between 0 and 1000000", name="vehicle_capacity"),
    CheckConstraint("travel_class in ('light', 'heavy')", name="vehicle_travel_class"),
)

crew = Table(
    "crew",
    metadata,
    *edited(),
    Column("name", Text, nullable=False, unique=True),
    Column("lead_worker_id", UUID, ForeignKey("worker.id")),
    Column("vehicle_id", UUID, ForeignKey("vehicle.id")),
    Column("depot_lon", Double, nullable=False),
    Column("depot_lat", Double, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    # What it carries along, as codes; and whether it has a phone to answer offers with.
    Column("equipment", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("has_phone", Boolean, nullable=False, server_default=text("true")),
)

crew_member = Table(
    "crew_member",
    metadata,
    key(),
    Column("crew_id", UUID, ForeignKey("crew.id"), nullable=False, index=True),
    Column("worker_id", UUID, ForeignKey("worker.id"), nullable=False, index=True),
    moment("valid_from", default_now=True),
    moment("valid_until", nullable=True),
    CheckConstraint("valid_until is null or valid_until > valid_from", name="crew_member_dates"),
)

# A crew is at work from started_at (else starts_at) to ended_at (else ends_at).
shift = Table(
    "shift",
    metadata,
    *edited(),
    Column("crew_id", UUID, ForeignKey("crew.id"), nullable=False, index=True),
    moment("starts_at"),
    moment("ends_at"),
    moment("started_at", nullable=True),
    moment("ended_at", nullable=True),
    # Null: as the tenant's settings say. A break of 0 s is none.
    Column("break_after_s", Integer),
    Column("break_s", Integer),
    Column("overtime_s", Integer),
    Column("max_span_s", Integer),
    Column("max_route_s", Integer),
    CheckConstraint(
        "max_span_s between 60 and 86400 and max_route_s between 60 and 86400",
        name="shift_longest",
    ),
    CheckConstraint("ends_at > starts_at", name="shift_order"),
    CheckConstraint(
        "break_after_s >= 0 and break_s >= 0 and overtime_s between 0 and 21600",
        name="shift_rules",
    ),
)

# schedule: {"tz": "Europe/Paris", "week": [[["07:00","12:00"],["13:00","17:00"]], … Monday first]}
tracking_policy = Table(
    "tracking_policy",
    metadata,
    *edited(),
    Column("name", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    json("schedule"),
    Column("retention_days", Integer, nullable=False),
    Column("notice_version", Text),
    Column("cse_date", Date),
    moment("valid_from", default_now=True),
    moment("valid_until", nullable=True),
    CheckConstraint(PURPOSES, name="tracking_policy_purpose"),
    CheckConstraint("retention_days > 0", name="tracking_policy_retention"),
)

device = Table(
    "device",
    metadata,
    *edited(),
    Column("name", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("policy_id", UUID, ForeignKey("tracking_policy.id")),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    CheckConstraint(PURPOSES, name="device_purpose"),
    CheckConstraint("kind in ('tracker', 'phone')", name="device_kind"),
    CheckConstraint("status in ('active', 'revoked')", name="device_status"),
)

device_binding = Table(
    "device_binding",
    metadata,
    key(),
    Column("device_id", UUID, ForeignKey("device.id"), nullable=False, index=True),
    Column("vehicle_id", UUID, ForeignKey("vehicle.id"), index=True),
    Column("worker_id", UUID, ForeignKey("worker.id"), index=True),
    moment("valid_from", default_now=True),
    moment("valid_until", nullable=True),
    CheckConstraint("num_nonnulls(vehicle_id, worker_id) = 1", name="device_binding_one_subject"),
    Index(
        "device_binding_current",
        "device_id",
        unique=True,
        postgresql_where=text("valid_until is null"),
    ),
)

# "Vie privée": while a period is open nothing of the worker's devices is stored.
private_period = Table(
    "private_period",
    metadata,
    key(),
    Column("worker_id", UUID, ForeignKey("worker.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False, server_default=text("'private'")),
    moment("starts_at"),
    moment("ends_at", nullable=True),
    Column("created_by", UUID),
    # The break_start it follows from; such a period is moved and removed with its event.
    Column("attendance_id", UUID, unique=True),
    CheckConstraint("kind in ('private', 'break', 'mandate')", name="private_period_kind"),
    CheckConstraint("ends_at is null or ends_at > starts_at", name="private_period_order"),
)

# Each worker's own "read and understood" of a notice; without it his phone is not tracked.
notice_signature = Table(
    "notice_signature",
    metadata,
    Column("worker_id", UUID, ForeignKey("worker.id"), primary_key=True),
    Column("notice_version", Text, primary_key=True),
    moment("signed_at"),
    Column("recorded_by", UUID),
)

# One row, counted up by triggers on the five tables above in the transaction of their change, so
# ingest can tell inside its own transaction whether the rules it judges by still hold.
privacy_version = Table(
    "privacy_version",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False, server_default=text("1")),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="privacy_version_single"),
)
