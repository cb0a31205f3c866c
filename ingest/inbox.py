"""From socket to batch: what arrived and is not yet stored, bounded, gathered by age and number.

The broker's messages at QoS 1 are bounded by our Receive Maximum, for none is acknowledged before
it is stored. Those at QoS 0 have no such bound and no promise: beyond `most` they are dropped and
counted.

It also keeps account of what is received and not stored, wherever on the way it is; a read is one
entry of the account, so that a message costs nothing. Its bytes are the budget's of the process:
where they are too many, the connection is listened to again when some are stored.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import mqtt5

from fieldops.errors import FieldopsError
from fieldops.model import now
from ingest.budget import Budget
from ingest.message import Message

# What a message costs beside its bytes: objects for itself, its topic and its payload.
MESSAGE_BYTES = 150


class Inbox:
    """Collects what a connection reads; `gather` hands it over in batches, in order."""

    def __init__(
        self, budget: Budget, *, wait_s: float, batch_max: int, most: int, receive_max: int
    ) -> None:
        """Start empty; close it at the end.

        Args:
            budget: bounds the bytes that all inboxes of a process hold.
            wait_s: age of the first message at which a batch is handed over.
            batch_max: messages at which it is.
            most: messages held, beyond which those at QoS 0 are dropped.
            receive_max: unacknowledged messages at which the broker pauses.
        """
        self._receive_max = receive_max
        self._held = 0
        self._full_since: float | None = None
        self._paused_s = 0.0
        self._wait_s = wait_s
        self._batch_max = batch_max
        self._most = most
        self._messages: deque[Message] = deque()
        self._first_at = 0.0
        self._arrived = asyncio.Event()
        self._full = asyncio.Event()
        self._ended: FieldopsError | None = None
        self._dropped = 0
        self._received = 0
        self._unstored = 0
        # Of each read: loop time, messages not stored of it, and the bytes it holds.
        self._reads: deque[tuple[float, int, int]] = deque()
        self._share = budget.share(self._go)
        self._listen: Callable[[bool], None] | None = None
        self._listening = True

    def put(
        self,
        packets: Sequence[mqtt5.PublishPacket],
        size: int,
        listen: Callable[[bool], None] | None = None,
    ) -> None:
        """Take the messages of one read, all received now.

        Args:
            packets: the messages.
            size: their bytes on the wire.
            listen: told False when the connection should not be read, and True when it should
                again.
        """
        received_at = now()
        present = asyncio.get_running_loop().time()
        messages = self._messages
        before = len(messages)
        promised = 0
        if not messages:
            self._first_at = present
        for packet in packets:
            if packet.packet_id is not None:
                number = packet.packet_id
                promised += 1
            elif len(messages) < self._most:
                number = 0
            else:
                self._dropped += 1
                continue
            messages.append(Message(packet.topic, packet.payload, received_at, number))
        self._held += promised
        taken = len(messages) - before
        if taken:
            self._received += taken
            self._unstored += taken
            size += taken * MESSAGE_BYTES
            self._reads.append((present, taken, size))
            self._listen = listen
            self._share.take(size)
        self._arrived.set()
        if len(messages) >= self._batch_max:
            self._full.set()
        if self._held >= self._receive_max and self._full_since is None:
            self._full_since = present

    def stored(self, count: int) -> None:
        """Note that the oldest `count` messages are committed."""
        self._unstored -= count
        given = 0
        while count:
            read_at, left, size = self._reads.popleft()
            if left > count:
                self._reads.appendleft((read_at, left - count, size))
            else:
                given += size
            count -= min(left, count)
        self._share.give(given)

    def acknowledged(self, count: int) -> None:
        """Note that so many were acknowledged, so that the broker goes on."""
        self._held -= count
        self._count_pause()
        if self._held < self._receive_max and self._listening:
            self._full_since = None

    def close(self) -> None:
        """Hold nothing more: what was not stored comes again."""
        self._share.close()

    def _go(self, on: bool) -> None:
        """Let the connection be read or not, as the budget says."""
        self._count_pause()
        self._listening = on
        if not on and self._full_since is None:
            self._full_since = asyncio.get_running_loop().time()
        elif on and self._held < self._receive_max:
            self._full_since = None
        if self._listen is not None:
            self._listen(on)

    def take_paused(self) -> float:
        """Return the seconds the broker was paused since this was asked last."""
        self._count_pause()
        paused_s, self._paused_s = self._paused_s, 0.0
        return paused_s

    def _count_pause(self) -> None:
        if self._full_since is not None:
            present = asyncio.get_running_loop().time()
            self._paused_s += present - self._full_since
            self._full_since = present

    def end(self, error: FieldopsError) -> None:
        """Tell that nothing more will come, and why; what waits is delivered again by the
        broker, so it is not worth storing now."""
        self._ended = error
        self._arrived.set()
        self._full.set()

    def take_dropped(self) -> int:
        """Return how many messages were dropped since this was asked last."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def take_received(self) -> int:
        """Return how many messages were taken since this was asked last."""
        received, self._received = self._received, 0
        return received

    def waiting(self) -> int:
        """Return how many messages are received and not stored."""
        return self._unstored

    def oldest_age_s(self) -> float:
        """Return how long the oldest message that is not stored has waited; 0 without one."""
        if not self._reads:
            return 0.0
        return asyncio.get_running_loop().time() - self._reads[0][0]

    async def gather(self) -> list[Message]:
        """Wait for messages, then for more until the first is `wait_s` old or a batch is full.

        While a batch was stored the next one has aged, so under load this returns at once.

        Raises:
            Whatever ended the connection.
        """
        while not self._messages and self._ended is None:
            self._arrived.clear()
            await self._arrived.wait()
        if len(self._messages) < self._batch_max and self._ended is None:
            self._full.clear()
            until = self._first_at + self._wait_s
            try:
                async with asyncio.timeout_at(until):
                    await self._full.wait()
            except TimeoutError:
                pass
        if self._ended is not None:
            raise self._ended
        if len(self._messages) <= self._batch_max:
            batch, self._messages = list(self._messages), deque()
        else:
            batch = [self._messages.popleft() for _ in range(self._batch_max)]
        self._first_at = asyncio.get_running_loop().time()
        return batch
