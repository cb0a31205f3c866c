"""The other end of `dispatch.engine.pool`: a process that solves what its pipe brings, till closed.

Frames are a length of 8 bytes and a pickle. Standard output is the answer's pipe, so whatever a
native library prints goes to standard error instead.

It cannot outlive its use: a parent that dies, even by SIGKILL, closes the pipe it reads; and a
solve that never returns is ended by the kernel's own timer, which needs neither the parent nor the
GIL.
"""

import gc
import os
import pickle
import signal
import struct
import sys
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from uuid import UUID

import structlog

from dispatch.engine import routing
from dispatch.engine.kernel.solving import warm
from dispatch.engine.portfolio import WAYS
from dispatch.problem import Crew, CrewStart, Task, estimated_problem
from fieldops.errors import FieldopsError, Unavailable
from fieldops.log import trace_of

log = structlog.get_logger()
_LENGTH = struct.Struct(">Q")


def main() -> None:
    """Answer requests (way, problem, seconds, seed, previous, hard_limit_s) with a Plan or error.

    way: a name in `dispatch.engine.portfolio.WAYS`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _warm()
    gc.freeze()  # the libraries stay for good: no collection looks at them again
    gc.disable()
    _write(answers, None)
    while (request := _read(sys.stdin.buffer)) is not None:
        way, problem, seconds, seed, previous, hard_limit_s = pickle.loads(request)  # noqa: S301 our own parent
        signal.setitimer(signal.ITIMER_REAL, hard_limit_s)
        try:
            answer: object = WAYS[way](problem, seconds=seconds, seed=seed, previous=previous)
        except FieldopsError as error:
            answer = error
        except Exception as error:  # noqa: BLE001 a bug costs this answer, not the warm process
            log.error("worker.failed", way=way, error=type(error).__name__, trace=trace_of(error))
            answer = Unavailable(f"{way} failed: {type(error).__name__}")
        _write(answers, answer)
        signal.setitimer(signal.ITIMER_REAL, 0)
        gc.collect()  # between two answers, where nobody waits


def _warm() -> None:
    """Pay for the kernel's machine code and OR-Tools' first model before anybody waits for it."""
    warm()
    now = datetime.now(UTC)
    crew = Crew(UUID(int=1), CrewStart(0.0, 0.0, "depot", now), now, now + timedelta(hours=1))
    task = Task(UUID(int=2), 0.01, 0.0, 60, now, now + timedelta(hours=1))
    routing.solve(estimated_problem(now, [crew], [task]), seconds=0.1)


def _read(pipe: BinaryIO) -> bytes | None:
    header = pipe.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    body = pipe.read(length)
    return body if len(body) == length else None


def _write(pipe: BinaryIO, answer: object) -> None:
    body = pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
    try:
        pipe.write(_LENGTH.pack(len(body)) + body)
        pipe.flush()
    except BrokenPipeError:
        # The parent is gone and so is the reader; leave without Python's complaint at exit.
        os._exit(0)


if __name__ == "__main__":
    main()
