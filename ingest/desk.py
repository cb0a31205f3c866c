"""The batch that is read while another is stored, so that neither waits for the other.

    inbox ──gather──▶ read_on (decode, gate) ──▶ Desk ──take──▶ store

The batch grows until the store asks for it, so batches adapt to the load by themselves; at
a size of `most` reading waits, and the inbox holds what comes. A lone fix has size one, an array
that of its elements: rows, not messages, are what a transaction's time is made of.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence

from fieldops.errors import FieldopsError
from ingest.inbox import Inbox
from ingest.message import Batch, Message
from ingest.reader import Reader, Reading

# Size read at a time, a millisecond or, of an array, a few, so that the database's answers are
# not kept waiting.
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

    @property
    def size(self) -> int:
        return self._reading.size

    def take(self, messages: Sequence[Message], most: int = sys.maxsize) -> int:
        """Read more, up to a size of `most`; not after `batch` was asked for.

        Returns:
            How many messages were read.
        """
        read = self._reading.take(messages, most)
        self.messages += messages if read == len(messages) else messages[:read]
        return read

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
        """`reader` tells by which rules to read now; `most` is the size at
        which a batch ends; one array may go beyond."""
        self._reader = reader
        self._most = most
        self._ready: Ready | None = None
        self._whole = False
        self._ended: FieldopsError | None = None
        self._filled = asyncio.Event()
        self._taken = asyncio.Event()

    async def room(self) -> None:
        """Wait until the batch may grow."""
        while self._ready is not None and self._ready.size >= self._most:
            self._taken.clear()
            await self._taken.wait()

    def add(self, messages: Sequence[Message], *, more: bool) -> int:
        """Read messages into the next batch, as many as are read at a time; it is not taken while
        `more` wait to be read, for what a batch costs beside its messages is best shared by many,
        unless it is full.

        Returns:
            How many messages were read.
        """
        if self._ready is None:
            self._ready = Ready(self._reader())
        read = self._ready.take(messages, PART)
        self._whole = not (more or read < len(messages)) or self._ready.size >= self._most
        if self._whole:
            self._filled.set()
        return read

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
            read = 0
            while read < len(messages):
                await desk.room()
                part = messages[read : read + PART]
                read += desk.add(part, more=read + PART < len(messages))
                await asyncio.sleep(0)
    except FieldopsError as error:
        desk.end(error)
