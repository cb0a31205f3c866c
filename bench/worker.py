"""A worker of the hub as a process of its own, to be measured or killed."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.own_stack import free_ports
from fieldops.observability import HOST

STOP_S = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Worker:
    """`fieldops run ROLE...`, started, killed and started again."""

    roles: Sequence[str]
    env: dict[str, str]
    log: Path
    metrics_port: int
    starts: int = 0
    _child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def metrics_url(self) -> str:
        return f"http://{HOST}:{self.metrics_port}/metrics"

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "fieldops", "run", *self.roles, "--with-parent"],
                env=self.env | {"FIELDOPS_METRICS_PORT": str(self.metrics_port)},
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )
        self.starts += 1

    def kill(self) -> None:
        """End it at once, as a machine does that loses power."""
        assert self._child is not None
        self._child.kill()
        self._child.wait(STOP_S)
        self._let_go()

    async def stop(self) -> None:
        """Let it drain and end; kill it when it does not."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            await asyncio.to_thread(self._child.wait, STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._let_go()

    def _let_go(self) -> None:
        """Close our end of the pipe by which it knows that we live."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()

    def said(self, event: str) -> Iterator[dict[str, Any]]:
        """Yield what its log says of one event."""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if event in line and line.startswith("{"):
                    fields = json.loads(line)
                    if fields.get("event") == event:
                        yield fields


@asynccontextmanager
async def working(
    roles: Sequence[str], env: Mapping[str, str], folder: Path
) -> AsyncIterator[Worker]:
    """Run a worker, and stop it at the end."""
    log = folder / f"{'-'.join(roles)}.log"
    worker = Worker(roles, dict(env), log, free_ports(1)[0])
    worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


def cpu_s(pid: int) -> float:
    """Return the processor seconds a process has used, its children's not counted; 0 if gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / _TICKS


def cpu_of_family_s(pid: int) -> float:
    """Return the processor seconds of a process and its living children, and of dead ones it
    has waited for: a database server's backends."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    own = sum(int(word) for word in words[11:15]) / _TICKS
    return own + sum(cpu_s(int(child)) for child in children)


def resident_mb(pid: int) -> float:
    """Return the memory of a process, MB; 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 1e6
    except OSError:
        return 0.0
