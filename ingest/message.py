"""What flows through ingest, as data: a message as it came, and what a batch of them says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from devices.registry import Registered
from devices.wire import AttendanceMessage
from fieldops.model import Fix

# A sequence space: one run of one device.
Space: TypeAlias = tuple[UUID, str]


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message as the broker gave it; `packet_id` 0 wants no acknowledgement (QoS 0).

    A struct that the search for cyclic garbage skips: tens of thousands wait under load.
    """

    topic: str
    payload: bytes
    received_at: datetime
    packet_id: int = 0


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message, or one element of its array, that cannot be used; `payload` is location data.

    `id` is a hash of device and payload: the same bytes delivered again are the same row.
    """

    id: UUID
    received_at: datetime
    topic: str
    device: str | None
    code: str
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Declared:
    """An attendance message, before its worker and site are looked up."""

    device: Registered
    origin: Message
    said: AttendanceMessage


@dataclass(frozen=True, slots=True)
class Drop:
    """Something the privacy gate dropped; no more of it is known from here on.

    `day` is the UTC day of receipt, `space` and `seq` are None where the message had none.
    """

    day: str
    reason: str
    space: Space | None = None
    seq: int = 0


@dataclass(slots=True)
class Batch:
    """What a batch of messages says, after the privacy gate.

    `decoded` counts fixes and declarations that could be read, before the gate. `fixes` lie
    together by device, each device's in order of time, and hold no key twice; `duplicates` counts
    those that another of the same batch made superfluous, `rivals` are those of them that are no
    repetitions of it. `settled` are the sequences the whole
    answers for, `unlocated` those of them that said no position.
    """

    messages: int = 0
    decoded: int = 0
    fixes: Sequence[Fix] = ()
    duplicates: int = 0
    rivals: Sequence[Fix] = ()
    declared: list[Declared] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    settled: dict[Space, list[int]] = field(default_factory=dict)
    unlocated: dict[Space, list[int]] = field(default_factory=dict)
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A committed batch: what is new in the database and what came of the rest.

    `fixes` are the rows taken (new or replacing a higher sequence) and those whose flag they
    changed; `spaces` those whose devices may be told.
    """

    batch: int
    messages: int
    decoded: int = 0
    fixes: Sequence[Fix] = ()
    inserted: int = 0
    replaced: int = 0
    duplicates: int = 0
    attendance: int = 0
    quarantined: int = 0
    private: int = 0
    ignored: int = 0
    spaces: Sequence[Space] = ()
    rings: bool = False
