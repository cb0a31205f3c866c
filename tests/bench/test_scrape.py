"""A process's own histogram, read twice, says how long things took in between."""

from math import inf

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client import Histogram as Counted

from bench.scrape import Histogram, counted, parse_histogram

NAME = "fieldops_live_fix_delay_seconds"


def observed(*values: float) -> Histogram:
    registry = CollectorRegistry()
    histogram = Counted(NAME, "Help.", buckets=(0.01, 0.02, 0.04), registry=registry)
    for value in values:
        histogram.observe(value)
    return parse_histogram(generate_latest(registry).decode(), NAME)


def test_what_was_before_does_not_count() -> None:
    before = observed(0.001, 5.0)

    after = observed(0.001, 5.0, 0.015, 0.015).since(before)

    assert after.count == 2
    assert after.quantile(0.5) == pytest.approx(0.015)


def test_a_quantile_lies_within_its_bucket() -> None:
    histogram = observed(*[0.005] * 50, *[0.03] * 50)

    assert histogram.quantile(0.25) == pytest.approx(0.005)
    assert histogram.quantile(0.5) == pytest.approx(0.01)
    assert histogram.quantile(0.99) == pytest.approx(0.0396)


def test_beyond_the_last_bound_and_of_nothing_there_is_no_quantile() -> None:
    assert observed(1.0).quantile(0.5) is None
    assert observed().quantile(0.5) is None
    assert parse_histogram("", NAME).quantile(0.5) is None


def test_a_histogram_that_was_not_there_before_counts_whole() -> None:
    assert observed(0.005).since(parse_histogram("", NAME)).buckets[inf] == 1


def test_a_counter_is_all_its_labels_together_and_nothing_before_it_counts() -> None:
    registry = CollectorRegistry()
    fixes = Counter("fieldops_geo_fixes", "Help.", ("outcome",), registry=registry)
    fixes.labels("followed").inc(3)
    fixes.labels("late").inc(2)
    page = generate_latest(registry).decode()

    assert counted(page, "fieldops_geo_fixes") == 5
    assert counted(page, "fieldops_geo_crossings") == 0
