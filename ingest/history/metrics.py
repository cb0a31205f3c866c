"""What the jobs count, by tenant."""

from prometheus_client import Counter

from fieldops.metrics import REGISTRY

ROLLED = Counter(
    "fieldops_jobs_buckets_rolled", "5-minute buckets computed.", ("tenant",), registry=REGISTRY
)
PURGED = Counter(
    "fieldops_jobs_rows_purged",
    "Rows removed at the end of their term.",
    ("tenant", "what"),
    registry=REGISTRY,
)
