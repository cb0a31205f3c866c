"""What ingest counts, by tenant; numbers only, never a device.

What arrives and waits is shown each second, for a loop of batches that stands still tells nothing.
Gauges of a tenant stand while we serve it and no longer: another process may, or nobody.
"""

import asyncio
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from fieldops.metrics import REGISTRY
from fieldops.model import TenantSlug
from ingest.inbox import Inbox
from ingest.message import Message, Stored
from ingest.piles import last_of_each

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_SIZES = (1, 5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)
_BY = ("tenant",)
SHOW_EVERY_S = 1.0

RECEIVED = Counter(
    "fieldops_ingest_messages_received", "Messages taken from the broker.", _BY, registry=REGISTRY
)
DECODED = Counter(
    "fieldops_ingest_decoded",
    "Fixes and declarations read, before the gate.",
    _BY,
    registry=REGISTRY,
)
ACKNOWLEDGED = Counter(
    "fieldops_ingest_messages_acknowledged",
    "Messages acknowledged to the broker.",
    _BY,
    registry=REGISTRY,
)
OVERFLOWED = Counter(
    "fieldops_ingest_messages_overflowed",
    "QoS 0 messages dropped at the bound.",
    _BY,
    registry=REGISTRY,
)
STORED = Counter("fieldops_ingest_fixes_stored", "New rows of fix.", _BY, registry=REGISTRY)
REPLACED = Counter(
    "fieldops_ingest_fixes_replaced",
    "Fixes that replaced a higher (run, seq).",
    _BY,
    registry=REGISTRY,
)
DUPLICATES = Counter(
    "fieldops_ingest_duplicates",
    "What was there already, by key or sequence.",
    _BY,
    registry=REGISTRY,
)
PRIVATE = Counter(
    "fieldops_ingest_private_dropped", "What the privacy gate dropped.", _BY, registry=REGISTRY
)
QUARANTINED = Counter(
    "fieldops_ingest_quarantined",
    "What could not be used and is kept aside.",
    _BY,
    registry=REGISTRY,
)
ATTENDANCE = Counter(
    "fieldops_ingest_attendance_recorded", "New declarations of attendance.", _BY, registry=REGISTRY
)
IGNORED = Counter(
    "fieldops_ingest_ignored", "Messages that hold nothing to store.", _BY, registry=REGISTRY
)
STREAM_FAILED = Counter(
    "fieldops_ingest_stream_failures", "Batches Valkey did not take.", _BY, registry=REGISTRY
)
DEVICE_ACKS = Counter(
    "fieldops_ingest_device_acks", "`ack` messages sent to devices.", _BY, registry=REGISTRY
)
BATCH = Histogram(
    "fieldops_ingest_batch_messages", "Messages in a batch.", _BY, buckets=_SIZES, registry=REGISTRY
)
COMMIT_S = Histogram(
    "fieldops_ingest_commit_seconds", "From the oldest receipt of a batch to its commit.", _BY,
    buckets=_SECONDS, registry=REGISTRY,
)  # fmt: skip
WAITING = Gauge(
    "fieldops_ingest_messages_waiting", "Received and not stored.", _BY, registry=REGISTRY
)
OLDEST_S = Gauge(
    "fieldops_ingest_oldest_unstored_seconds",
    "Since the receipt of the oldest message that is not stored; 0 when all are.",
    _BY,
    registry=REGISTRY,
)
LAG_S = Gauge(
    "fieldops_ingest_lag_seconds",
    "Age of the newest fix of the last batch at its commit.",
    _BY,
    registry=REGISTRY,
)
PAUSED_S = Counter(
    "fieldops_ingest_paused_seconds",
    "Time the broker had to wait because we held Receive Maximum messages.",
    _BY,
    registry=REGISTRY,
)
HELD_BYTES = Gauge(
    "fieldops_ingest_held_bytes", "Bytes received and not stored, all tenants.", registry=REGISTRY
)
BROKER_BYTES = Gauge(
    "fieldops_broker_held_bytes", "Bytes of messages the broker holds, all tenants.",
    registry=REGISTRY,
)  # fmt: skip


async def show_inbox(tenant: TenantSlug, inbox: Inbox) -> None:
    """Show what arrives and waits until cancelled, then take the tenant's gauges down."""
    try:
        while True:
            _count_inbox(tenant, inbox)
            WAITING.labels(tenant).set(inbox.waiting())
            OLDEST_S.labels(tenant).set(inbox.oldest_age_s())
            await asyncio.sleep(SHOW_EVERY_S)
    finally:
        _count_inbox(tenant, inbox)
        for gauge in (WAITING, OLDEST_S, LAG_S):
            gauge.remove(tenant)


def _count_inbox(tenant: TenantSlug, inbox: Inbox) -> None:
    RECEIVED.labels(tenant).inc(inbox.take_received())
    OVERFLOWED.labels(tenant).inc(inbox.take_dropped())
    PAUSED_S.labels(tenant).inc(inbox.take_paused())


def count_batch(
    tenant: TenantSlug, messages: list[Message], stored: list[Stored], at: datetime
) -> float:
    """Count a batch committed at `at`; return the seconds from its oldest receipt to then."""
    seconds = (at - messages[0].received_at).total_seconds()
    BATCH.labels(tenant).observe(len(messages))
    COMMIT_S.labels(tenant).observe(seconds)
    for each in stored:
        DECODED.labels(tenant).inc(each.decoded)
        STORED.labels(tenant).inc(each.inserted)
        REPLACED.labels(tenant).inc(each.replaced)
        DUPLICATES.labels(tenant).inc(each.duplicates)
        PRIVATE.labels(tenant).inc(each.private)
        QUARANTINED.labels(tenant).inc(each.quarantined)
        ATTENDANCE.labels(tenant).inc(each.attendance)
        IGNORED.labels(tenant).inc(each.ignored)
        if each.fixes:
            newest = max(fix.observed_at for fix in last_of_each(each.fixes).values())
            LAG_S.labels(tenant).set((at - newest).total_seconds())
    return seconds
