"""A file into a tenant's fixes, as the device would have said it, many times faster.

    lines → our own JSON → the wire's rules → privacy gate → a side batch each 5,000 fixes

Reading goes on in a thread while the database stores. Every line is a row, a counted duplicate, a
counted private fix, a counted message without position, or told with its number and the reason;
a file read again makes no second row. It came today: old fixes are `late`, and the purge takes
what is past its term. Nothing is settled by it, for the device's own sending is its own.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeAlias

import asyncpg

from devices.registry import Registered
from devices.topics import DeviceName, Lane, Topic
from devices.wire import decode, sound_fix
from fieldops.database import Pool, sql
from fieldops.errors import BadMessage, Unavailable
from fieldops.model import UNTRUSTED_TIME, Fix, TenantSlug, now
from fieldops.tenancy import transaction
from identity.privacy import Gate, load_gate
from ingest.aside import Kept, draw_batch, store_aside
from ingest.files.message import Said, Unusable
from ingest.message import Drop
from ingest.store import count_drops

BATCH_FIXES = 5_000
# Python's 5 ms would let the reading thread delay each of a batch's ten answers by as much.
TURN_S = 0.0005
_UNTRUSTED = int(UNTRUSTED_TIME)
# What a value can provoke; the file's line is to blame, not the program.
_POISON = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
Lined: TypeAlias = tuple[int, Fix]


@dataclass(slots=True)
class Taken:
    """What came of a file so far; `private` by reason."""

    fixes: int = 0
    inserted: int = 0
    replaced: int = 0
    duplicates: int = 0
    unlocated: int = 0
    unusable: int = 0
    private: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Chunk:
    fixes: Sequence[Lined]
    unusable: Sequence[Unusable]
    unlocated: int
    end: int


class Intake:
    """Takes files for one device; made by `open_intake`."""

    def __init__(self, pool: Pool, tenant: TenantSlug, device: Registered, gate: Gate) -> None:
        self.taken = Taken()
        self._pool = pool
        self._topic = Topic(tenant, DeviceName(device.name), Lane.BACKFILL)
        self._device = device
        self._gate = gate

    async def take(
        self,
        said: Iterator[Said | Unusable],
        *,
        told: Callable[[Sequence[Unusable]], None],
        progress: Callable[[int], None],
    ) -> Taken:
        """Store all that a reader yields.

        Args:
            said: what the file says, in its order.
            told: gets what cannot be used, after each batch.
            progress: told how many bytes of the file are behind us.

        Raises:
            Unavailable: the database is lost; what was told as behind us is stored.
        """
        with _turns_of(TURN_S):
            await self._take(said, told, progress)
        return self.taken

    async def _take(
        self,
        said: Iterator[Said | Unusable],
        told: Callable[[Sequence[Unusable]], None],
        progress: Callable[[int], None],
    ) -> None:
        chunk = await asyncio.to_thread(self._read, said)
        while chunk is not None:
            try:
                async with asyncio.TaskGroup() as group:
                    reading = group.create_task(asyncio.to_thread(self._read, said))
                    storing = group.create_task(self._store_all(chunk.fixes))
            except* Unavailable as lost:
                raise lost.exceptions[0] from None
            refused = storing.result()
            self.taken.unlocated += chunk.unlocated
            self.taken.unusable += len(chunk.unusable) + len(refused)
            told([*chunk.unusable, *refused])
            progress(chunk.end)
            chunk = reading.result()

    def _read(self, said: Iterator[Said | Unusable]) -> _Chunk | None:
        """Read and decode one batch; None at the end."""
        received_at = now()
        fixes: list[Lined] = []
        unusable: list[Unusable] = []
        unlocated = end = 0
        some = list(islice(said, BATCH_FIXES))
        for each in some:
            if isinstance(each, Unusable):
                unusable.append(each)
                continue
            end = each.end
            fix = sound_fix(each.payload, self._device.id, received_at)
            if fix is not None:
                fixes.append((each.line, fix))
                continue
            try:
                content = decode(
                    self._topic, each.payload, device=self._device.id, received_at=received_at
                )
            except BadMessage as error:
                unusable.append(Unusable(each.line, error.code, str(error)))
                continue
            fixes += [(each.line, fix) for fix in content.fixes]
            if content.rejects or content.unlocated:
                unlocated += len(content.unlocated)
                unusable += [Unusable(each.line, r.code, r.reason) for r in content.rejects]
        return _Chunk(fixes, unusable, unlocated, end) if some else None

    async def _store_all(self, fixes: Sequence[Lined]) -> list[Unusable]:
        """Store fixes; return those the database refuses, found by halving."""
        if not fixes:
            return []
        try:
            await self._store([fix for _, fix in fixes])
        except _POISON as error:
            if len(fixes) == 1:
                reason = f"the database refuses a value ({type(error).__name__})"
                return [Unusable(fixes[0][0], "refused", reason)]
        else:
            return []
        half = len(fixes) // 2
        return await self._store_all(fixes[:half]) + await self._store_all(fixes[half:])

    async def _store(self, fixes: Sequence[Fix]) -> None:
        try:
            async with transaction(self._pool, "file") as connection:
                batch = await draw_batch(connection, "file")
                version = await connection.fetchval(sql("ingest", "privacy_version"))
                if version != self._gate.version:
                    self._gate = await load_gate(connection)
                allowed, private = self._gated(fixes)
                kept = await store_aside(connection, batch, allowed)
                await count_drops(connection, private)
        except (asyncpg.TransactionRollbackError, asyncpg.OperatorInterventionError) as error:
            raise Unavailable(f"file: {type(error).__name__}") from error
        self._count(len(fixes), kept, private)

    def _gated(self, fixes: Sequence[Fix]) -> tuple[list[Fix], list[Drop]]:
        """Return what may be stored, in order of time, of rivals the lowest; and the drops."""
        best: dict[datetime, Fix] = {}
        private: list[Drop] = []
        for fix in fixes:
            at = fix.observed_at
            if int(fix.flags) & _UNTRUSTED:  # Flag's `&` costs a microsecond
                at = fix.received_at
            reason = self._gate.drop_reason(fix.device, at)
            if reason is not None:
                private.append(Drop(fix.received_at.date().isoformat(), reason))
                continue
            other = best.setdefault(fix.observed_at, fix)
            if other is not fix and (fix.run, fix.seq) < (other.run, other.seq):
                best[fix.observed_at] = fix
        return [best[at] for at in sorted(best)], private

    def _count(self, fixes: int, kept: Kept, private: Sequence[Drop]) -> None:
        taken = self.taken
        taken.fixes += fixes
        taken.inserted += kept.inserted
        taken.replaced += kept.replaced
        taken.duplicates += fixes - kept.inserted - kept.replaced - len(private)
        taken.private.update(drop.reason for drop in private)


@contextmanager
def _turns_of(seconds: float) -> Iterator[None]:
    """Let threads take turns so often, while a file is read."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


async def open_intake(pool: Pool, tenant: TenantSlug, device: Registered) -> Intake:
    """Read the rules of privacy.

    Raises:
        Unavailable: the database is lost.
    """
    async with transaction(pool, "file") as connection:
        return Intake(pool, tenant, device, await load_gate(connection))
