"""What a running process counts of itself, read from /metrics before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import httpx
from prometheus_client.parser import text_string_to_metric_families

from fieldops.errors import Unavailable

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts by upper bound."""

    buckets: Mapping[float, float]

    def since(self, before: "Histogram") -> "Histogram":
        """Return what was observed between two readings."""
        return Histogram({le: n - before.buckets.get(le, 0.0) for le, n in self.buckets.items()})

    @property
    def count(self) -> float:
        return self.buckets.get(inf, 0.0)

    def quantile(self, share: float) -> float | None:
        """Return a quantile, taken as evenly spread within its bucket; None of nothing, or when
        it lies beyond the last bound."""
        wanted, low, below = share * self.count, 0.0, 0.0
        if not self.count:
            return None
        for bound, upto in sorted(self.buckets.items()):
            if upto >= wanted:
                if bound == inf:
                    return None
                return low + (bound - low) * (wanted - below) / max(upto - below, 1.0)
            low, below = bound, upto
        return None


async def read_page(http: httpx.AsyncClient, url: str) -> str:
    """Read all a process counts, in the text format of Prometheus.

    Raises:
        Unavailable: nobody answers there.
    """
    try:
        return (await http.get(url, timeout=TIMEOUT_S)).raise_for_status().text
    except httpx.HTTPError as error:
        raise Unavailable(f"no metrics at {url} ({type(error).__name__})") from error


async def read_histogram(http: httpx.AsyncClient, url: str, name: str) -> Histogram:
    """Read one histogram without labels; empty when the process has not made it.

    Raises:
        Unavailable: nobody answers there.
    """
    return parse_histogram(await read_page(http, url), name)


def counted(text: str, name: str) -> float:
    """Return a counter, all its labels together; 0 when it was never counted."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        if family.name == name
        for sample in family.samples
        if sample.name == f"{name}_total"
    )


def parse_histogram(text: str, name: str) -> Histogram:
    """Find a histogram in the text format of Prometheus."""
    return Histogram(
        {
            float(sample.labels["le"]): sample.value
            for family in text_string_to_metric_families(text)
            if family.name == name
            for sample in family.samples
            if sample.name == f"{name}_bucket"
        }
    )
