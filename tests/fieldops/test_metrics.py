from importlib import import_module
from pathlib import Path

import prometheus_client

from fieldops.metrics import REGISTRY

ROOT = Path(__file__).parents[2]


def test_every_metric_is_in_the_registry_that_is_served() -> None:
    for path in ROOT.glob("[a-z]*/**/metrics.py"):
        if "tests" not in path.parts and "node_modules" not in path.parts:
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))

    stray = {family.name for family in prometheus_client.REGISTRY.collect()}
    assert {name for name in stray if not name.startswith(("python_", "process_"))} == set()
    ours = {family.name for family in REGISTRY.collect()}
    assert {"fieldops_jobs_rows_purged", "fieldops_geo_fixes"} <= ours
