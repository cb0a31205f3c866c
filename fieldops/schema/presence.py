"""Where devices stand towards fences, what was said of it, and states to go back to."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from fieldops.schema.columns import json, key, moment
from fieldops.schema.metadata import metadata

# Devices near a fence or in it; `memory` is geo.presence.machine.Machine.
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

# The ledger: an entry is never changed but for the name of the one that replaces it. `at` is when
# the edge was crossed, `detected_at` the time of the fix that decided.
presence_event = Table(
    "presence_event",
    metadata,
    key(),
    Column("device_id", UUID, nullable=False),
    Column("fence_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'confirmed'")),
    moment("at"),
    moment("detected_at", default_now=True),
    moment("recorded_at", default_now=True),
    Column("why", JSONB),
    Column("supersedes", UUID),
    Column("superseded_by", UUID),
    CheckConstraint("kind in ('entered', 'left')", name="presence_event_kind"),
    CheckConstraint(
        "status in ('provisional', 'confirmed', 'withdrawn')", name="presence_event_status"
    ),
    Index("presence_event_fence", "fence_id", "at"),
    Index("presence_event_device", "device_id", "detected_at"),
)

# The motion of devices near a fence; `memory` is geo.presence.trust.Tracker.
presence_device = Table(
    "presence_device",
    metadata,
    Column("device_id", UUID, primary_key=True),
    Column("memory", JSONB, nullable=False),
)

# Devices whose past is to be told anew, from `since` on: fixes came late.
presence_late = Table(
    "presence_late",
    metadata,
    Column("device_id", UUID, primary_key=True),
    moment("since"),
    moment("queued_at", default_now=True),
)

# All that was known of a device after its fix at `at`; `rests`: it was near no fence.
presence_checkpoint = Table(
    "presence_checkpoint",
    metadata,
    Column("device_id", UUID, nullable=False),
    moment("at"),
    Column("memory", JSONB, nullable=False),
    Column("rests", Boolean, nullable=False),
    PrimaryKeyConstraint("device_id", "at", name="presence_checkpoint_pkey"),
    Index("presence_checkpoint_at", "at"),
)
