"""Bytes of a device to fixes and attendance: pure, total, and nothing silently altered.

`decode` never lets another exception out than `BadMessage`, whatever the bytes. What one message
says badly is quarantined whole, naming the field, never repaired; but an odd *time* is only
flagged. Each element of an array is judged on its own.
"""

from devices.wire.message import (
    ARRAY_MAX,
    PAYLOAD_MAX_BYTES,
    AttendanceMessage,
    Decoded,
    Reject,
    StatusMessage,
    Unlocated,
    classify,
)
from devices.wire.own import decode_own, sound_fix
from devices.wire.owntracks import decode_owntracks
from devices.wire.reading import decode

__all__ = [
    "ARRAY_MAX",
    "PAYLOAD_MAX_BYTES",
    "AttendanceMessage",
    "Decoded",
    "Reject",
    "StatusMessage",
    "Unlocated",
    "classify",
    "decode",
    "decode_own",
    "decode_owntracks",
    "sound_fix",
]
