"""What geo knows of devices, in and out of the database: machines, trackers, checkpoints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from fieldops.database import Connection, sql
from geo.presence.batch import (
    LATE_MOST,
    Checkpoint,
    Known,
    Memory,
    Outcome,
    Pair,
    Place,
    moment,
)
from geo.presence.late import Retold
from geo.presence.machine import Machine
from geo.presence.trust import Tracker

FOLLOWER = "geo"
_MARGIN = timedelta(hours=2)
CHECKPOINT_DAYS = timedelta(days=60)  # of a device that has been silent since
T = TypeVar("T")
_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Stop:
    """How far the fixes were followed, what was known there, and what is still to be told anew."""

    batch: int
    memory: Memory
    late: dict[UUID, datetime]


async def read_stop(connection: Connection) -> Stop:
    """Return where the last worker stopped; the transaction must be repeatable read.

    The last fixes of a device away from every fence are not stored: they are its newest trusted
    ones up to the batch, which one look at the end of the primary key finds.
    """
    batch = await connection.fetchval(sql("geo.ledger", "read_follower"), FOLLOWER) or 0
    memory = Memory()
    for row in await connection.fetch(sql("geo.ledger", "newest_fixes"), batch):
        device = row["device_id"]
        memory.places[device] = Place(
            row["observed_at"].timestamp(), row["lon"], row["lat"], row["accuracy_m"],
            memory.places.get(device),
        )  # fmt: skip
    for row in await connection.fetch(sql("geo.ledger", "load_trackers")):
        memory.trackers[row["device_id"]] = _from(row["memory"], Tracker)
    for row in await connection.fetch(sql("geo.ledger", "load_machines")):
        machines = memory.machines.setdefault(row["device_id"], {})
        machines[row["fence_id"]] = _from(row["memory"], Machine)
    late = await connection.fetch(sql("geo.ledger", "load_late"))
    return Stop(batch, memory, {row["device_id"]: row["since"] for row in late})


@dataclass(slots=True)
class Dirty:
    """What changed since it was last stored."""

    machines: dict[Pair, Machine | None]
    trackers: dict[UUID, Tracker | None]
    late: dict[UUID, datetime]
    checkpoints: list[Checkpoint]

    @classmethod
    def nothing(cls) -> "Dirty":
        return cls({}, {}, {}, [])

    @classmethod
    def of(cls, device: UUID, retold: Retold) -> "Dirty":
        """Return all of one device, when nothing of it is stored."""
        known = retold.known
        return cls(
            {(device, fence): machine for fence, machine in known.machines.items()},
            {} if known.tracker is None else {device: known.tracker},
            {},
            retold.outcome.checkpoints,
        )

    def add(self, outcome: Outcome) -> None:
        """Add what a batch changed."""
        self.machines.update(outcome.machines)
        self.trackers.update(outcome.trackers)
        self.checkpoints += outcome.checkpoints
        for device, since in outcome.late.items():
            self.late[device] = min(since, self.late.get(device, since))


async def store_state(connection: Connection, batch: int, dirty: Dirty) -> None:
    """Store what changed, and that the fixes up to `batch` were followed."""
    await connection.execute(sql("geo.ledger", "set_follower"), FOLLOWER, batch)
    kept = [(pair, machine) for pair, machine in dirty.machines.items() if machine is not None]
    if kept:
        await connection.execute(
            sql("geo.ledger", "upsert_machines"),
            [device for (device, _), _ in kept],
            [fence for (_, fence), _ in kept],
            [machine.state.value for _, machine in kept],
            [moment(machine.since) for _, machine in kept],
            [_text(machine) for _, machine in kept],
        )
    gone = [pair for pair, machine in dirty.machines.items() if machine is None]
    if gone:
        await connection.execute(
            sql("geo.ledger", "delete_machines"), [d for d, _ in gone], [f for _, f in gone]
        )
    await _store_trackers(connection, dirty.trackers)
    await store_checkpoints(connection, dirty.checkpoints)
    if dirty.late:
        await connection.execute(
            sql("geo.ledger", "upsert_late"), list(dirty.late), list(dirty.late.values())
        )


async def _store_trackers(connection: Connection, trackers: Mapping[UUID, Tracker | None]) -> None:
    kept = {device: tracker for device, tracker in trackers.items() if tracker is not None}
    if kept:
        await connection.execute(
            sql("geo.ledger", "upsert_trackers"), list(kept), [_text(t) for t in kept.values()]
        )
    gone = [device for device, tracker in trackers.items() if tracker is None]
    if gone:
        await connection.execute(sql("geo.ledger", "delete_trackers"), gone)


async def store_checkpoints(connection: Connection, checkpoints: Iterable[Checkpoint]) -> None:
    """Store checkpoints, the later of two of one device and time."""
    by_key = {(c.device, c.at): c for c in checkpoints}
    if by_key:
        await connection.execute(
            sql("geo.ledger", "upsert_checkpoints"),
            [device for device, _ in by_key],
            [at for _, at in by_key],
            [_text(c.known) for c in by_key.values()],
            [c.rests for c in by_key.values()],
        )


async def read_checkpoint(
    connection: Connection, device: UUID, before: datetime
) -> Checkpoint | None:
    """Return a device's last checkpoint before an instant."""
    row = await connection.fetchrow(sql("geo.ledger", "read_checkpoint"), device, before)
    if row is None:
        return None
    return Checkpoint(device, row["at"], _from(row["memory"], Known), row["rests"])


async def expire_checkpoints(connection: Connection, at: datetime) -> None:
    """Remove checkpoints that no late fix can need any more."""
    await connection.execute(
        sql("geo.ledger", "expire_checkpoints"), at - LATE_MOST - _MARGIN, at - CHECKPOINT_DAYS
    )


def _text(value: Any) -> str:
    return _json(value).decode()


def _from(memory: Any, kind: type[T]) -> T:
    return msgspec.convert(memory, kind, str_keys=True)
