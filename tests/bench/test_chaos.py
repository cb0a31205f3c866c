"""What bench chaos notes on the way."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from bench.chaos import Havoc
from bench.worker import Worker
from fieldops.stack import Ports
from fieldops.stack.progress import SILENT


def havoc() -> Havoc:
    nobody = Worker(["ingest"], {}, Path("ingest.log"), 1)
    return Havoc(cast(Any, None), Ports(), nobody, [], SILENT)


async def test_a_stall_that_does_not_end_is_recorded() -> None:
    noting = havoc()
    watching = asyncio.create_task(noting.watch())
    await asyncio.sleep(0.05)

    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching

    (stall,) = noting.seen.stalls
    assert stall >= 0.04


def test_intervals_are_from_blow_to_blow() -> None:
    noting = havoc()
    noting.seen.struck_at += [1.0, 7.0, 20.5]

    assert noting.seen.intervals_s() == pytest.approx([6.0, 13.5])
