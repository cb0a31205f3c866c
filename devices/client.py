"""The reference device: keeps what it sends until the hub says `ack`, and sends it again.

Two lanes. A fresh message goes out at once on the live lane (`pos`, `att`), without waiting for
anything. Whatever is not settled in time, or was made off-line, goes out oldest first in arrays
on the backfill lane (`bak`, `att`), one array at a time; so a backlog never delays the marker.

A broker's PUBACK settles nothing, only `ack` does; one that says nobody listened makes the message
due again at once. What is kept lives in memory: a restart is a
new run. When the buffer is full, the oldest fix is forgotten and counted (a device must go on), or
the sender waits, as chosen; attendance is never forgotten.
"""

import asyncio
import secrets
import time
from collections import deque
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Literal, Self
from uuid import UUID

import mqtt5
import msgspec

from devices.ack import Settlement, read_settlement
from devices.buffer import Buffer, Kept, Kind
from devices.endpoint import Endpoint, backoff
from devices.mqtt import NO_SUBSCRIBER, Acked, Connection, Session, connect
from devices.topics import DeviceName, Lane, broker_user, device_client_id, device_topic
from fieldops.errors import BadMessage, Unavailable
from fieldops.model import AttendanceKind, TenantSlug, now

STEADY_S = 10.0  # a connection that lasted so long was a good one
# Attendance first: it is rare, and evidence.
BACKFILL: tuple[tuple[Kind, Lane], ...] = (
    (Lane.ATTENDANCE, Lane.ATTENDANCE),
    (Lane.POSITION, Lane.BACKFILL),
)

WhenFull = Literal["forget_oldest", "wait"]


class DeviceClient:
    """One device's connection, run and buffer.

    Use `async with`, which keeps it connected in the background, or `run()` in a task group.
    """

    def __init__(
        self,
        host: str,
        port: int,
        tenant: TenantSlug,
        device: DeviceName,
        password: str,
        *,
        username: str | None = None,
        run: str | None = None,
        buffer_max: int = 10_000,
        when_full: WhenFull = "forget_oldest",
        resend_after_s: float = 10.0,
        keep_alive_s: float = 30.0,
        timeout_s: float = 10.0,
    ) -> None:
        """Prepare; nothing is sent before `run`.

        Args:
            host: the broker's.
            port: the broker's.
            tenant: whose device this is.
            device: its name.
            password: of the broker user.
            username: the broker user, when it is not the device's own (a gateway's).
            run: id of this sequence space; random when not given.
            buffer_max: unsettled messages kept.
            when_full: what happens to the next message then.
            resend_after_s: unsettled for so long, a message goes out again; doubles each time,
                to 5 min.
            keep_alive_s: of the MQTT connection.
            timeout_s: for connecting and for each publish.
        """
        self.run_id = run or secrets.token_hex(4)
        self.misread = 0
        self._where = Endpoint(host, port, username or broker_user(tenant, device), password)
        self._session = Session(
            device_client_id(tenant, device),
            keep_alive_s=keep_alive_s,
            will=mqtt5.Will(
                device_topic(tenant, device, Lane.STATUS),
                payload=msgspec.json.encode({"run": self.run_id, "state": "offline"}),
                qos=mqtt5.QoS.AT_LEAST_ONCE,
                retain=True,
            ),
        )
        self._topic = {lane: device_topic(tenant, device, lane) for lane in Lane}
        self._buffer_max = buffer_max
        self._when_full = when_full
        self._resend_after_s = resend_after_s
        self._timeout_s = timeout_s
        self._next_seq = 0
        self._buffer = Buffer(resend_after_s)
        self._fresh: deque[int] = deque()
        self._connection: Connection | None = None
        self._online = asyncio.Event()
        self._stirred = asyncio.Event()
        self._shrunk = asyncio.Event()
        self._running: asyncio.TaskGroup | None = None
        self._runner: asyncio.Task[None] | None = None

    @property
    def unsettled(self) -> int:
        """How many messages the hub may still not have."""
        return len(self._buffer)

    @property
    def settled(self) -> int:
        return self._buffer.settled

    @property
    def said(self) -> int:
        """How many sequences there are so far: 0 to this, not included."""
        return self._next_seq

    def is_settled(self, seq: int) -> bool:
        """Return whether the hub has told that it has this one; never of one that was forgotten."""
        gone = seq < self._next_seq and self._buffer.get(seq) is None
        return gone and not self.has_forgotten(seq)

    def has_forgotten(self, seq: int) -> bool:
        """Return whether this one was given up because the buffer was full."""
        return self._buffer.has_forgotten(seq)

    def unsettled_now(self) -> frozenset[int]:
        """Return the sequences the hub may still not have, those that were forgotten left out."""
        return self._buffer.sequences()

    @property
    def forgotten(self) -> int:
        """How many fixes went unsettled because the buffer was full."""
        return self._buffer.forgotten

    @property
    def resent(self) -> int:
        """How many times a message went out again."""
        return self._buffer.resent

    @property
    def connected(self) -> bool:
        return self._connection is not None and self._connection.alive

    async def send_fix(
        self,
        *,
        at: datetime,
        lon: float | None = None,
        lat: float | None = None,
        accuracy_m: float | None = None,
        speed_mps: float | None = None,
        heading_deg: float | None = None,
        altitude_m: float | None = None,
        battery_pct: int | None = None,
        source: str | None = None,
        mock: bool | None = None,
    ) -> int:
        """Take a fix for sending and return its sequence; waits only when full and told to."""
        return await self._keep(
            Lane.POSITION,
            at=at,
            lon=lon,
            lat=lat,
            acc=accuracy_m,
            spd=speed_mps,
            hdg=heading_deg,
            alt=altitude_m,
            bat=battery_pct,
            src=source,
            mock=mock,
        )

    async def send_attendance(
        self,
        *,
        at: datetime,
        kind: AttendanceKind,
        worker: UUID | str,
        site: UUID | None = None,
        corrects: UUID | None = None,
        lon: float | None = None,
        lat: float | None = None,
        accuracy_m: float | None = None,
        provider: str | None = None,
        mock: bool | None = None,
    ) -> int:
        """Take an attendance event for sending and return its sequence.

        Raises:
            Unavailable: the buffer is full of attendance.
        """
        return await self._keep(
            Lane.ATTENDANCE,
            at=at,
            kind=kind,
            worker=worker,
            site=site,
            corrects=corrects,
            lon=lon,
            lat=lat,
            acc=accuracy_m,
            src=provider,
            mock=mock,
        )

    async def until_connected(self, timeout_s: float) -> None:
        """Wait until fresh messages go out at once.

        Raises:
            Unavailable: they did not, in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._online.wait()
        except TimeoutError as error:
            raise Unavailable(f"not connected within {timeout_s} s") from error

    async def drain(self, timeout_s: float) -> None:
        """Wait until everything is settled.

        Raises:
            Unavailable: it was not, in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while self._buffer:
                    self._shrunk.clear()
                    await self._shrunk.wait()
        except TimeoutError as error:
            raise Unavailable(
                f"{len(self._buffer)} messages not settled within {timeout_s} s"
            ) from error

    async def run(self) -> None:
        """Stay connected until cancelled; then say `offline` and leave.

        Raises:
            Unauthenticated, Forbidden: the broker does not want this device.
            SessionTakenOver: another connection speaks as this device.
        """
        waits = backoff()
        while True:
            started_s = time.monotonic()
            try:
                await self._live()
            except Unavailable:
                if time.monotonic() - started_s > STEADY_S:
                    waits = backoff()
                await asyncio.sleep(next(waits))

    async def __aenter__(self) -> Self:
        self._running = asyncio.TaskGroup()
        await self._running.__aenter__()
        self._runner = self._running.create_task(self.run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._running is not None
        assert self._runner is not None
        self._runner.cancel()
        await self._running.__aexit__(kind, error, trace)

    async def _keep(self, kept_as: Kind, **fields: object) -> int:
        while len(self._buffer) >= self._buffer_max:
            if self._when_full == "wait":
                self._shrunk.clear()
                await self._shrunk.wait()
            elif not self._buffer.forget_oldest_fix():
                raise Unavailable(f"buffer of {self._buffer_max} messages is full of attendance")
        seq = self._next_seq
        self._next_seq += 1
        said = {name: value for name, value in fields.items() if value is not None}
        body = msgspec.json.encode({"run": self.run_id, "seq": seq, **said})
        if self.connected:
            self._buffer.keep(seq, kept_as, body, time.monotonic() + self._resend_after_s)
            self._fresh.append(seq)
            self._stirred.set()
        else:
            self._buffer.keep(seq, kept_as, body, due_s=0.0)
        return seq

    async def _live(self) -> None:
        """Connect and serve one connection until it ends."""
        connection = await connect(
            self._where, self._session, self._receive, timeout_s=self._timeout_s
        )
        try:
            await connection.subscribe([self._topic[Lane.ACK]], qos=0, timeout_s=self._timeout_s)
            online = {"run": self.run_id, "state": "online", "at": now()}
            await connection.publish(
                self._topic[Lane.STATUS],
                msgspec.json.encode(online),
                retain=True,
                timeout_s=self._timeout_s,
            )
            self._connection = connection
            self._online.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send_fresh(connection))
                group.create_task(self._send_due(connection))
                group.create_task(connection.lost())
        except BaseExceptionGroup as group_error:
            raise _most_telling(group_error) from group_error
        finally:
            self._connection = None
            self._online.clear()
            self._fresh.clear()
            self._buffer.all_due()
            # The will is what we want to say anyway.
            await connection.close(mqtt5.DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE)

    async def _send_fresh(self, connection: Connection) -> None:
        while True:
            while self._fresh:
                kept = self._buffer.get(self._fresh.popleft())
                if kept is None:
                    continue
                topic = self._topic[kept.kind]
                acked = await connection.begin(topic, kept.body, timeout_s=self._timeout_s)
                self._buffer.sent([kept], time.monotonic())
                acked.add_done_callback(partial(self._note_unheard, kept))
            self._stirred.clear()
            await self._stirred.wait()

    async def _send_due(self, connection: Connection) -> None:
        while True:
            for kind, lane in BACKFILL:
                while messages := self._buffer.due(kind, time.monotonic()):
                    heard = await connection.publish(
                        self._topic[lane],
                        b"[" + b",".join(kept.body for kept in messages) + b"]",
                        timeout_s=self._timeout_s,
                    )
                    self._buffer.sent(messages, time.monotonic())
                    if not heard:
                        self._buffer.unheard(messages, time.monotonic())
                        break  # nor would the next be
            await asyncio.sleep(min(1.0, self._resend_after_s / 4))

    def _note_unheard(self, kept: Kept, acked: Acked) -> None:
        if not acked.cancelled() and acked.result() == NO_SUBSCRIBER:
            self._buffer.unheard([kept], time.monotonic())

    def _receive(self, _: Connection, batch: list[mqtt5.PublishPacket]) -> None:
        for packet in batch:
            try:
                settlement = read_settlement(packet.payload)
            except BadMessage:
                self.misread += 1
                continue
            self.settle(settlement)

    def settle(self, settlement: Settlement) -> None:
        """Let go of what the hub says it has, if it is of this run."""
        if settlement.run == self.run_id:
            self._buffer.settle(settlement)
        self._shrunk.set()


def _most_telling(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what ended a connection: a refusal rather than that the connection is gone."""
    refusals = [error for error in group.exceptions if not isinstance(error, Unavailable)]
    return (refusals or list(group.exceptions))[0]
