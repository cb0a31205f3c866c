"""What a payload can say, as data, and the rules all formats share: time, ranges, JSON errors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec

from fieldops.errors import BadMessage
from fieldops.model import AttendanceKind, Fix, Flag

PAYLOAD_MAX_BYTES: Final = 64 * 1024
ARRAY_MAX: Final = 1000
SEQ_MAX: Final = 2**63 - 1  # a bigint

LATE_AFTER: Final = timedelta(minutes=5)
FUTURE_AFTER: Final = timedelta(minutes=5)
CLOCK_SET_SINCE: Final = datetime(2015, 1, 1, tzinfo=UTC)
# Where a stamp can be called a clock's fault and kept with a flag (an unset clock, a week rolled
# over); beyond, each odd day would cost the database a partition of its own.
TIME_SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
TIME_AHEAD: Final = timedelta(days=3653)  # ten years
# asyncpg writes the ends of Python's calendar as ±infinity; one year inside them is safe in
# every zone.
_EARLIEST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)

Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class AttendanceMessage:
    """Someone came, went, or took a break, as his device says.

    `worker` is an id, or the employee's reference as the tenant writes it; `corrects` the id of
    the event this one replaces. The position is None as a whole when not said.
    """

    run: str
    seq: int
    at: datetime
    kind: AttendanceKind
    worker: UUID | str
    site: UUID | None = None
    corrects: UUID | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    mock: bool | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """A device came or went; a will is composed at connect, so it carries no time."""

    state: Literal["online", "offline"]
    run: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unlocated:
    """An honest message without a position: nothing to store, but its sequence is settled."""

    run: str
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Reject:
    """One element that cannot be used; `index` is its place in the array, 0 when alone.

    `raw` is the element's own bytes, for quarantine: location data. run and seq are None when
    they could not be read; then the sequence cannot be settled.
    """

    index: int
    code: str
    reason: str
    raw: bytes
    run: str | None = None
    seq: int | None = None


class Decoded(msgspec.Struct, frozen=True):
    """What one payload said, in the order of the payload.

    `ignored` names what is known and holds nothing for us ("empty", "owntracks transition", …);
    `spoken` are the sequences of an array refused as one.
    """

    fixes: tuple[Fix, ...] = ()
    attendance: tuple[AttendanceMessage, ...] = ()
    unlocated: tuple[Unlocated, ...] = ()
    rejects: tuple[Reject, ...] = ()
    status: StatusMessage | None = None
    ignored: str | None = None
    spoken: tuple[tuple[str, int], ...] = ()

    def count(self) -> int:
        """Return how many elements the payload has."""
        alone = len(self.fixes) + len(self.attendance) + len(self.unlocated)
        return alone + max(len(self.rejects), len(self.spoken))


def classify(observed_at: datetime, received_at: datetime, mock: bool | None) -> Flag:
    """Flag what is odd about a fix by itself; a stamp from before clocks were set is not LATE,
    for its age says nothing."""
    flags = Flag.MOCK if mock else Flag.NONE
    if observed_at < CLOCK_SET_SINCE:
        return flags | Flag.CLOCK_UNSET
    age = received_at - observed_at
    if age > LATE_AFTER:
        return flags | Flag.LATE
    if age < -FUTURE_AFTER:
        return flags | Flag.FUTURE
    return flags


def check_time(name: str, at: datetime, received_at: datetime) -> None:
    """Raise BadMessage, code `time_out_of_range`, for a stamp no working or unset clock gives."""
    if not TIME_SINCE <= at <= received_at + TIME_AHEAD:
        raise BadMessage(
            f"{name} {at.isoformat()} before {TIME_SINCE.year} or over ten years after receipt",
            code="time_out_of_range",
            field=name,
        )


def utc(at: datetime, name: str) -> datetime:
    """Return a moment in UTC, inside what the database can hold.

    Raises:
        BadMessage: no zone, or outside the years 2 to 9998.
    """
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise BadMessage(f"{name} {at.isoformat()} has no zone", code="bad_time", field=name)
        try:
            at = at.astimezone(UTC)
        except OverflowError as error:
            raise _off_calendar(name, at) from error
    if not _EARLIEST <= at < _LATEST:
        raise _off_calendar(name, at)
    return at


def _off_calendar(name: str, at: datetime) -> BadMessage:
    return BadMessage(
        f"{name} {at.isoformat()} outside the years 2 to 9998", code="bad_time", field=name
    )


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """Raise BadMessage, code `out_of_range`, when a value is outside [low, high] (NaN is)."""
    if value is not None and not low <= value <= high:
        raise BadMessage(f"{name} {value} outside {low} to {high}", code="out_of_range", field=name)


def check_text(name: str, value: str | None, longest: int) -> None:
    """Raise BadMessage when a text is too long, or holds a NUL, which PostgreSQL cannot."""
    if value is None:
        return
    if len(value) > longest:
        raise BadMessage(
            f"{name} of {len(value)} characters, at most {longest}", code="too_long", field=name
        )
    if "\0" in value:
        raise BadMessage(f"{name} holds a NUL character", code="bad_text", field=name)


def read_json(decoder: Callable[[Any], Message], payload: bytes | msgspec.Raw) -> Message:
    """Call a msgspec decoder.

    Raises:
        BadMessage: code `bad_json` (not JSON at all) or `bad_field` (a field of another type).
    """
    try:
        return decoder(payload)
    except msgspec.ValidationError as error:
        raise BadMessage(str(error), code="bad_field") from error
    except (ValueError, RecursionError, OverflowError) as error:
        # msgspec raises its own DecodeError (a ValueError), UnicodeDecodeError for bytes that
        # are no UTF-8, and RecursionError for brackets nested a thousand deep.
        raise BadMessage(f"not JSON: {error}", code="bad_json") from error
