"""One batch, one transaction: fence, judge, fixes, settlement, events, commit.

Exactly once is made of three things. Rows have keys, so what comes twice is one row. The batch
number tells whether a commit whose answer was lost happened: nobody else counts it up while our
epoch is current, but for side batches, and those are written down. And counters that have no key
ask the settlement first.

A database that is away is waited for with the same batch, for as long as the lease lets us. A
batch that twice took longer than a transaction may is halved: at its size it might never end. A
message the database will not take is found by halving too and goes to quarantine, so that no
message can stop those behind it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import asyncpg

from devices.ack import Settled
from devices.registry import Registry, load_registry
from fieldops.database import Connection, Pool, Record, sql
from fieldops.errors import BadMessage, LeaseLost, Unavailable
from fieldops.events import append_events
from fieldops.leases import Lease, begin_batch
from fieldops.log import get_log
from fieldops.model import Fix, now
from fieldops.tenancy import transaction
from identity.audit import append_audit
from identity.privacy import load_gate
from ingest.aside import drawn_aside
from ingest.attendance import (
    Attendance,
    append_attendance,
    as_message,
    declare_breaks,
    look_up,
)
from ingest.clocks import Clocks, Estimate, load_clocks, store_clocks
from ingest.desk import Ready
from ingest.message import Batch, Drop, Message, Quarantined, Space, Stored
from ingest.reader import Reader, Rules, quarantined
from ingest.rows import NotNew, carry_latest, copy_new, store_any
from ingest.settlements import Settlements
from ingest.tracks import Tracks, corrected_by, load_tracks, rejudge

log = get_log()
RETRY_FIRST_S, RETRY_MOST_S = 0.1, 2.0
# A lone statement may take COMMAND_S, the transaction with begin and commit TRANSACTION_S.
WRITE_S = 45.0
TIMEOUTS_MOST = 2

# The server's troubles, which pass; SQLSTATE classes 40, 53, 57, 58 and a standby's 25006.
_TROUBLES = (
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCatalogNameError,  # the tenant is being dropped; the lease goes with it
)
# What ends a transaction that takes too long: we, the server, or the server because we calculated.
_TIMEOUTS = (
    TimeoutError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
# What a value can provoke; anything else is a bug of ours and must be heard.
_POISON = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)


class Store:
    """A tenant's way from messages to rows, under one lease; made by `open_store`."""

    def __init__(
        self, pool: Pool, lease: Lease, rules: Rules, settlements: Settlements, clocks: Clocks
    ) -> None:
        self.settlements = settlements
        self._pool = pool
        self._lease = lease
        self._reader = Reader(rules)
        self._clocks = clocks
        self._tracks = Tracks({})
        self._committed = -1  # no batch of ours
        self._doubtful: _Attempt | None = None
        self._timeouts = 0  # of the batch in hand

    @property
    def reader(self) -> Reader:
        """What reads by the rules of the last batch."""
        return self._reader

    @property
    def registry(self) -> Registry:
        """The tenant's devices as of the last batch."""
        return self._reader.rules.registry

    async def keep(self, messages: Sequence[Message]) -> list[Stored]:
        """Read messages and store them; see `keep_ready`."""
        return await self.keep_ready(Ready(self._reader, messages))

    async def keep_ready(self, ready: Ready) -> list[Stored]:
        """Store a batch; returning means committed, in one batch or, halved, in several.

        Raises:
            LeaseLost: another owns the tenant; nothing more is written, and what is not
                acknowledged comes to the other.
        """
        messages = ready.messages
        try:
            return [await self._keep_patiently(ready, None)]
        except _TooSlow:
            log.warning("batch.halved", messages=len(messages))
        except _POISON as error:
            reason = f"the database refuses a value ({type(error).__name__})"
            if len(messages) == 1:
                return [await self._keep_patiently(ready, reason)]
        half = len(messages) // 2
        return await self.keep(messages[:half]) + await self.keep(messages[half:])

    async def _keep_patiently(self, ready: Ready, refused: str | None) -> Stored:
        """Try until the database is there; the lease's end, not ours to judge, cancels us.

        Raises:
            _TooSlow: twice it took too long; nothing of it is committed, and it can be halved.
        """
        pause_s = RETRY_FIRST_S
        started_at = time.monotonic()
        self._doubtful, self._timeouts = None, 0
        plain = True
        while True:
            try:
                stored = await self._try(ready, refused, plain)
            except NotNew:
                plain = False
            except LeaseLost:
                raise
            except Unavailable as error:
                if self._timeouts >= TIMEOUTS_MOST and len(ready.messages) > 1:
                    raise _TooSlow from error
                if pause_s == RETRY_FIRST_S:
                    log.warning("batch.waiting", messages=len(ready.messages), reason=str(error))
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, RETRY_MOST_S)
            else:
                if pause_s > RETRY_FIRST_S:
                    log.info("batch.resumed", waited_s=round(time.monotonic() - started_at, 1))
                return stored

    async def _try(self, ready: Ready, refused: str | None, plain: bool) -> Stored:
        """Run the transaction once; `plain` trusts that the newest fix of a device is new.

        Raises:
            NotNew: it was not, and nothing is stored.
            Unavailable: the database is in trouble; the batch may or may not be committed.
        """
        try:
            async with transaction(self._pool, "batch") as connection:
                number = await begin_batch(connection, self._lease)
                if self._doubtful is not None and await _happened(
                    connection, self._doubtful.stored.batch, number
                ):
                    raise _CommittedBefore
                self._doubtful = None
                try:
                    async with asyncio.timeout(WRITE_S):
                        attempt = await self._write(connection, number, ready, refused, plain)
                except _TIMEOUTS:
                    self._timeouts += 1
                    raise
                self._doubtful = attempt
        except _CommittedBefore:
            assert self._doubtful is not None
            attempt = self._doubtful
        except _TROUBLES as error:
            raise Unavailable(f"batch: {type(error).__name__}") from error
        self._doubtful = None
        self._committed = attempt.stored.batch
        self._tracks.advance(attempt.stored.fixes)
        self._clocks.wrote(attempt.clocks)
        self._clocks.note(attempt.stored.fixes)
        self.settlements.advance(attempt.grown)
        return attempt.stored

    async def _write(
        self,
        connection: Connection,
        number: int,
        ready: Ready,
        refused: str | None,
        plain: bool,
    ) -> "_Attempt":
        version = await connection.fetchval(sql("ingest", "privacy_version"))
        if version != self._reader.rules.version:
            self._reader = Reader(await load_rules(connection))
            self._committed = -1  # what is private now may have been erased
        if number != self._committed + 1:  # others stored fixes beside us
            self._tracks = await load_tracks(connection)
        batch = ready.batch(self._reader, refused)
        await self.settlements.load(connection, batch.settled)
        rows, unknown = await attendance_rows(connection, batch)
        attended = await append_attendance(connection, rows)
        erased = await declare_breaks(connection, rows, now()) if attended else []
        if erased:
            # By the rules that hold once this is committed; not kept, for it may not be.
            reader = Reader(await load_rules(connection))
            batch = reader.read(ready.messages, refused=refused)
            _, unknown = await attendance_rows(connection, batch)
            self._committed, self._tracks = -1, await load_tracks(connection)
        stored = Stored(number, len(ready.messages), batch.decoded, ignored=batch.ignored)
        stored, rowless = await self._store_fixes(connection, stored, batch, plain)
        kept = await store_quarantine(connection, number, batch.quarantined + unknown)
        drops = self.settlements.unsettled(batch.drops)
        await count_drops(connection, drops)
        grown = self.settlements.grown(batch.settled)
        await self.settlements.store(connection, grown, batch.unlocated, rowless)
        clocks = self._clocks.moved()
        await store_clocks(connection, clocks)
        hidden = [event for each in erased for event in each.events()]
        events = [*attended, *self._clocks.turned(clocks), *hidden]
        receipts = [entry for each in erased for entry in each.receipts()]
        await append_audit(connection, None, now(), receipts)
        await append_events(connection, events)
        return _Attempt(
            replace(
                stored,
                attendance=len(attended),
                quarantined=kept,
                private=len(drops),
                duplicates=stored.duplicates
                + (len(rows) - len(attended))
                + (len(batch.quarantined) + len(unknown) - kept)
                + (len(batch.drops) - len(drops)),
                spaces=list(batch.settled),
                rings=bool(events),
            ),
            grown,
            clocks,
        )

    async def _store_fixes(
        self, connection: Connection, stored: Stored, batch: Batch, plain: bool
    ) -> tuple[Stored, dict[Space, list[int]]]:
        """Insert what is new, replace what a lower (run, seq) says otherwise, count the rest.

        Returns also the sequences that left no row more than there was: the moment was another's,
        or they took it from another, which then is the duplicate and was counted as a row.
        """
        judged, number = self._tracks.judge(batch.fixes), stored.batch
        new, others = judged.split() if plain else ([], judged.fixes)
        await copy_new(connection, number, new)
        await carry_latest(connection, new)
        taken = await store_any(connection, number, others)
        inserted = len(new) + sum(row["fresh"] for row in taken)
        fixes = judged.fixes
        if len(taken) < len(others):
            keys = {(row["device_id"], row["observed_at"]) for row in taken}
            fixes = [*new, *(f for f in others if (f.device, f.observed_at) in keys)]
        replaced = [(row["device_id"], row["observed_at"]) for row in taken if not row["fresh"]]
        unsure = judged.unsure(fixes, replaced)
        if unsure:
            fixes = corrected_by(fixes, await rejudge(connection, number, unsure))
        stored = replace(
            stored,
            fixes=fixes,
            inserted=inserted,
            replaced=len(replaced),
            duplicates=batch.duplicates + len(others) - len(taken),
        )
        return stored, _rowless(batch, others, taken)


def _rowless(
    batch: Batch, others: Sequence[Fix], taken: Sequence[Record]
) -> dict[Space, list[int]]:
    """Return the sequences of `others` without a new row, and of the batch's rivals, by space."""
    rowless: dict[Space, list[int]] = {}
    if others or batch.rivals:
        fresh = {(row["device_id"], row["observed_at"]) for row in taken if row["fresh"]}
        lost = [fix for fix in others if (fix.device, fix.observed_at) not in fresh]
        for fix in (*batch.rivals, *lost):
            if fix.run:
                rowless.setdefault((fix.device, fix.run), []).append(fix.seq)
    return rowless


async def _happened(connection: Connection, batch: int, number: int) -> bool:
    """Return whether our doubtful batch was committed, now that `number` is the next: it was
    counted, and not by somebody beside us."""
    return number > batch and not await drawn_aside(connection, batch)


class _CommittedBefore(Exception):
    """The commit whose answer was lost did happen; the transaction of this try is undone."""


class _TooSlow(Exception):
    """A batch's transaction took too long, more than once."""


class _Attempt:
    """What a transaction will have made true when it commits."""

    __slots__ = ("clocks", "grown", "stored")

    def __init__(
        self, stored: Stored, grown: dict[Space, Settled], clocks: dict[UUID, Estimate]
    ) -> None:
        self.stored = stored
        self.grown = grown
        self.clocks = clocks


async def open_store(pool: Pool, lease: Lease) -> Store:
    """Read the rules; where each device was last is read by the first batch.

    Raises:
        Unavailable: the database is lost.
    """
    async with transaction(pool, "ingest rules") as connection:
        await connection.fetchval(sql("ingest", "privacy_version"))
        rules, clocks = await load_rules(connection), await load_clocks(connection)
        return Store(pool, lease, rules, Settlements(), clocks)


async def load_rules(connection: Connection) -> Rules:
    """Read gate and registry; the transaction holds `privacy_version`, so they fit together."""
    gate = await load_gate(connection)
    return Rules(gate.version, gate, await load_registry(connection))


async def attendance_rows(
    connection: Connection, batch: Batch
) -> tuple[list[Attendance], list[Quarantined]]:
    """Return the rows of a batch's declarations, and what names a worker or site we lack."""
    rows: list[Attendance] = []
    unknown: list[Quarantined] = []
    if batch.declared:
        known = await look_up(connection, batch.declared)
        for declared in batch.declared:
            try:
                rows.append(known.row(declared))
            except BadMessage as error:
                unknown.append(
                    quarantined(as_message(declared), declared.device, error.code, str(error))
                )
    return rows, unknown


async def store_quarantine(connection: Connection, number: int, rows: Sequence[Quarantined]) -> int:
    """Keep what cannot be used; return how many of them are new."""
    if not rows:
        return 0
    kept = await connection.fetch(
        sql("ingest", "store_quarantine"),
        number,
        [row.id for row in rows],
        [row.received_at for row in rows],
        [row.topic for row in rows],
        [row.device for row in rows],
        [row.code for row in rows],
        [row.reason for row in rows],
        [row.payload for row in rows],
    )
    return len(kept)


async def count_drops(connection: Connection, drops: Sequence[Drop]) -> None:
    if not drops:
        return
    counts = Counter((drop.day, drop.reason) for drop in drops)
    await connection.execute(
        sql("ingest", "count_privacy_drops"),
        [day for day, _ in counts],
        [reason for _, reason in counts],
        list(counts.values()),
    )
