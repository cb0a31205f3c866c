"""What waits for one viewer: bounded, and each kind with its own policy when it is slow.

Replies and events wait in queues whose overflow ends the connection with 1013: nothing of them is
ever left out. Positions do not wait at all: a tick only marks that there is something newer, and
the frame is made when the socket is free.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from api.live.frames import Viewport, events_frame
from api.live.metrics import FRAMES, FRAMES_DROPPED
from identity.rights import Actor

EVENTS_A_FRAME = 100
REPLIES_MOST = 100
TRY_AGAIN_LATER = 1013


class Ended(Exception):
    """The connection ends with this code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Outbox:
    """Filled by the feed, emptied by the session's writer."""

    def __init__(self, actor: Actor, most: int) -> None:
        self.actor = actor
        self.viewport: Viewport | None = None
        self.assignments = True
        self.full = False  # the next frame shows all in view, not only what moved
        self.tick = 0  # the last tick whose positions were taken
        self._most = most
        self._covered = 0  # the opening holds the events up to here; the feed may be behind it
        self._said: deque[str] = deque()
        self._events: deque[tuple[int, bytes]] = deque()
        self._holding = True
        self._due = False
        self._work = asyncio.Event()
        self._reopen = asyncio.Event()
        self._end: Ended | None = None
        self._ending = asyncio.Event()

    def say(self, text: str) -> None:
        """Queue a reply; one too many ends the connection."""
        if len(self._said) >= REPLIES_MOST:
            self.end(Ended(TRY_AGAIN_LATER, "too slow for the replies"))
            return
        self._said.append(text)
        self._work.set()

    def offer(self, position: int, event: bytes) -> None:
        """Queue an event that the opening does not hold; one too many ends the connection."""
        if position <= self._covered:
            return
        if len(self._events) >= self._most:
            self.end(Ended(TRY_AGAIN_LATER, "too slow for the events"))
            return
        self._events.append((position, event))
        self._work.set()

    def mark_tick(self) -> None:
        """Say that there are newer positions."""
        if self.viewport is None or self._holding:
            return
        if self._due:
            FRAMES_DROPPED.inc()
        self._due = True
        self._work.set()

    def look(self, viewport: Viewport | None) -> None:
        """Show another part of the map; at once, not at the next tick."""
        self.viewport, self.full = viewport, viewport is not None
        if self.full and not self._holding:
            self._due = True
            self._work.set()

    def hold(self) -> None:
        """Keep events back from now on, until the opening is made."""
        self._holding = True

    def open(self, frames: list[str], at: int) -> None:
        """Say the opening, which covers everything up to `at`, and let the later events follow."""
        self._covered = at
        while self._events and self._events[0][0] <= at:
            self._events.popleft()
        self._said.extend(frames)
        self._holding = False
        self._due = self.viewport is not None
        self._work.set()

    def ask_reopening(self) -> None:
        """Ask the session for a new snapshot: what the actor may see has changed."""
        self.hold()
        self._reopen.set()

    async def reopening(self) -> None:
        """Return when a new snapshot is asked for."""
        await self._reopen.wait()
        self._reopen.clear()

    def end(self, reason: Ended) -> None:
        """End the connection; the first reason counts."""
        self._end = self._end or reason
        self._ending.set()

    async def ended(self) -> Ended:
        """Return the reason when the connection is to end."""
        await self._ending.wait()
        assert self._end is not None
        return self._end

    async def next(self, positions: Callable[["Outbox"], str | None]) -> str:
        """Return the next frame: replies, else events, else positions made by `positions`."""
        while True:
            if self._said:
                FRAMES.labels("reply").inc()
                return self._said.popleft()
            if self._events and not self._holding:
                FRAMES.labels("events").inc()
                return events_frame(self._some())
            if self._due and not self._holding:
                self._due = False
                frame = positions(self)
                if frame is not None:
                    FRAMES.labels("fixes").inc()
                    return frame
                continue
            self._work.clear()
            await self._work.wait()

    def _some(self) -> list[bytes]:
        count = min(len(self._events), EVENTS_A_FRAME)
        return [self._events.popleft()[1] for _ in range(count)]
