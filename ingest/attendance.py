"""Declarations of attendance to append-only rows: who it is about, who says so, and how late.

Source: `self` from the phone of the worker himself, or one that nobody bears; `roll_call` from
the phone of another worker (a lead calls his crew); `kiosk` from a device that is no phone;
`correction` when it names what it corrects. Hours never come from tracks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from fieldops.database import Connection, sql
from fieldops.errors import BadMessage
from fieldops.events import NewEvent
from fieldops.model import new_id
from identity.breaks import keep_breaks
from identity.erasure import Erased
from ingest.message import Declared, Message

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Attendance:
    """A row of `attendance_event`, its columns in order."""

    id: UUID
    worker_id: UUID
    site_id: UUID | None
    kind: str
    source: str
    device_at: datetime
    server_at: datetime
    skew_ms: int
    device_id: UUID
    run: str
    seq: int
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    is_mock: bool | None
    corrects_id: UUID | None
    provider: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the declarations of a batch name, as far as the tenant has it."""

    workers: Mapping[UUID | str, UUID]
    sites: frozenset[UUID]
    bearers: Mapping[tuple[UUID, datetime], UUID]

    def row(self, declared: Declared) -> Attendance:
        """Return the row a declaration becomes.

        Raises:
            BadMessage: `device_revoked`, `unknown_worker` or `unknown_site`.
        """
        said, device = declared.said, declared.device
        if not device.active:
            raise BadMessage(f"device {device.name} is revoked", code="device_revoked")
        worker = self.workers.get(said.worker)
        if worker is None:
            raise BadMessage(f"worker {said.worker} is not known", code="unknown_worker")
        if said.site is not None and said.site not in self.sites:
            raise BadMessage(f"site {said.site} is not known", code="unknown_site")
        received_at = declared.origin.received_at
        return Attendance(
            new_id(),
            worker,
            said.site,
            said.kind,
            self._source(declared, worker),
            said.at,
            received_at,
            (received_at - said.at) // _MS,
            device.id,
            said.run,
            said.seq,
            said.lon,
            said.lat,
            said.accuracy_m,
            said.mock,
            said.corrects,
            said.provider,
        )

    def _source(self, declared: Declared, worker: UUID) -> str:
        if declared.said.corrects is not None:
            return "correction"
        if declared.device.kind != "phone":
            return "kiosk"
        bearer = self.bearers.get((declared.device.id, declared.said.at), worker)
        return "self" if bearer == worker else "roll_call"


def as_message(declared: Declared) -> Message:
    """Return the declaration as a message of its own, holding only what the gate left of it.

    Its origin may be an array, with others' declarations and positions.
    """
    said = declared.said
    content = {
        "run": said.run,
        "seq": said.seq,
        "at": said.at,
        "kind": said.kind,
        "worker": said.worker,
        "site": said.site,
        "corrects": said.corrects,
        "lon": said.lon,
        "lat": said.lat,
        "acc": said.accuracy_m,
        "src": said.provider,
        "mock": said.mock,
    }
    payload = msgspec.json.encode({k: v for k, v in content.items() if v is not None})
    return msgspec.structs.replace(declared.origin, payload=payload)


async def look_up(connection: Connection, declared: Sequence[Declared]) -> Known:
    """Read the workers, sites and bearers that declarations name; three statements a batch."""
    asked = [d.said.worker for d in declared]
    workers = await connection.fetch(
        sql("ingest", "find_workers"),
        [w for w in asked if isinstance(w, UUID)],
        [w for w in asked if isinstance(w, str)],
    )
    sites = await connection.fetch(
        sql("ingest", "find_sites"), [d.said.site for d in declared if d.said.site is not None]
    )
    bearers = await connection.fetch(
        sql("ingest", "find_bearers"),
        [d.device.id for d in declared],
        [d.said.at for d in declared],
    )
    return Known(
        {r["employee_no"]: r["id"] for r in workers} | {r["id"]: r["id"] for r in workers},
        frozenset(r["id"] for r in sites),
        {(r["device_id"], r["at"]): r["worker_id"] for r in bearers},
    )


async def declare_breaks(
    connection: Connection, rows: Sequence[Attendance], now: datetime
) -> list[Erased]:
    """Make the breaks that rows tell of private time, before anything else of a batch is judged.

    Most rows are of people who come and go: an `in` or `out` ends a break left open, so those are
    looked at too, but nothing is written where nothing changes.
    """
    return await keep_breaks(connection, [(row.worker_id, row.device_at) for row in rows], now)


async def append_attendance(connection: Connection, rows: Sequence[Attendance]) -> list[NewEvent]:
    """Append rows and return an event for each that is new; they carry no position."""
    if not rows:
        return []
    columns = [[getattr(row, column.name) for row in rows] for column in fields(Attendance)]
    appended = await connection.fetch(sql("ingest", "store_attendance"), *columns)
    new = {row["id"] for row in appended}
    return [
        NewEvent(
            "attendance.corrected" if row.corrects_id else "attendance.recorded",
            _body(row),
            (row.site_id,) if row.site_id else (),
        )
        for row in rows
        if row.id in new
    ]


def _body(row: Attendance) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "worker_id": str(row.worker_id),
        "site_id": None if row.site_id is None else str(row.site_id),
        "kind": row.kind,
        "source": row.source,
        "device_at": row.device_at.isoformat(),
        "server_at": row.server_at.isoformat(),
        "skew_ms": row.skew_ms,
        "corrects_id": None if row.corrects_id is None else str(row.corrects_id),
    }
