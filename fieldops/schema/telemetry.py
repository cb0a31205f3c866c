"""What devices say and what follows from it: fixes, attendance, quarantine, presence.

`fix` and `attendance_event` are hypertables (the migration makes them so): no foreign keys, for
a device's rows outlive nothing and are purged by chunk.
"""

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from fieldops.schema.columns import json, key, moment, position
from fieldops.schema.metadata import metadata

fix = Table(
    "fix",
    metadata,
    Column("device_id", UUID, nullable=False),
    moment("observed_at"),
    moment("received_at"),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("accuracy_m", REAL),
    Column("speed_mps", REAL),
    Column("heading_deg", REAL),
    Column("altitude_m", REAL),
    Column("battery_pct", SmallInteger),
    Column("source", Text),
    # Bits of fieldops.model.Flag.
    Column("flags", SmallInteger, nullable=False, server_default=text("0")),
    Column("run", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("batch", BigInteger, nullable=False),
    PrimaryKeyConstraint("device_id", "observed_at", name="fix_pkey"),
    Index("fix_batch", "batch"),
)

# The newest trustworthy fix of each device; never goes back in time.
latest_fix = Table(
    "latest_fix",
    metadata,
    Column("device_id", UUID, primary_key=True),
    moment("observed_at"),
    moment("received_at"),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("accuracy_m", REAL),
    Column("speed_mps", REAL),
    Column("heading_deg", REAL),
    Column("battery_pct", SmallInteger),
    Column("flags", SmallInteger, nullable=False, server_default=text("0")),
)

# What each device's sequence space has settled: everything <= upto, and [[a, b], …] beyond;
# `unlocated` of them said no position, so that rows, these and duplicates add up.
settlement = Table(
    "settlement",
    metadata,
    Column("device_id", UUID, nullable=False),
    Column("run", Text, nullable=False),
    Column("upto", BigInteger, nullable=False),
    json("ranges", "[]"),
    Column("unlocated", BigInteger, nullable=False, server_default=text("0")),
    moment("updated_at", default_now=True),
    PrimaryKeyConstraint("device_id", "run", name="settlement_pkey"),
)

quarantine = Table(
    "quarantine",
    metadata,
    key(),
    moment("received_at"),
    Column("topic", Text, nullable=False),
    Column("device", Text),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Index("quarantine_received", "received_at"),
)

# How many fixes the privacy gate dropped, by day and reason; nothing else of them is kept.
privacy_drop = Table(
    "privacy_drop",
    metadata,
    Column("day", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("fixes", BigInteger, nullable=False),
)

attendance_event = Table(
    "attendance_event",
    metadata,
    Column("id", UUID, nullable=False),
    Column("worker_id", UUID, nullable=False),
    Column("site_id", UUID),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    moment("device_at"),
    moment("server_at", default_now=True),
    # server_at - device_at; what the device's clock was off, plus the delay of the message.
    Column("skew_ms", BigInteger, nullable=False),
    Column("device_id", UUID),
    Column("run", Text),
    Column("seq", BigInteger),
    *position(),
    Column("accuracy_m", REAL),
    Column("is_mock", Boolean),
    Column("corrects_id", UUID),
    PrimaryKeyConstraint("worker_id", "device_at", "kind", "source", name="attendance_event_pkey"),
    Index("attendance_event_id", "id"),
    CheckConstraint("kind in ('in', 'out', 'break_start', 'break_end')", name="attendance_kind"),
    CheckConstraint(
        "source in ('self', 'roll_call', 'kiosk', 'correction')", name="attendance_source"
    ),
)

# Where the state machine of (device, fence) stands; `memory` is its own and nobody else's.
presence = Table(
    "presence",
    metadata,
    Column("device_id", UUID, nullable=False),
    Column("fence_id", UUID, nullable=False),
    Column("state", Text, nullable=False),
    moment("since"),
    json("memory"),
    PrimaryKeyConstraint("device_id", "fence_id", name="presence_pkey"),
    CheckConstraint("state in ('outside', 'entering', 'inside', 'leaving')", name="presence_state"),
)

presence_event = Table(
    "presence_event",
    metadata,
    key(),
    Column("device_id", UUID, nullable=False),
    Column("fence_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    moment("at"),
    moment("detected_at", default_now=True),
    Column("why", JSONB),
    Column("superseded_by", UUID),
    CheckConstraint("kind in ('entered', 'left')", name="presence_event_kind"),
    Index("presence_event_fence", "fence_id", "at"),
)

# How far a follower of the fixes has come, stored in the transaction of what it derived.
follower = Table(
    "follower",
    metadata,
    Column("name", Text, primary_key=True),
    Column("batch", BigInteger, nullable=False),
)
