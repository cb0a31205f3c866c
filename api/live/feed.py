"""One tenant as this process follows it: its events to whom they concern, its newest positions.

A feed starts with the tenant's first viewer and ends a while after the last. When a service is
lost it goes on from the event and the batch it had, so viewers who stay connected miss nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.live.audience import (
    hears_event,
    is_dispatch,
    may_change_reach,
    sees_device,
    sees_every_device,
    sees_positions,
)
from api.live.frames import encode_event, fix_row, fixes_frame, is_moving, whole_ms
from api.live.metrics import EVENT_DELAY_S, FIX_DELAY_S
from api.live.outbox import TRY_AGAIN_LATER, Ended, Outbox
from fieldops.database import Pool, translated
from fieldops.errors import NotFound, Unauthenticated, Unavailable
from fieldops.events import Event, follow_events, last_position
from fieldops.log import get_log
from fieldops.model import Fix, now
from fieldops.process import Process
from fieldops.stream import follow_fixes, last_batch
from fieldops.tenancy import Tenant
from geo.positions import latest_fixes
from identity.rights import Actor
from identity.users import actor_of
from resources.bindings import view_live_devices

log = get_log()
REFUSED = 4401
LINGER_S = 60.0
LOOK_S = 1.0
RETRY_MOST_S = 5.0
SOUND_S = 15.0  # what followed for so long was well again: the next outage is another
ACQUIRE_S = 10.0


@dataclass(frozen=True, slots=True)
class Position:
    """A device's newest fix, and whether it moves."""

    fix: Fix
    moving: bool


class Feed:
    """Follows one tenant for its viewers."""

    def __init__(self, process: Process, tenant: Tenant) -> None:
        self.tenant = tenant
        self.ready = asyncio.Event()
        self._process = process
        self._viewers: set[Outbox] = set()
        self._alone_since = time.monotonic()
        self._event = 0
        self._batch = 0
        self._crews: dict[UUID, UUID | None] = {}  # active device → its crew
        self._alone: dict[UUID, UUID] = {}  # device → its bearer, who is in no crew
        self._positions: dict[UUID, Position] = {}
        self._hidden: dict[UUID, datetime] = {}  # device → since when what came before is private
        self._tick = 0
        self._tick_at = whole_ms(now())
        self._unticked: set[UUID] = set()
        self._moved: list[UUID] = []  # since the tick before the last
        self._moved_at: dict[UUID, int] = {}  # device → the tick that told of it
        self._rows: dict[UUID, bytes] = {}  # as of the last tick
        # For who joins in the very moment the feed ends for want of viewers.
        self._over = Ended(TRY_AGAIN_LATER, "feed_ended")

    def join(self, outbox: Outbox) -> None:
        """Let a viewer hear of everything from now on."""
        self._viewers.add(outbox)

    def leave(self, outbox: Outbox) -> None:
        """Let a viewer go."""
        self._viewers.discard(outbox)
        self._alone_since = time.monotonic()

    async def run(self) -> None:
        """Follow until nobody has looked for a minute, or the tenant is closed."""
        try:
            await self._kept(self._load)
            self.ready.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._kept(self._follow_events))
                group.create_task(self._kept(self._follow_fixes))
                group.create_task(self._tick_on())
                group.create_task(self._look_round())
        except* _Over:
            pass
        for outbox in self._viewers:
            outbox.end(self._over)

    async def _kept(self, follow: Callable[[Pool], Awaitable[None]]) -> None:
        """Do it, again after an outage, which is logged once."""
        pause = 0.0
        while True:
            started = time.monotonic()
            try:
                pool = await self._process.tenants.database(self.tenant.slug)
                await follow(pool)
            except NotFound:
                self._over = Ended(REFUSED, "tenant_closed")
                raise _Over from None
            except Unavailable as error:
                if time.monotonic() - started > SOUND_S:
                    pause = 0.0
                if pause == 0.0:
                    log.warning("feed.lost", tenant=self.tenant.slug, reason=str(error))
                pause = min(RETRY_MOST_S, pause * 2 or 0.25)
                await asyncio.sleep(pause)
            else:
                return

    async def _load(self, pool: Pool) -> None:
        """Read where things are; what comes after these numbers is followed."""
        self._event, self._batch = await last_position(pool), await last_batch(pool)
        await self._load_devices(pool)
        with translated("positions"):
            async with pool.acquire(timeout=ACQUIRE_S) as connection:
                fixes = await latest_fixes(connection)
        self._positions = {fix.device: Position(fix, is_moving(fix, None)) for fix in fixes}

    async def _load_devices(self, pool: Pool) -> None:
        """Read which devices there are and whose; a new one's position is told at the next tick."""
        with translated("devices"):
            async with pool.acquire(timeout=ACQUIRE_S) as connection:
                rows = await view_live_devices(connection)
        before, self._crews = self._crews, {row["id"]: row["crew_id"] for row in rows}
        self._alone = {
            row["id"]: row["worker_id"]
            for row in rows
            if row["crew_id"] is None and row["worker_id"] is not None
        }
        self._unticked |= {device for device, _ in self._crews.items() - before.items()}

    async def _follow_events(self, pool: Pool) -> None:
        async for events in follow_events(
            pool, self._process.valkey, self.tenant.slug, self._event
        ):
            if any(event.kind in ("device.changed", "crew.changed") for event in events):
                await self._load_devices(pool)
            at = now()
            for event in events:
                EVENT_DELAY_S.observe((at - event.at).total_seconds())
                if event.kind == "position.hidden":
                    self._hide(event)
                await self._refresh_actors(pool, event)
                self._deliver(event)

    def _hide(self, event: Event) -> None:
        """Forget where devices were; what was observed before and comes late stays unseen too."""
        for name in event.body["devices"]:
            device = UUID(name)
            self._hidden[device] = event.at
            self._positions.pop(device, None)
            self._moved_at.pop(device, None)
            self._unticked.discard(device)
        self._moved = [device for device in self._moved if device in self._positions]

    def _deliver(self, event: Event) -> None:
        encoded: bytes | None = None
        for outbox in self._viewers:
            if not hears_event(outbox.actor, event):
                continue
            if not outbox.assignments and is_dispatch(event):
                continue
            encoded = encoded or encode_event(event)
            outbox.offer(event.position, encoded)
        self._event = event.position

    async def _refresh_actors(self, pool: Pool, event: Event) -> None:
        """Before an event that changes whose crew or site it is, learn what viewers may now see."""
        for outbox in [
            o for o in self._viewers if may_change_reach(o.actor, event.kind, event.body)
        ]:
            assert outbox.actor.user_id is not None
            try:
                with translated("rights"):
                    async with pool.acquire(timeout=ACQUIRE_S) as connection:
                        actor = await actor_of(connection, self.tenant.slug, outbox.actor.user_id)
            except Unauthenticated as error:
                outbox.end(Ended(REFUSED, error.code))
            else:
                renew_actor(outbox, actor)

    async def _follow_fixes(self, pool: Pool) -> None:
        async for batch, fixes in follow_fixes(
            pool, self._process.valkey, self.tenant.slug, self._batch
        ):
            self._take(fixes)
            self._batch = batch

    def _take(self, fixes: Iterable[Fix]) -> None:
        """Keep the newest fix of each device; an untrusted clock's is never one."""
        at = now()
        for fix in fixes:
            FIX_DELAY_S.observe((at - fix.received_at).total_seconds())
            before = self._positions.get(fix.device)
            if not fix.timely:
                continue
            if before is not None and fix.observed_at <= before.fix.observed_at:
                continue
            hidden_at = self._hidden.get(fix.device)
            if hidden_at is not None and fix.observed_at <= hidden_at:
                continue
            moving = is_moving(fix, before.fix if before else None)
            self._positions[fix.device] = Position(fix, moving)
            self._unticked.add(fix.device)

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(self._process.settings.live_tick_ms / 1000)
            self._make_tick()

    async def _look_round(self) -> None:
        """End the feed when it has no viewers or its tenant is closed; learn of unknown devices."""
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._viewers and time.monotonic() - self._alone_since > LINGER_S:
                raise _Over
            try:
                await self._process.tenants.find(self.tenant.slug)
            except NotFound:
                self._over = Ended(REFUSED, "tenant_closed")
                raise _Over from None
            except Unavailable:
                pass  # the control database's outage does not concern who is connected
            # Asked for so that the pool is not closed as idle under those who hold it.
            unknown = self._unticked - self._crews.keys()
            await self._kept(self._load_devices if unknown else _nothing)

    def _make_tick(self) -> None:
        """Tell the viewers that there are newer positions, if there are."""
        moved = [d for d in self._unticked if d in self._crews and d in self._positions]
        if not moved:
            return
        self._tick += 1
        self._tick_at = whole_ms(now())
        self._unticked.difference_update(moved)
        self._moved, self._rows = moved, {}
        for device in moved:
            self._moved_at[device] = self._tick
        for outbox in self._viewers:
            outbox.mark_tick()

    def newer(self, outbox: Outbox) -> str | None:
        """Return the frame of what moved in view since the viewer's last one, None if nothing."""
        if outbox.full:
            at = whole_ms(now())
            rows = self.rows_in_view(outbox, at)
            return fixes_frame(at, rows) if rows else None
        if outbox.tick == self._tick - 1:
            moved: Iterable[UUID] = self._moved
        else:
            moved = [d for d, tick in self._moved_at.items() if tick > outbox.tick]
        outbox.tick = self._tick
        rows = [self._row(device) for device in self._visible(outbox, moved)]
        return fixes_frame(self._tick_at, rows) if rows else None

    def watched(self, actor: Actor) -> tuple[set[UUID], set[UUID]]:
        """Return the crews, and the workers in none, whose positions a viewer may see."""
        if not sees_positions(actor):
            return set(), set()
        seen = {d: crew for d, crew in self._crews.items() if sees_device(actor, crew)}
        crews = {crew for crew in seen.values() if crew is not None}
        return crews, {worker for device, worker in self._alone.items() if device in seen}

    def rows_in_view(self, outbox: Outbox, at: datetime) -> list[bytes]:
        """Return every position in view as of an instant; the viewer is then up to date."""
        outbox.full, outbox.tick = False, self._tick
        found = (self._positions[d] for d in self._visible(outbox, self._positions))
        return [fix_row(position.fix, moving=position.moving, now=at) for position in found]

    def _visible(self, outbox: Outbox, devices: Iterable[UUID]) -> list[UUID]:
        """Return those of the devices that lie in the viewport and that the viewer may see."""
        viewport, actor = outbox.viewport, outbox.actor
        if viewport is None or not sees_positions(actor):
            return []
        every, crews, positions = sees_every_device(actor), self._crews, self._positions
        found = []
        for device in devices:
            fix = positions[device].fix
            if (
                viewport.shows(fix.lon, fix.lat)
                and device in crews
                and (every or sees_device(actor, crews[device]))
            ):
                found.append(device)
        return found

    def _row(self, device: UUID) -> bytes:
        row = self._rows.get(device)
        if row is None:
            position = self._positions[device]
            row = fix_row(position.fix, moving=position.moving, now=self._tick_at)
            self._rows[device] = row
        return row


def renew_actor(outbox: Outbox, actor: Actor) -> None:
    """Judge the viewer as who it is now; if it may see other things, it gets a new snapshot."""
    if outbox.actor != actor:
        outbox.actor = actor
        outbox.ask_reopening()


async def _nothing(_pool: Pool) -> None:
    """Ask for the pool, and no more."""


class _Over(Exception):
    """The feed has no reason to go on."""
