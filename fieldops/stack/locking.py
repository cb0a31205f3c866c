"""One at a time: a lock on a file, let go by the kernel when its holder dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldops.errors import Unavailable
from fieldops.stack.progress import Progress

_POLL_S = 0.2


@contextmanager
def locked(path: Path, *, limit_s: float, progress: Progress) -> Iterator[None]:
    """Hold the lock `path`, waiting for another holder at most `limit_s` seconds.

    Raises:
        Unavailable: the other holder did not end in time.
    """
    with path.open("a") as file:
        deadline, told = time.monotonic() + limit_s, False
        while not _try(file.fileno()):
            if time.monotonic() > deadline:
                raise Unavailable(f"{path} is still held by another process after {limit_s:.0f} s")
            if not told:
                progress.say(f"waiting for another process that holds {path}")
                told = True
            time.sleep(_POLL_S)
        yield


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
