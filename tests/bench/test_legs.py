"""What a leg of bench ingest makes of batches and receipts."""

from datetime import UTC, datetime, timedelta

import pytest

from bench.ingest.legs import Leg, committed
from bench.report import percentile

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def ms(count: float) -> datetime:
    return AT + timedelta(milliseconds=count)


def test_each_message_waits_from_its_own_receipt_to_its_batch_s_commit() -> None:
    batches = [{"batch": 1, "ms": 50.0}, {"batch": 2, "ms": 30.0}]
    receipts = [
        {"batch": 1, "received_at": ms(10), "messages": 1},
        {"batch": 1, "received_at": ms(0), "messages": 1},
        {"batch": 1, "received_at": ms(40), "messages": 9},
        {"batch": 2, "received_at": ms(60), "messages": 2},
    ]

    waits, last_at = committed(batches, receipts)

    rounded = [(round(wait, 6), count) for wait, count in waits]
    assert rounded == [(0.04, 1), (0.05, 1), (0.01, 9), (0.03, 2)]
    assert percentile(waits, 0.5) == pytest.approx(0.01)
    assert last_at == pytest.approx(ms(90).timestamp())


def test_the_total_of_a_leg_leaves_the_senders_out() -> None:
    leg = Leg(1000, 2.0, {"ingest": 0.008, "postgres": 0.004, "senders": 0.005})

    assert leg.rate == 500
    assert leg.cpu_us() == pytest.approx(
        {"ingest": 8.0, "postgres": 4.0, "senders": 5.0, "total": 12.0}
    )
