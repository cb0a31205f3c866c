"""Our own JSON: `pos` and `bak` hold fixes, `att` attendance, `status` the last will.

    {"run": "k3f9", "seq": 1024, "at": "2026-11-22T08:00:00.250Z", "lon": 4.8357, "lat": 45.764,
     "acc": 6.5, "spd": 12.4, "hdg": 271, "alt": 172, "bat": 84, "src": "gnss", "mock": false}

One object or an array of them. A message without `lon` and `lat` is honest (no fix yet); one
with only one of both is not. Fields we do not know are ignored, so that devices may run ahead.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from devices.topics import Lane, Topic
from devices.wire.message import (
    ARRAY_MAX,
    CLOCK_SET_SINCE,
    FUTURE_AFTER,
    LATE_AFTER,
    SEQ_MAX,
    AttendanceMessage,
    Decoded,
    Reject,
    StatusMessage,
    Unlocated,
    check_range,
    check_text,
    check_time,
    classify,
    read_json,
    utc,
)
from fieldops.errors import BadMessage
from fieldops.model import AttendanceKind, Fix, Flag

# Half the equator, the widest error there is; escape velocity; far above and below any ground.
ACCURACY_MAX_M, SPEED_MAX_MPS, ALTITUDE_MAX_M = 20_037_509.0, 11_200.0, 1_000_000.0
SOURCE_MOST = 32
_RUNS_KNOWN = 16_384
_AHEAD_MOST = -FUTURE_AFTER
_NONE, _LATE = Flag.NONE, Flag.LATE

_RUN = re.compile(r"[A-Za-z0-9._-]{1,64}")


class _Position(msgspec.Struct, gc=False):
    run: str
    seq: int
    at: datetime
    lon: float | None = None
    lat: float | None = None
    acc: float | None = None
    spd: float | None = None
    hdg: float | None = None
    alt: float | None = None
    bat: float | None = None
    src: str | None = None
    mock: bool | None = None


class _Sound(_Position, gc=False):
    """A position whose numbers the decoder itself found in range, at a tenth of the price.

    Only a short cut: what it refuses is read as `_Position` and judged by the checks below.
    """

    run: str
    seq: Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]
    at: datetime
    lon: Annotated[float, msgspec.Meta(ge=-180.0, le=180.0)]
    lat: Annotated[float, msgspec.Meta(ge=-90.0, le=90.0)]
    acc: Annotated[float, msgspec.Meta(ge=0.0, le=ACCURACY_MAX_M)] | None = None
    spd: Annotated[float, msgspec.Meta(ge=0.0, le=SPEED_MAX_MPS)] | None = None
    hdg: Annotated[float, msgspec.Meta(ge=0.0, le=360.0)] | None = None
    alt: Annotated[float, msgspec.Meta(ge=-ALTITUDE_MAX_M, le=ALTITUDE_MAX_M)] | None = None
    bat: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)] | None = None
    src: Annotated[str, msgspec.Meta(max_length=SOURCE_MOST)] | None = None


class _Attendance(msgspec.Struct, gc=False):
    run: str
    seq: int
    at: datetime
    kind: AttendanceKind
    worker: str
    site: UUID | None = None
    corrects: UUID | None = None
    lon: float | None = None
    lat: float | None = None
    acc: float | None = None
    src: str | None = None
    mock: bool | None = None


class _Status(msgspec.Struct, gc=False):
    state: Literal["online", "offline"]
    run: str = ""
    at: datetime | None = None


_sound = msgspec.json.Decoder(_Sound).decode
_position = msgspec.json.Decoder(_Position).decode
_attendance = msgspec.json.Decoder(_Attendance).decode
_status = msgspec.json.Decoder(_Status).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_anything = msgspec.json.Decoder(dict[str, Any]).decode


def decode_own(topic: Topic, payload: bytes, *, device: UUID, received_at: datetime) -> Decoded:
    """Decode a payload of our own format; see `decode`."""
    match topic.lane:
        case Lane.POSITION | Lane.BACKFILL:
            if payload.startswith(b"{"):
                return _decode_alone(payload, device, received_at)
            return _decode_each(payload, lambda raw: _read_fix(raw, device, received_at))
        case Lane.ATTENDANCE:
            return _decode_each(payload, lambda raw: _read_attendance(raw, received_at))
        case Lane.STATUS:
            return Decoded(status=_read_status(payload))
        case Lane.RESULT:
            return Decoded(ignored="result")
        case _:
            raise BadMessage(f"lane {topic.lane} is not one devices write", code="unknown_topic")


def _decode_alone(payload: bytes, device: UUID, received_at: datetime) -> Decoded:
    """Decode one position, as nearly all messages are, with nothing an array would need."""
    try:
        message = _read_fix(payload, device, received_at)
    except BadMessage as error:
        return Decoded(rejects=(_reject(0, payload, error),))
    if isinstance(message, Fix):
        return Decoded((message,))
    return Decoded(unlocated=(message,))


def _decode_each(
    payload: bytes,
    read: Callable[[bytes | msgspec.Raw], Fix | Unlocated | AttendanceMessage],
) -> Decoded:
    if not payload.lstrip(b" \t\r\n").startswith(b"["):
        elements: list[bytes | msgspec.Raw] = [payload]
    else:
        elements = [*read_json(_array, payload)]
        if len(elements) > ARRAY_MAX:
            return _refuse_array(payload, elements)
    fixes: list[Fix] = []
    attendance: list[AttendanceMessage] = []
    unlocated: list[Unlocated] = []
    rejects: list[Reject] = []
    for index, element in enumerate(elements):
        try:
            message = read(element)
        except BadMessage as error:
            rejects.append(_reject(index, element, error))
            continue
        match message:
            case Fix():
                fixes.append(message)
            case AttendanceMessage():
                attendance.append(message)
            case _:
                unlocated.append(message)
    return Decoded(tuple(fixes), tuple(attendance), tuple(unlocated), tuple(rejects))


def _refuse_array(payload: bytes, elements: Sequence[bytes | msgspec.Raw]) -> Decoded:
    """Reject an array as one, with all its sequences: its device would send it for ever."""
    reason = f"array of {len(elements)} messages, at most {ARRAY_MAX}"
    spoken = tuple(filter(None, map(_sequence, elements)))
    run, seq = spoken[0] if spoken else (None, None)
    return Decoded(rejects=(Reject(0, "too_many", reason, payload, run, seq),), spoken=spoken)


def sound_fix(payload: bytes, device: UUID, received_at: datetime) -> Fix | None:
    """Return the fix of a payload that is one sound position of a set clock, as nearly all are.

    A short cut of `decode_own` and never another answer: None sends everything else there.
    """
    try:
        said = _sound(payload)
    except (ValueError, RecursionError, OverflowError):
        return None
    at = said.at
    if at.tzinfo is not UTC or said.mock or not _is_run(said.run):
        return None
    age = received_at - at
    if age < _AHEAD_MOST or at < CLOCK_SET_SINCE:
        return None
    battery, source = said.bat, said.src
    if source is not None and "\0" in source:
        return None
    return Fix(
        device,
        at,
        received_at,
        said.lon,
        said.lat,
        said.run,
        said.seq,
        said.acc,
        said.spd,
        said.hdg,
        said.alt,
        None if battery is None else round(battery),
        source,
        _NONE if age <= LATE_AFTER else _LATE,
    )


def _read_fix(raw: bytes | msgspec.Raw, device: UUID, received_at: datetime) -> Fix | Unlocated:
    message = _read_position(raw)
    observed_at = utc(message.at, "at")
    if message.lon is None or message.lat is None:
        return Unlocated(message.run, message.seq, observed_at)
    flags = classify(observed_at, received_at, message.mock)
    if flags:
        check_time("at", observed_at, received_at)
    return Fix(
        device,
        observed_at,
        received_at,
        message.lon,
        message.lat,
        message.run,
        message.seq,
        message.acc,
        message.spd,
        message.hdg,
        message.alt,
        None if message.bat is None else round(message.bat),
        message.src,
        flags,
    )


def _read_position(raw: bytes | msgspec.Raw) -> _Position:
    try:
        sound = _sound(raw)
    except (ValueError, RecursionError, OverflowError):
        pass  # judged below, where each fault has its name
    else:
        if _is_run(sound.run) and (sound.src is None or "\0" not in sound.src):
            return sound
    message = read_json(_position, raw)
    check_sequence(message.run, message.seq)
    utc(message.at, "at")
    _check_place(message)
    check_range("spd", message.spd, 0.0, SPEED_MAX_MPS)
    check_range("hdg", message.hdg, 0.0, 360.0)
    check_range("alt", message.alt, -ALTITUDE_MAX_M, ALTITUDE_MAX_M)
    check_range("bat", message.bat, 0.0, 100.0)
    check_text("src", message.src, SOURCE_MOST)
    return message


def _read_attendance(raw: bytes | msgspec.Raw, received_at: datetime) -> AttendanceMessage:
    message = read_json(_attendance, raw)
    check_sequence(message.run, message.seq)
    at = utc(message.at, "at")
    check_time("at", at, received_at)
    _check_place(message)
    check_text("worker", message.worker, 64)
    if message.src is not None:
        check_text("src", message.src, SOURCE_MOST)
    if not message.worker:
        raise BadMessage("worker is empty", code="bad_field", field="worker")
    return AttendanceMessage(
        message.run,
        message.seq,
        at,
        message.kind,
        _uuid_or_reference(message.worker),
        message.site,
        message.corrects,
        message.lon,
        message.lat,
        message.acc,
        message.mock,
        message.src,
    )


def _read_status(payload: bytes) -> StatusMessage:
    message = read_json(_status, payload)
    if message.run:
        check_sequence(message.run, 0)
    return StatusMessage(
        message.state, message.run, None if message.at is None else utc(message.at, "at")
    )


def check_sequence(run: str, seq: int) -> None:
    """Raise BadMessage when a run or a sequence number cannot be one."""
    if not _is_run(run):
        raise BadMessage(
            f"run {run[:70]!r} is not 1 to 64 of A-Z, a-z, 0-9, . _ -", code="bad_run", field="run"
        )
    if not 0 <= seq <= SEQ_MAX:
        raise BadMessage(f"seq {seq} outside 0 to {SEQ_MAX}", code="bad_seq", field="seq")


@lru_cache(_RUNS_KNOWN)
def _is_run(run: str) -> bool:
    return _RUN.fullmatch(run) is not None


def _check_place(message: _Position | _Attendance) -> None:
    check_range("lon", message.lon, -180.0, 180.0)
    check_range("lat", message.lat, -90.0, 90.0)
    check_range("acc", message.acc, 0.0, ACCURACY_MAX_M)
    if (message.lon is None) != (message.lat is None):
        missing = "lon" if message.lon is None else "lat"
        raise BadMessage(f"{missing} is missing beside the other", code="half_position")


def _uuid_or_reference(text: str) -> UUID | str:
    # UUID() also takes braces, "urn:uuid:" and dashes anywhere; an employee reference of 32
    # digits must stay one.
    if len(text) == 36:
        try:
            return UUID(text)
        except ValueError:
            return text
    return text


def _reject(index: int, element: bytes | msgspec.Raw, error: BadMessage) -> Reject:
    """Describe a bad element, with its sequence when that much can be read."""
    run, seq = _sequence(element) or (None, None)
    return Reject(index, error.code, str(error), bytes(element), run, seq)


def _sequence(element: bytes | msgspec.Raw) -> tuple[str, int] | None:
    try:
        said = read_json(_anything, element)
        match said.get("run"), said.get("seq"):
            case str() as run, int() as seq if not isinstance(seq, bool):
                check_sequence(run, seq)
                return run, seq
    except BadMessage:
        pass
    return None
