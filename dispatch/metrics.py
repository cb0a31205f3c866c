"""What dispatch counts."""

from prometheus_client import Counter, Histogram

from fieldops.metrics import REGISTRY

PLANS = Counter(
    "fieldops_plans_total", "Plans by what came of them.", ["tenant", "outcome"], registry=REGISTRY
)
RETIMED = Counter(
    "fieldops_retimed_total",
    "Changes of times and arrivals told without planning.",
    ["tenant"],
    registry=REGISTRY,
)
SOLVE_S = Histogram(
    "fieldops_solve_seconds",
    "Time a solve took, waiting for a worker included.",
    ["tenant"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
    registry=REGISTRY,
)
REACTION_S = Histogram(
    "fieldops_reaction_seconds",
    "From the event heard to the plan published, debounce included.",
    ["tenant"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
    registry=REGISTRY,
)
