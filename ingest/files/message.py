"""What a file's reader says of each place in it, and how a file is told from another.

Whatever the format, a fix becomes a message of our own JSON and is read by the rules of the wire,
so a file can say nothing a device could not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fieldops.errors import BadInput

CHUNK_BYTES = 1 << 20
_encode = msgspec.json.Encoder().encode


class Said(NamedTuple):
    """A message of our own JSON, at line `line` (from 1); `end` bytes of the file are behind it."""

    line: int
    payload: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Unusable:
    """What is no message, at line `line`, and why."""

    line: int
    code: str
    reason: str


def run_of(path: Path) -> str:
    """Return the sequence space of a file without one: the same content is the same space, so that
    a file read twice makes no second row.

    Raises:
        BadInput: the file cannot be read.
    """
    digest = sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    return f"file-{digest.hexdigest()[:16]}"


def own_json(run: str, seq: int, values: Mapping[str, Any]) -> bytes:
    """Return a message of our own JSON; `values` by its names, None left out."""
    content = {name: value for name, value in values.items() if value is not None}
    return _encode({"run": run, "seq": seq, **content})


def number(text: str) -> float:
    """Return a number; JSON has no other than finite ones.

    Raises:
        ValueError: it is none.
    """
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text!r} is not finite")
    return value
