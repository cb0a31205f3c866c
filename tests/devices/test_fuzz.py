"""A second of what `make fuzz` does for longer."""

import pytest

from bench.fuzz import Fuzzer, panics_unheard


# mqtt5 0.8.0 panics on text that is no UTF-8; what it drops on the way is reported as this.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_escapes_from_broken_packets_and_payloads() -> None:
    fuzzer = Fuzzer(seed=7)

    with panics_unheard():
        for _ in range(2000):
            fuzzer.round()

    assert fuzzer.tally.inputs == 8000
    assert fuzzer.tally.refused > 2000
    assert fuzzer.tally.understood > 500
