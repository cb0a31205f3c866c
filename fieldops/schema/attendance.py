"""Attendance: what people declared, what was thought of it, and the days made of it.

Declarations are only ever added; a correction is another one that names what it replaces. Hours
are computed from them alone, at every reading, so a day's row holds no hours: only how far people
have agreed on it. `attendance_event` is a hypertable, so it has no foreign keys.
"""

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from fieldops.schema.columns import edited, json, moment, position
from fieldops.schema.metadata import metadata

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
    # What the clock alone was off, behind is positive; null where nobody could measure it.
    Column("clock_ms", BigInteger),
    Column("device_id", UUID),
    Column("run", Text),
    Column("seq", BigInteger),
    *position(),
    Column("accuracy_m", REAL),
    Column("provider", Text),
    Column("is_mock", Boolean),
    Column("corrects_id", UUID),
    # A correction that takes back what it names, instead of saying it otherwise.
    Column("void", Boolean, nullable=False, server_default=text("false")),
    Column("why", Text),
    Column("recorded_by", UUID),
    PrimaryKeyConstraint("id", "device_at", name="attendance_event_pkey"),
    # The same said twice is one row, and so is a message delivered twice.
    Index(
        "attendance_said",
        "worker_id",
        "device_at",
        "kind",
        "source",
        unique=True,
        postgresql_where=text("corrects_id is null"),
    ),
    Index("attendance_sent", "device_id", "run", "seq", "device_at", unique=True),
    Index("attendance_worker", "worker_id", "device_at"),
    Index("attendance_corrects", "corrects_id"),
    CheckConstraint("kind in ('in', 'out', 'break_start', 'break_end')", name="attendance_kind"),
    CheckConstraint(
        "source in ('self', 'roll_call', 'kiosk', 'correction')", name="attendance_source"
    ),
    CheckConstraint("not void or corrects_id is not null", name="attendance_void"),
)

# What was thought of an event, each time something it rests on changed; the last one counts.
attendance_verdict = Table(
    "attendance_verdict",
    metadata,
    Column("event_id", UUID, nullable=False),
    Column("revision", Integer, nullable=False),
    moment("at"),
    Column("worker_id", UUID, nullable=False),
    moment("device_at"),
    Column("verdict", Text, nullable=False),
    json("reasons", "[]"),
    Column("distance_m", Double),
    Column("fence_version_id", UUID),
    Column("cause", Text, nullable=False),
    PrimaryKeyConstraint("event_id", "revision", name="attendance_verdict_pkey"),
    Index("attendance_verdict_age", "device_at"),
    CheckConstraint(
        "verdict in ('conform', 'to_check', 'incoherent')", name="attendance_verdict_word"
    ),
)

# One row: by what events and days are judged here; French law's numbers to begin with.
attendance_rule = Table(
    "attendance_rule",
    metadata,
    *edited(),
    Column("single", SmallInteger, nullable=False, unique=True, server_default=text("1")),
    Column("clock_most_s", Integer, nullable=False, server_default=text("300")),
    Column("accuracy_most_m", Integer, nullable=False, server_default=text("100")),
    Column("margin_m", Integer, nullable=False, server_default=text("50")),
    Column("rest_least_s", Integer, nullable=False, server_default=text("39600")),
    Column("day_most_s", Integer, nullable=False, server_default=text("36000")),
    Column("span_most_s", Integer, nullable=False, server_default=text("46800")),
    Column("break_after_s", Integer, nullable=False, server_default=text("21600")),
    Column("break_least_s", Integer, nullable=False, server_default=text("1200")),
    Column("retention_days", Integer, nullable=False, server_default=text("1826")),
    # May presence, that is positions, settle a doubt about where? Never about how long.
    Column("presence_aid", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("single = 1", name="attendance_rule_single"),
    CheckConstraint(
        "least(clock_most_s, accuracy_most_m, rest_least_s, day_most_s, span_most_s, "
        "break_after_s, break_least_s, retention_days) > 0 and margin_m >= 0",
        name="attendance_rule_numbers",
    ),
)

# How far people have agreed on a worker's day; none is `open`. `digest` is of the hours agreed on,
# so that a change since then shows.
attendance_day = Table(
    "attendance_day",
    metadata,
    *edited(),
    Column("worker_id", UUID, ForeignKey("worker.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("digest", Text),
    Column("validated_by", UUID),
    moment("validated_at", nullable=True),
    Column("dispute", Text),
    UniqueConstraint("worker_id", "day", name="attendance_day_worker_day_key"),
    CheckConstraint(
        "status in ('open', 'submitted', 'validated', 'locked', 'exported')",
        name="attendance_day_status",
    ),
)
