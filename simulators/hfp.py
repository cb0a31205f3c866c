"""Helsinki's open vehicle positions (HFP) as a device of ours would have said them. Pure.

A capture is a file of lines, each a message with its `topic` and `payload`. Who speaks is told by
the topic alone: operator and vehicle as they are written there, leading zeros and all (the payload
leaves out the operator of a train). In HFP `acc` is acceleration in m/s², never an accuracy.
https://digitransit.fi/en/developers/apis/5-realtime-api/vehicle-positions/high-frequency-positioning/
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from devices.topics import DeviceName, device_name
from fieldops.errors import BadInput, BadMessage

# Levels before operator and vehicle: v2 says the kind of event before the means of transport.
_LEVELS = {"v1": 6, "v2": 7}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message of a vehicle; `lon` and `lat` are None when it did not know where it was."""

    device: DeviceName
    at: datetime
    lon: float | None
    lat: float | None
    speed_mps: float | None
    heading_deg: float | None


@dataclass(frozen=True, slots=True)
class Capture:
    """A recorded file: each vehicle's messages in the order of the file.

    `run` is made of the content, so that replaying a file twice says the same things, not more.
    """

    run: str
    vehicles: dict[DeviceName, list[Recorded]]

    @property
    def messages(self) -> int:
        return sum(map(len, self.vehicles.values()))

    @property
    def without_position(self) -> int:
        return sum(m.lon is None for each in self.vehicles.values() for m in each)


class _Vehicle(msgspec.Struct):
    tst: datetime
    long: float | None = None
    lat: float | None = None
    spd: float | None = None
    hdg: float | None = None


class _Payload(msgspec.Struct):
    VP: _Vehicle


class _Line(msgspec.Struct):
    topic: str
    payload: _Payload


_line = msgspec.json.Decoder(_Line).decode


def read_capture(lines: Iterable[bytes]) -> Capture:
    """Read a whole capture; empty lines are left out.

    Raises:
        BadInput: a line is no HFP message (names it), or there is none at all.
    """
    digest = hashlib.sha256()
    vehicles: dict[DeviceName, list[Recorded]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        digest.update(line)
        try:
            message = read_line(line)
        except BadInput as error:
            raise BadInput(f"line {number}: {error}") from error
        vehicles.setdefault(message.device, []).append(message)
    if not vehicles:
        raise BadInput("the capture is empty")
    return Capture(f"hfp-{digest.hexdigest()[:12]}", vehicles)


def read_line(line: bytes) -> Recorded:
    """Read one line of a capture.

    Raises:
        BadMessage: it is no JSON, no HFP position, or its time has no zone.
    """
    try:
        said = _line(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadMessage(f"no HFP message: {error}") from error
    vehicle = said.payload.VP
    if vehicle.tst.tzinfo is None:
        raise BadMessage(f"tst {vehicle.tst.isoformat()} has no zone", code="bad_time")
    located = vehicle.long is not None and vehicle.lat is not None
    return Recorded(
        device=vehicle_name(said.topic),
        at=vehicle.tst,
        lon=vehicle.long if located else None,
        lat=vehicle.lat if located else None,
        speed_mps=vehicle.spd,
        heading_deg=vehicle.hdg,
    )


def vehicle_name(topic: str) -> DeviceName:
    """Return `hfp-{oper}-{veh}` of a topic, as in `/hfp/v1/journey/ongoing/bus/0018/00640/…`.

    Raises:
        BadMessage: the topic is not one of HFP's.
    """
    levels = topic.split("/")
    place = _LEVELS.get(levels[2]) if levels[:2] == ["", "hfp"] and len(levels) > 2 else None
    if place is None or len(levels) < place + 2:
        raise BadMessage(f"topic {topic[:100]!r} is not HFP's", code="unknown_topic")
    try:
        return device_name(f"hfp-{levels[place]}-{levels[place + 1]}".lower())
    except BadInput as error:
        raise BadMessage(f"topic {topic[:100]!r}: {error}", code="unknown_topic") from error
