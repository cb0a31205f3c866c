"""What the jobs count, by tenant."""

from prometheus_client import Counter

ROLLED = Counter("jobs_buckets_rolled", "5-minute buckets computed.", ("tenant",))
PURGED = Counter("jobs_rows_purged", "Rows removed at the end of their term.", ("tenant", "what"))
