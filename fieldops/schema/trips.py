"""What is derived of vehicles' fixes, what machines are watched for, and who looked back.

Trips and stops are replaced in place: a row keeps its id while late fixes move its edges, and
`revision` counts how often. They are purged with the fixes they come from.
"""

from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from fieldops.schema.columns import edited, json, key, moment
from fieldops.schema.metadata import metadata

# `ended_at` null: under way. `distance_m` was seen, `unseen_m` is straight across gaps.
trip = Table(
    "trip",
    metadata,
    key(),
    Column("device_id", UUID, nullable=False),
    Column("vehicle_id", UUID, nullable=False),
    moment("started_at"),
    moment("ended_at", nullable=True),
    moment("last_at"),
    Column("start_lon", Double, nullable=False),
    Column("start_lat", Double, nullable=False),
    Column("end_lon", Double, nullable=False),
    Column("end_lat", Double, nullable=False),
    Column("distance_m", Double, nullable=False),
    Column("unseen_m", Double, nullable=False),
    Column("unseen_s", Double, nullable=False),
    Column("halted_s", Double, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("ended_at >= started_at", name="trip_order"),
    Index("trip_device", "device_id", "started_at"),
    Index("trip_vehicle", "vehicle_id", "started_at"),
    Index("trip_open", "device_id", postgresql_where=text("ended_at is null")),
)

vehicle_stop = Table(
    "vehicle_stop",
    metadata,
    key(),
    Column("device_id", UUID, nullable=False),
    Column("vehicle_id", UUID, nullable=False),
    moment("started_at"),
    moment("ended_at", nullable=True),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("accuracy_m", REAL, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("ended_at >= started_at", name="vehicle_stop_order"),
    Index("vehicle_stop_device", "device_id", "started_at"),
    Index("vehicle_stop_vehicle", "vehicle_id", "started_at"),
    Index("vehicle_stop_open", "device_id", postgresql_where=text("ended_at is null")),
)

# hours: when a machine may move, shaped as a policy's schedule.
machine_watch = Table(
    "machine_watch",
    metadata,
    *edited(),
    Column("vehicle_id", UUID, ForeignKey("vehicle.id"), nullable=False, unique=True),
    json("hours"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)

# `cause_id`: the trip that raised it; no foreign key, for trips are purged before alerts.
alert = Table(
    "alert",
    metadata,
    *edited(),
    Column("rule", Text, nullable=False),
    Column("vehicle_id", UUID, ForeignKey("vehicle.id"), nullable=False, index=True),
    Column("device_id", UUID, ForeignKey("device.id"), nullable=False),
    Column("cause_id", UUID, nullable=False),
    moment("opened_at"),
    moment("acked_at", nullable=True),
    Column("acked_by", UUID, ForeignKey("app_user.id")),
    Column("ack_note", Text),
    moment("closed_at", nullable=True),
    Column("closed_by", Text),
    CheckConstraint("rule in ('out_of_hours_movement')", name="alert_rule"),
    CheckConstraint("closed_by in ('ended', 'withdrawn')", name="alert_closed_by"),
    Index("alert_cause", "rule", "cause_id", unique=True),
    Index("alert_open", "opened_at", postgresql_where=text("closed_at is null")),
)

# Somebody opened a vehicle's day: one row, one reason, one row of the audit chain; its pages name
# it and end with it.
replay = Table(
    "replay",
    metadata,
    key(),
    Column("user_id", UUID, ForeignKey("app_user.id"), nullable=False),
    Column("vehicle_id", UUID, ForeignKey("vehicle.id"), nullable=False),
    Column("day", Date, nullable=False),
    moment("from_at"),
    moment("until_at"),
    moment("expires_at"),
)
