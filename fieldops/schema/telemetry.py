"""What devices say and what follows from it: fixes, quarantine, presence.

`fix` is a hypertable (the migration makes it so): no foreign keys, for a device's rows outlive
nothing and are purged by chunk.
"""

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from fieldops.schema.columns import json, key, moment
from fieldops.schema.metadata import metadata
from fieldops.schema.resources import PURPOSES

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
    # Flags FUTURE and CLOCK_UNSET; few rows.
    Index("fix_untrusted", "received_at", postgresql_where=text("(flags & 6) <> 0")),
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

# Receipt minus stamp at its least, positive for a clock that is behind; `off` past the limit.
device_clock = Table(
    "device_clock",
    metadata,
    Column("device_id", UUID, primary_key=True),
    Column("offset_s", Double, nullable=False),
    Column("off", Boolean, nullable=False),
    moment("updated_at", default_now=True),
)

# What each device's sequence space has settled: everything <= upto, and [[a, b], …] beyond;
# `unlocated` of them said no position and `duplicates` of them are fixes whose moment has another's
# row, so that rows and these add up.
settlement = Table(
    "settlement",
    metadata,
    Column("device_id", UUID, nullable=False),
    Column("run", Text, nullable=False),
    Column("upto", BigInteger, nullable=False),
    json("ranges", "[]"),
    Column("unlocated", BigInteger, nullable=False, server_default=text("0")),
    Column("duplicates", BigInteger, nullable=False, server_default=text("0")),
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
    Index("quarantine_device", "device", "received_at"),
)

# How many fixes the privacy gate dropped, by day and reason; nothing else of them is kept.
privacy_drop = Table(
    "privacy_drop",
    metadata,
    Column("day", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("fixes", BigInteger, nullable=False),
)

# Where the state machine of (device, fence) stands; `memory` is its own and nobody else's.
# How far a follower of the fixes has come, stored in the transaction of what it derived.
follower = Table(
    "follower",
    metadata,
    Column("name", Text, primary_key=True),
    Column("batch", BigInteger, nullable=False),
)

# Fixes of trusted time by device and bucket of 5 min or 1 h (`span_s`), always equal to what the
# rows of `fix` say; the box and the mean place are plain, so wrong across the antimeridian.
# `speeds` and `accuracies` count the fixes that say one.
fix_rollup = Table(
    "fix_rollup",
    metadata,
    Column("device_id", UUID, nullable=False),
    Column("span_s", SmallInteger, nullable=False),
    moment("bucket_at"),
    Column("fixes", BigInteger, nullable=False),
    Column("flags", SmallInteger, nullable=False),
    moment("first_at"),
    moment("last_at"),
    Column("west", Double, nullable=False),
    Column("south", Double, nullable=False),
    Column("east", Double, nullable=False),
    Column("north", Double, nullable=False),
    Column("mean_lon", Double, nullable=False),
    Column("mean_lat", Double, nullable=False),
    Column("speeds", BigInteger, nullable=False),
    Column("min_speed_mps", REAL),
    Column("max_speed_mps", REAL),
    Column("mean_speed_mps", Double),
    Column("accuracies", BigInteger, nullable=False),
    Column("mean_accuracy_m", Double),
    PrimaryKeyConstraint("device_id", "span_s", "bucket_at", name="fix_rollup_pkey"),
    CheckConstraint("span_s in (300, 3600)", name="fix_rollup_span"),
)

# Buckets of 5 minutes whose fixes privacy took away; the jobs compute them again and forget this.
rollup_dirty = Table(
    "rollup_dirty",
    metadata,
    Column("device_id", UUID, primary_key=True),
    Column("bucket_at", DateTime(timezone=True), primary_key=True),
)

# Where privacy took fixes away, the last of them at `at`: the jobs judge the one behind it again.
hole = Table(
    "hole",
    metadata,
    Column("device_id", UUID, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
)

# How long the fixes of a device without a tracking policy are kept, by its purpose.
purpose_retention = Table(
    "purpose_retention",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("retention_days", Integer, nullable=False),
    CheckConstraint(PURPOSES, name="purpose_retention_purpose"),
    CheckConstraint("retention_days > 0", name="purpose_retention_days"),
)

# Numbers of `fix.batch` that another than the lease's owner drew: files, messages tried again,
# fixes behind a hole judged again.
# The owner asks here whether a batch whose commit was not answered may be its own.
side_batch = Table(
    "side_batch",
    metadata,
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    moment("at", default_now=True),
    Column("source", Text, nullable=False),
    CheckConstraint("source in ('file', 'quarantine', 'hole')", name="side_batch_source"),
)
