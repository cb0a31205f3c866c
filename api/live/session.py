"""One viewer's connection, from its token to its close code.

Reading goes on beside sending, so a client that leaves is noticed while nothing is sent to it, and
every send has a timeout. Codes: 4401 no valid token, 1013 come back with your last `at`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.context import Caller, reading
from api.live.audience import hears_event, is_dispatch, may_change_reach, sees_positions
from api.live.feed import REFUSED, Feed, renew_actor
from api.live.frames import encode, encode_event, events_frame, snapshot_frame, whole_ms
from api.live.hub import Hub
from api.live.messages import Message, OfferAnswer, Subscribe, read_message
from api.live.metrics import CLOSES, VIEWERS
from api.live.outbox import EVENTS_A_FRAME, TRY_AGAIN_LATER, Ended, Outbox
from api.live.snapshot import read_snapshot
from api.problems import problem_of
from api.shapes.body import ProblemBody
from fieldops.errors import FieldopsError, Unauthenticated, Unavailable
from fieldops.events import last_position, oldest_position, read_events
from fieldops.log import get_log
from fieldops.model import now
from identity.commands import Change, execute
from identity.looks import note_look
from identity.tokens import Claims
from identity.users import actor_of

log = get_log()
NOT_SPOKEN = 1003
RESUME_MOST = 2_000  # beyond, a snapshot is the shorter way

Identify = Callable[[str], Awaitable[tuple[Caller, Claims]]]
Answering = Callable[[Caller, OfferAnswer], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Doors:
    """What a session asks of the rest: who a token is, and what becomes of an answer."""

    hub: Hub
    identify: Identify
    answer: Answering


async def serve_viewer(socket: WebSocket, doors: Doors) -> None:
    """Serve one connection to its end."""
    await socket.accept()
    VIEWERS.inc()
    ended = Ended(1000)
    try:
        caller, claims = await _hello(socket, doors)
        async with doors.hub.feed(caller.tenant) as feed:
            ended = await Session(socket, doors, feed, caller, claims).run()
        log.info("viewer.left", tenant=caller.tenant.slug, code=ended.code, reason=ended.reason)
    except Ended as error:
        ended = error
    except WebSocketDisconnect as error:
        ended = Ended(error.code)
    except Unavailable as error:
        ended = Ended(TRY_AGAIN_LATER, error.code)
    finally:
        VIEWERS.dec()
        CLOSES.labels(str(ended.code)).inc()
        await _close(socket, ended, doors.hub.limits.write_s)


async def _hello(socket: WebSocket, doors: Doors) -> tuple[Caller, Claims]:
    """Return who the first message says it is.

    Raises:
        Ended: no valid token within the time for it.
    """
    try:
        async with asyncio.timeout(doors.hub.limits.hello_s):
            message = read_message(await _text(socket))
            if not isinstance(message, Message) or message.token is None:
                raise Ended(REFUSED, "token_missing")
            return await doors.identify(message.token)
    except TimeoutError as error:
        raise Ended(REFUSED, "token_missing") from error
    except Unauthenticated as error:
        raise Ended(REFUSED, error.code) from error


async def _text(socket: WebSocket) -> str:
    """Return the next message's text; bytes are not spoken here."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if text is None:
        raise Ended(NOT_SPOKEN, "text only")
    return str(text)


async def _close(socket: WebSocket, ended: Ended, seconds: float) -> None:
    """Say good-bye to who may still listen; one that does not read is left to the transport."""
    if WebSocketState.DISCONNECTED in (socket.client_state, socket.application_state):
        return
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(seconds):
            await socket.close(ended.code, ended.reason)


class Session:
    """A signed-in viewer."""

    def __init__(
        self, socket: WebSocket, doors: Doors, feed: Feed, caller: Caller, claims: Claims
    ) -> None:
        self._socket = socket
        self._doors = doors
        self._limits = doors.hub.limits
        self._feed = feed
        self._caller = caller
        self._outbox = Outbox(caller.actor, self._limits.events_most)
        self._expires_at = claims.expires_at
        self._renewed = asyncio.Event()
        self._subscribed = False
        self._looked: date | None = None  # the day of the last look written down
        self._zoom = 0.0

    async def run(self) -> Ended:
        """Serve until one side ends it; return why."""
        ended = Ended(1005, "gone")
        try:
            async with asyncio.TaskGroup() as group:
                for part in (self._read, self._write, self._reopen, self._expire, self._end):
                    group.create_task(part())
        except* WebSocketDisconnect:
            pass
        except* Unavailable as errors:
            ended = Ended(TRY_AGAIN_LATER, _first(errors).code)
        except* Ended as errors:
            ended = _first(errors)
        finally:
            self._feed.leave(self._outbox)
        return ended

    async def _end(self) -> None:
        raise await self._outbox.ended()

    async def _write(self) -> None:
        while True:
            frame = await self._outbox.next(self._feed.newer)
            try:
                async with asyncio.timeout(self._limits.write_s):
                    await self._socket.send_text(frame)
            except TimeoutError as error:
                raise Ended(TRY_AGAIN_LATER, "too slow") from error

    async def _expire(self) -> None:
        """End when the token has been expired for longer than the grace."""
        while True:
            left_s = (self._expires_at - now()).total_seconds() + self._limits.grace_s
            if left_s <= 0:
                raise Ended(REFUSED, "token_expired")
            self._renewed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._renewed.wait()

    async def _read(self) -> None:
        while True:
            await self._heed(read_message(await _text(self._socket)))

    async def _heed(self, message: Message | ProblemBody) -> None:
        if isinstance(message, ProblemBody):
            self._say_problem(message)
        elif message.token is not None:
            await self._renew(message.token)
        elif message.subscribe is not None:
            await self._subscribe(message.subscribe)
        elif message.answer is not None:
            await self._answer(message.answer)

    def _say_problem(self, problem: ProblemBody, **about: object) -> None:
        self._outbox.say(encode({"problem": problem.model_dump(mode="json"), **about}))

    async def _renew(self, token: str) -> None:
        """Go on with a newer token of the same person, and with what it may see now."""
        try:
            caller, claims = await self._doors.identify(token)
        except Unauthenticated as error:
            raise Ended(REFUSED, error.code) from error
        was = self._caller.actor
        if (caller.actor.tenant, caller.actor.user_id) != (was.tenant, was.user_id):
            raise Ended(REFUSED, "token_of_another")
        self._caller = caller
        if self._subscribed:
            await self._look_again()
        if self._looked is not None:
            await self._audit()
        self._expires_at = claims.expires_at
        self._renewed.set()

    async def _subscribe(self, wanted: Subscribe) -> None:
        viewport = None if wanted.map is None else wanted.map.viewport()
        if wanted.map is not None and sees_positions(self._outbox.actor):
            self._zoom = wanted.map.zoom
            await self._audit()
        self._outbox.look(viewport)
        if self._subscribed:
            return
        self._subscribed = True
        self._outbox.assignments = wanted.assignments
        self._feed.join(self._outbox)
        # The feed tells of changes of reach from here on; one just before would go unseen. What was
        # offered meanwhile is covered by the opening, which is judged by the actor read now.
        await self._look_again()
        if wanted.since is None or not await self._resume(wanted.since):
            await self._open()

    async def _look_again(self) -> None:
        """Read who the viewer is now, unless the feed has just done so."""
        before = self._outbox.actor
        assert before.user_id is not None
        try:
            async with reading(self._caller, "rights") as connection:
                actor = await actor_of(connection, before.tenant, before.user_id)
        except Unauthenticated as error:
            raise Ended(REFUSED, error.code) from error
        if self._outbox.actor is before:
            renew_actor(self._outbox, actor)

    async def _audit(self) -> None:
        """Remember that a person looks at where others are: whose and at which scale, never where;
        one row a session and day."""
        today = now().date()
        if self._looked == today:
            return
        crews, workers = self._feed.watched(self._outbox.actor)

        async def looked(change: Change) -> None:
            scale = {"zoom": round(self._zoom, 1)}
            await note_look(
                change, "position", "live", crews=crews, workers=workers, more=scale, again=True
            )

        await execute(self._caller.store, self._outbox.actor, looked, what="audit")
        self._looked = today

    async def _resume(self, since: int) -> bool:
        """Say what was missed since; False when that cannot be said or a snapshot is shorter.

        What the feed offers meanwhile waits, and what both have is dropped there.
        """
        pool, actor = self._caller.store.pool, self._outbox.actor
        last, oldest = await last_position(pool), await oldest_position(pool)
        if since > last or since < oldest - 1 or last - since > RESUME_MOST:
            return False
        missed, place = [], since
        while place < last:
            events = await read_events(pool, place)
            if not events:
                break
            place = events[-1].position
            if any(may_change_reach(actor, e.kind, e.body) for e in events):
                return False
            missed += [
                encode_event(e)
                for e in events
                if hears_event(actor, e) and (self._outbox.assignments or not is_dispatch(e))
            ]
        frames = [encode({"resumed": True, "at": since})]
        frames += [
            events_frame(missed[i : i + EVENTS_A_FRAME])
            for i in range(0, len(missed), EVENTS_A_FRAME)
        ]
        self._outbox.open(frames, max(place, last))
        return True

    async def _open(self) -> None:
        """Say a snapshot; the events after it follow."""
        outbox = self._outbox
        async with self._doors.hub.snapshots:
            actor = None
            while actor is not outbox.actor:  # again, if the feed found it changed meanwhile
                actor = outbox.actor
                snapshot, at = await read_snapshot(
                    self._caller.store.pool, actor, dispatch=outbox.assignments
                )
        instant = whole_ms(now())
        rows = self._feed.rows_in_view(outbox, instant)
        outbox.open([snapshot_frame({**snapshot, "now": instant}, rows, at)], at)

    async def _reopen(self) -> None:
        while True:
            await self._outbox.reopening()
            await self._open()

    async def _answer(self, answer: OfferAnswer) -> None:
        caller = replace(self._caller, actor=self._outbox.actor)
        try:
            version = await self._doors.answer(caller, answer)
        except FieldopsError as error:
            self._say_problem(problem_of(error), assignment=answer.assignment)
            return
        done: dict[str, Any] = {
            "assignment": answer.assignment,
            "ok": True,
            "version": version,
        }
        self._outbox.say(encode({"answered": done}))


def _first(errors: BaseExceptionGroup[Any]) -> Any:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
