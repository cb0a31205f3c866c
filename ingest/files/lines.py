"""Own JSON, one message a line, as devices publish it."""

from collections.abc import Iterator
from typing import BinaryIO

from devices.wire import PAYLOAD_MAX_BYTES
from ingest.files.message import Said, Unusable


def read_lines(file: BinaryIO) -> Iterator[Said | Unusable]:
    """Yield each line's message; empty lines are none."""
    end = 0
    for number, line in enumerate(_lines(file), start=1):
        end += len(line)
        if len(line) > PAYLOAD_MAX_BYTES:
            yield Unusable(number, "too_long", f"longer than {PAYLOAD_MAX_BYTES} bytes")
        elif payload := line.strip():
            yield Said(number, payload, end)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines, of one that never ends no more than its beginning."""
    while line := file.readline(PAYLOAD_MAX_BYTES + 1):
        yield line
        while len(line) > PAYLOAD_MAX_BYTES and not line.endswith(b"\n"):
            line = file.readline(PAYLOAD_MAX_BYTES + 1)
