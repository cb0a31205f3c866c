"""Starts the cheap fleet and reads what it says."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from bench.senders import Done, Order
from fieldops.errors import Unavailable

CONNECT_S = 120.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """Connected senders that wait for the word."""

    child: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.child.pid

    async def speak(self, timeout_s: float) -> Done:
        """Give the word and wait until all is said and settled.

        Raises:
            Unavailable: it was not, in time.
        """
        assert self.child.stdin is not None
        self.child.stdin.write(b"go\n")
        return msgspec.json.decode(await _line(self.child, timeout_s), type=Done)


@asynccontextmanager
async def connected(order: Order) -> AsyncIterator[Fleet]:
    """Start the senders and wait until each is connected."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.senders",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert child.stdin is not None
        child.stdin.write(msgspec.json.encode(order) + b"\n")
        await _line(child, CONNECT_S)
        yield Fleet(child)
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _line(child: asyncio.subprocess.Process, timeout_s: float) -> bytes:
    assert child.stdout is not None
    try:
        async with asyncio.timeout(timeout_s):
            line = await child.stdout.readline()
    except TimeoutError as error:
        raise Unavailable(f"the senders were not done within {timeout_s:.0f} s") from error
    if not line:
        raise Unavailable("the senders ended early; what they said is above")
    return line
