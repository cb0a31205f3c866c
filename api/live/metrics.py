"""What the live hub measures."""

from prometheus_client import Counter, Gauge, Histogram

from fieldops.metrics import REGISTRY

_DELAYS = (
    0.002, 0.004, 0.006, 0.008, 0.01, 0.0125, 0.015, 0.0175, 0.02, 0.025, 0.03, 0.045, 0.06, 0.12,
    0.25, 0.5, 1, 5, 60,
)  # fmt: skip

VIEWERS = Gauge("fieldops_live_viewers", "Open live connections.", registry=REGISTRY)
FIX_DELAY_S = Histogram(
    "fieldops_live_fix_delay_seconds",
    "From a fix's receipt from the broker to the hub.",
    buckets=_DELAYS,
    registry=REGISTRY,
)
EVENT_DELAY_S = Histogram(
    "fieldops_live_event_delay_seconds",
    "From the start of an event's transaction to the hub.",
    buckets=_DELAYS,
    registry=REGISTRY,
)
FRAMES = Counter("fieldops_live_frames", "Frames sent.", ("kind",), registry=REGISTRY)
FRAMES_DROPPED = Counter(
    "fieldops_live_frames_dropped",
    "Ticks of positions a slow viewer did not get; the next frame it takes covers them.",
    registry=REGISTRY,
)
CLOSES = Counter(
    "fieldops_live_closes", "Closed connections by code.", ("code",), registry=REGISTRY
)
