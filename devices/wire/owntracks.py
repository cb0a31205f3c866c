"""OwnTracks JSON, as its free phone apps publish it (Booklet, "JSON").

Only `location` holds a fix. Its numbers come as integers or floats and stay floats; `vel` is
km/h; values that are zero are omitted, so a missing one is unknown, never zero. There is no
sequence here: `run` is "" and no `ack` answers, a device has the broker's durability only.
"""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from devices.wire.message import (
    Decoded,
    Reject,
    check_range,
    check_time,
    classify,
    read_json,
    utc,
)
from devices.wire.own import ACCURACY_MAX_M, ALTITUDE_MAX_M, SPEED_MAX_MPS
from fieldops.errors import BadMessage
from fieldops.model import Fix

MPS_PER_KMH = 1 / 3.6

_WITHOUT_FIX = frozenset(
    {"beacon", "card", "cmd", "configuration", "dump", "lwt", "request", "status", "step"}
    | {"steps", "transition", "waypoint", "waypoints"}
)


class _Kind(msgspec.Struct, gc=False):
    type: str = msgspec.field(name="_type")


class _Location(msgspec.Struct, gc=False):
    lat: float
    lon: float
    tst: float
    acc: float | None = None
    alt: float | None = None
    vel: float | None = None
    cog: float | None = None
    batt: float | None = None


_kind = msgspec.json.Decoder(_Kind).decode
_location = msgspec.json.Decoder(_Location).decode


def decode_owntracks(payload: bytes, *, device: UUID, received_at: datetime) -> Decoded:
    """Decode an OwnTracks payload; see `decode`."""
    match read_json(_kind, payload).type:
        case "location":
            try:
                return Decoded(fixes=(_read_location(payload, device, received_at),))
            except BadMessage as error:
                return Decoded(rejects=(Reject(0, error.code, str(error), payload),))
        case "encrypted":
            raise BadMessage("OwnTracks encryption is not supported", code="encrypted_unsupported")
        case kind if kind in _WITHOUT_FIX:
            return Decoded(ignored=f"owntracks {kind}")
        case kind:
            raise BadMessage(f"_type {kind[:40]!r} is not OwnTracks'", code="unknown_type")


def _read_location(payload: bytes, device: UUID, received_at: datetime) -> Fix:
    message = read_json(_location, payload)
    check_range("lon", message.lon, -180.0, 180.0)
    check_range("lat", message.lat, -90.0, 90.0)
    check_range("acc", message.acc, 0.0, ACCURACY_MAX_M)
    check_range("alt", message.alt, -ALTITUDE_MAX_M, ALTITUDE_MAX_M)
    check_range("vel", message.vel, 0.0, SPEED_MAX_MPS / MPS_PER_KMH)
    check_range("cog", message.cog, 0.0, 360.0)
    check_range("batt", message.batt, 0.0, 100.0)
    observed_at = _from_epoch(message.tst)
    check_time("tst", observed_at, received_at)
    return Fix(
        device,
        observed_at,
        received_at,
        message.lon,
        message.lat,
        accuracy_m=message.acc,
        speed_mps=None if message.vel is None else message.vel * MPS_PER_KMH,
        heading_deg=message.cog,
        altitude_m=message.alt,
        battery_pct=None if message.batt is None else round(message.batt),
        source="owntracks",
        flags=classify(observed_at, received_at, None),
    )


def _from_epoch(tst: float) -> datetime:
    try:
        at = datetime.fromtimestamp(tst, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise BadMessage(
            f"tst {tst} outside the years 2 to 9998", code="bad_time", field="tst"
        ) from error
    return utc(at, "tst")
