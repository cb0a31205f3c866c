"""The alert rules ask for metrics that exist."""

import re
from pathlib import Path

import ingest.metrics  # noqa: F401 - registers what the rules ask for
from fieldops.metrics import REGISTRY

RULES = Path(__file__).resolve().parents[2] / "docs" / "operations" / "alerts.yaml"


def test_every_metric_of_a_rule_is_one_of_ours() -> None:
    asked = set(re.findall(r"fieldops_\w+", RULES.read_text("utf-8")))
    suffixes = {"counter": "_total", "histogram": "_bucket", "gauge": ""}

    ours = {family.name + suffixes.get(family.type, "") for family in REGISTRY.collect()}

    assert len(asked) >= 6
    assert asked <= ours
