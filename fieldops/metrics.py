"""The registry of metrics and what every process measures; parts add theirs beside their code.

Names are `fieldops_<part>_<what>_<unit>`. Labels are few and bounded: a tenant, a role, a reason,
never a device, a user or a position.
"""

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
)

REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

LOOP_LAG_S = Gauge(
    "fieldops_loop_lag_seconds", "How late the event loop's clock last was.", registry=REGISTRY
)
UNREADY_ROLES = Gauge(
    "fieldops_unready_roles", "Roles of this process not ready to serve.", registry=REGISTRY
)
POOL_CONNECTIONS = Gauge(
    "fieldops_pool_connections",
    "Open connections of the control pool.",
    ("state",),
    registry=REGISTRY,
)
