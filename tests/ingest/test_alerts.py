"""The alert rules ask for metrics that exist, hold what they promise and have their page."""

import re
import subprocess
from pathlib import Path

import pytest

import ingest.metrics  # noqa: F401 - registers what the rules ask for
from fieldops import stack
from fieldops.metrics import REGISTRY
from fieldops.settings import Settings

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations"
RULES = (OPERATIONS / "alerts.yaml").read_text("utf-8")
TESTS = (OPERATIONS / "alerts.test.yaml").read_text("utf-8")
RUNBOOK = (OPERATIONS / "ingest-lag.md").read_text("utf-8")
PROMTOOL_S = 60.0


def metrics_in(text: str) -> set[str]:
    return set(re.findall(r"fieldops_\w+", text))


def test_every_metric_of_a_rule_or_its_test_is_one_of_ours() -> None:
    suffixes = {"counter": "_total", "histogram": "_bucket", "gauge": ""}

    ours = {family.name + suffixes.get(family.type, "") for family in REGISTRY.collect()}

    assert len(metrics_in(RULES)) >= 6
    assert metrics_in(RULES) | metrics_in(TESTS) <= ours


def test_every_alert_is_seen_to_fire_and_is_explained() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", RULES))
    fires = set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n", TESTS))

    assert alerts == fires
    assert alerts <= set(re.findall(r"`(\w+)`", RUNBOOK))


@pytest.fixture(scope="module")
def promtool() -> Path:
    """Prometheus' own checker, unpacked at need."""
    return stack.promtool(Settings().home, progress=stack.SILENT)


@pytest.mark.services
@pytest.mark.parametrize("task", [("check", "alerts.yaml"), ("test", "alerts.test.yaml")])
def test_prometheus_accepts_the_rules_and_they_fire_as_promised(
    promtool: Path, task: tuple[str, str]
) -> None:
    what, file = task

    done = subprocess.run(
        [promtool, what, "rules", file],
        cwd=OPERATIONS,
        capture_output=True,
        text=True,
        timeout=PROMTOOL_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
