"""What is said on the wire, as bytes, each part encoded once however many hear it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from fieldops.events import Event
from fieldops.model import Fix, great_circle_m

MOVING_MPS = 1.0
# Without a speed from the device, this much beyond both accuracies is a move; older says nothing.
DRIFT_M = 10.0
STEP_MOST_S = 120.0

_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(frozen=True, slots=True)
class Viewport:
    """What a map shows, degrees; `west` > `east` crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def shows(self, lon: float, lat: float) -> bool:
        """Return whether a point is in view."""
        if not self.south <= lat <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= lon <= self.east
        return lon >= self.west or lon <= self.east


def is_moving(fix: Fix, before: Fix | None) -> bool:
    """Return whether the device moves: by its own speed, else by what it covered."""
    if fix.speed_mps is not None:
        return fix.speed_mps >= MOVING_MPS
    if before is None:
        return False
    step_s = (fix.observed_at - before.observed_at).total_seconds()
    if not 0 < step_s <= STEP_MOST_S:
        return False
    drift_m = DRIFT_M + (fix.accuracy_m or 0.0) + (before.accuracy_m or 0.0)
    moved_m = great_circle_m(before.lon, before.lat, fix.lon, fix.lat)
    return moved_m > drift_m and moved_m / step_s >= MOVING_MPS


def whole_ms(at: datetime) -> datetime:
    """Return the instant cut to milliseconds: ages are counted from what the frame says."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def fix_row(fix: Fix, *, moving: bool, now: datetime) -> bytes:
    """Return a device's row, its age counted at `now`."""
    return _encode(
        (
            fix.device,
            round(fix.lon, 7),
            round(fix.lat, 7),
            _rounded(fix.heading_deg),
            _rounded(fix.speed_mps),
            round((now - fix.observed_at).total_seconds(), 3),
            "moving" if moving else "stopped",
            _rounded(fix.accuracy_m),
        )
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def fixes_frame(now: datetime, rows: Iterable[bytes]) -> str:
    """Return one tick's positions."""
    return f'{{"now":"{now.isoformat()}","fixes":[{_joined(rows)}]}}'


def encode_event(event: Event) -> bytes:
    """Return one event as it stands in an events frame."""
    return _encode({"at": event.position, "kind": event.kind, "body": event.body})


def events_frame(events: Iterable[bytes]) -> str:
    """Return events in order."""
    return f'{{"events":[{_joined(events)}]}}'


def encode(body: Any) -> str:
    """Return any other message; ids and other values as their text, times as RFC 3339."""
    return _encode(body).decode()


def snapshot_frame(snapshot: dict[str, Any], rows: Iterable[bytes], at: int) -> str:
    """Return the opening of a connection; `rows` are the snapshot's `fixes`."""
    raw = snapshot | {"fixes": msgspec.Raw(b"[" + b",".join(rows) + b"]")}
    return encode({"snapshot": raw, "at": at, "resumed": False})


def _joined(parts: Iterable[bytes]) -> str:
    return b",".join(parts).decode()
