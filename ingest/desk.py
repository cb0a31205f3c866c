"""The batch that is read while another is stored, so that neither waits for the other.

    inbox ──gather──▶ read_on (decode, gate) ──▶ Desk ──take──▶ store

The batch grows until the store asks for it, so batches adapt to the load by themselves; at
`most` messages reading waits, and the inbox holds what comes.
"""

import asyncio
from collections.abc import Callable, Sequence

from fieldops.errors import FieldopsError
from ingest.inbox import Inbox
from ingest.message import Batch, Message
from ingest.reader import Reader, Reading

# Read at a time, about a millisecond, so that the database's answers are not kept waiting.
PART = 500


class Ready:
    """Messages and what they say under the rules of one reader."""

    __slots__ = ("_batch", "_reader", "_reading", "messages")

    def __init__(self, reader: Reader, messages: Sequence[Message] = ()) -> None:
        self.messages: list[Message] = []
        self._reader = reader
        self._reading = Reading(reader)
        self._batch: Batch | None = None
        if messages:
            self.take(messages)

    def take(self, messages: Sequence[Message]) -> None:
        """Read more; not after `batch` was asked for."""
        self.messages += messages
        self._reading.take(messages)

    def batch(self, reader: Reader, refused: str | None) -> Batch:
        """Return the batch as `reader` reads it: again, if the rules have changed since."""
        if refused is not None or reader is not self._reader:
            return reader.read(self.messages, refused=refused)
        if self._batch is None:
            self._batch = self._reading.batch()
        return self._batch


class Desk:
    """Where the next batch grows; one task adds, another takes."""

    def __init__(self, reader: Callable[[], Reader], most: int) -> None:
        """`reader` tells by which rules to read now; `most` is the bound of a batch."""
        self._reader = reader
        self._most = most
        self._ready: Ready | None = None
        self._whole = False
        self._ended: FieldopsError | None = None
        self._filled = asyncio.Event()
        self._taken = asyncio.Event()

    async def room(self) -> None:
        """Wait until the batch may grow."""
        while self._ready is not None and len(self._ready.messages) >= self._most:
            self._taken.clear()
            await self._taken.wait()

    def add(self, messages: Sequence[Message], *, more: bool) -> None:
        """Read messages into the next batch; it is not taken while `more` wait to be read, for
        what a batch costs beside its messages is best shared by many, unless it is full."""
        if self._ready is None:
            self._ready = Ready(self._reader())
        self._ready.take(messages)
        self._whole = not more or len(self._ready.messages) >= self._most
        if self._whole:
            self._filled.set()

    def end(self, error: FieldopsError) -> None:
        """Tell that nothing more will come, and why."""
        self._ended = error
        self._filled.set()

    async def take(self) -> Ready:
        """Wait for a batch and take it as it is.

        Raises:
            Whatever ended the connection; what was read is delivered again, so it is not stored.
        """
        while not self._whole and self._ended is None:
            self._filled.clear()
            await self._filled.wait()
        if self._ended is not None:
            raise self._ended
        ready, self._ready, self._whole = self._ready, None, False
        assert ready is not None
        self._taken.set()
        return ready


async def read_on(inbox: Inbox, desk: Desk) -> None:
    """Read what the inbox gathers, until the connection ends."""
    try:
        while True:
            messages = await inbox.gather()
            for start in range(0, len(messages), PART):
                await desk.room()
                desk.add(messages[start : start + PART], more=start + PART < len(messages))
                await asyncio.sleep(0)
    except FieldopsError as error:
        desk.end(error)
