"""Run solves in processes of their own, each with a deadline that holds.

OR-Tools keeps the GIL for the whole search and a bad parameter can end the process; so the loop
never solves, and a solver that dies or overruns is killed, replaced, and reported as Unavailable:
the caller keeps the plan it has.

Processes are fresh interpreters (`python -m dispatch.engine.worker`), never forks of a process that
has threads and sockets. One solve a process at a time; callers beyond `waiting` are refused at
once.
"""

import asyncio
import pickle
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

import structlog

from dispatch.problem import Plan, Problem
from fieldops.errors import FieldopsError, Unavailable

log = structlog.get_logger()
Way = Literal["portfolio", "repair", "explain", "kernel", "or-tools", "greedy"]

# As in dispatch.engine.worker, which is not imported here: it would load OR-Tools into the parent.
_LENGTH = struct.Struct(">Q")
# Code of the Unavailable that says nothing about the problem: no process took it.
BUSY = "solver_busy"
_CLOSE_S = 1.0  # an idle worker leaves in milliseconds; a busy one is killed


class SolverPool:
    """Solver processes, started and warm inside `async with`, gone after it.

    Args:
        workers: processes, so solves at the same time; each uses one core and about 100 MB.
        waiting: callers that may wait for a free process; one more is refused.
        wait_s: how long they wait.
        grace_s: what a solve may take above its seconds (pickling, explanation) before it is
            killed; 0.5 s were measured on 50 crews and 500 tasks.
        start_s: how long a process may take to be warm; where the kernel was never compiled that
            is 15 s on a free core, and as many times more as the machine is busy.
        eager: wait for that at the start; else the first caller does.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        waiting: int = 32,
        wait_s: float = 10.0,
        grace_s: float = 3.0,
        start_s: float = 180.0,
        eager: bool = True,
    ) -> None:
        self._count, self._waiting, self._wait_s = workers, waiting, wait_s
        self._grace_s, self._start_s, self._eager = grace_s, start_s, eager
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue(workers)
        self._workers: list[_Worker] = []
        self._queued = 0

    async def __aenter__(self) -> Self:
        try:
            for _ in range(self._count):
                self._workers.append(await _start())
            for worker in self._workers:
                if self._eager:
                    await worker.warm(self._start_s)
                self._idle.put_nowait(worker)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes now in the pool, in no order."""
        return tuple(worker.process.pid for worker in self._workers)

    async def solve(
        self,
        problem: Problem,
        seconds: float,
        *,
        seed: int = 0,
        previous: Plan | None = None,
        way: Way = "portfolio",
    ) -> Plan:
        """Solve in a worker; every plan that comes back has passed the checker there.

        way: "portfolio" as `dispatch.engine.portfolio.solve`, "repair" and "explain" as its
        functions of these names (the latter gives `previous` back, not checked again), or one
        solver alone.

        Raises:
            Unavailable: no worker came free in time, or it died, or it overran seconds + grace, or
                the checker refused what it found.
        """
        limit_s = seconds + self._grace_s
        request = pickle.dumps(
            (way, problem, seconds, seed, previous, limit_s), protocol=pickle.HIGHEST_PROTOCOL
        )
        async with self._borrowed() as worker:
            await worker.warm(self._start_s)
            answer = await worker.ask(request, limit_s)
        if isinstance(answer, FieldopsError):
            raise answer
        if not isinstance(answer, Plan):
            raise Unavailable(f"solver answered with {type(answer).__name__}, not a plan")
        return answer

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator["_Worker"]:
        worker = await self._take()
        try:
            if worker.process.returncode is not None:
                worker = await self._replace(worker)
            try:
                yield worker
            except BaseException as error:
                # Cancelled or failed half-way through a frame: the pipe cannot be trusted again.
                log.warning("solver.killed", pid=worker.process.pid, reason=repr(error))
                await worker.kill()
                with suppress(Unavailable):  # then the next caller tries again
                    worker = await self._replace(worker)
                raise
        finally:
            self._idle.put_nowait(worker)

    async def _take(self) -> "_Worker":
        if self._queued >= self._waiting:
            raise Unavailable(
                f"{self._queued} solves already wait, at most {self._waiting}", code=BUSY
            )
        self._queued += 1
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._idle.get()
        except TimeoutError as error:
            raise Unavailable(f"no solver came free within {self._wait_s} s", code=BUSY) from error
        finally:
            self._queued -= 1

    async def _replace(self, old: "_Worker") -> "_Worker":
        """Put a new process in the place of a dead one; it warms up while nobody waits for it."""
        if old not in self._workers:
            raise Unavailable("the solver pool is closed")
        new = await _start()
        self._workers[self._workers.index(old)] = new
        return new

    async def _close(self) -> None:
        workers, self._workers = self._workers, []
        for worker in workers:
            await worker.leave()


@dataclass(slots=True, eq=False)
class _Worker:
    process: Process
    is_warm: bool = False

    async def warm(self, timeout_s: float) -> None:
        """Wait for the first frame, which a worker sends when its libraries are loaded."""
        if not self.is_warm:
            await self._read(timeout_s)
            self.is_warm = True

    async def ask(self, request: bytes, timeout_s: float) -> object:
        assert self.process.stdin
        try:
            self.process.stdin.write(_LENGTH.pack(len(request)))
            self.process.stdin.write(request)
        except OSError as error:
            raise Unavailable(f"solver {self.process.pid} is gone") from error
        return await self._read(timeout_s)

    async def _read(self, timeout_s: float) -> object:
        assert self.process.stdout
        try:
            async with asyncio.timeout(timeout_s):
                (length,) = _LENGTH.unpack(await self.process.stdout.readexactly(_LENGTH.size))
                body = await self.process.stdout.readexactly(length)
        except TimeoutError as error:
            raise Unavailable(f"solver overran its {timeout_s:.1f} s") from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Unavailable(f"solver {self.process.pid} died") from error
        return pickle.loads(body)  # noqa: S301 our own child

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def leave(self) -> None:
        """Close the pipe, which ends the worker; kill it when it is too busy to notice."""
        assert self.process.stdin
        self.process.stdin.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.process.wait()
        except TimeoutError:
            await self.kill()


async def _start() -> _Worker:
    command = (sys.executable, "-P", "-m", "dispatch.engine.worker")
    try:
        return _Worker(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE))
    except OSError as error:
        raise Unavailable("no solver process could be started") from error
