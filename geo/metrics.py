"""What geo measures."""

from prometheus_client import Counter, Histogram

from fieldops.metrics import REGISTRY

FIXES = Counter(
    "fieldops_geo_fixes", "Fixes followed, or not taken and why.", ("outcome",), registry=REGISTRY
)
CROSSINGS = Counter(
    "fieldops_geo_crossings",
    "Entries and exits by what was said of them.",
    ("kind", "status"),
    registry=REGISTRY,
)
RETOLD = Counter(
    "fieldops_geo_retold", "Pasts told anew because fixes came late.", registry=REGISTRY
)
BATCH_S = Histogram(
    "fieldops_geo_batch_seconds",
    "From a batch's arrival to its presence stored.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
AUDITED = Counter(
    "fieldops_geo_audited_fixes",
    "Fixes the nightly audit asked of the index and of PostGIS.",
    ("tenant",),
    registry=REGISTRY,
)
AUDIT_DIFFERENCES = Counter(
    "fieldops_geo_audit_differences",
    "Pairs of fix and fence the index and PostGIS judged differently.",
    ("tenant",),
    registry=REGISTRY,
)
ROAD_CELLS = Counter(
    "fieldops_geo_road_cells",
    "Cells of travel matrices: remembered, asked of the road service, estimated instead.",
    ("source",),
    registry=REGISTRY,
)
ROAD_REQUEST_S = Histogram(
    "fieldops_geo_road_request_seconds",
    "A block of a matrix asked of the road service.",
    ("engine",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
