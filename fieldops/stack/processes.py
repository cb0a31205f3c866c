"""Starts, finds and stops the services' processes.

There is no pid file to go stale: a service is found by its command line (its program's name and
one argument that is only ours, a path below the stack's folder) and by the user it runs as.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fieldops.errors import Prerequisite
from fieldops.stack.layout import Layout, port_setting

_POLL_S = 0.05
_PORT_S = 2.0
_LOG_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Process:
    """How a service is known among all processes, and ended.

    Attributes:
        program: the file name of its executable.
        mark: the argument that tells it from any other process of the same program.
        stop: the signal for a clean stop.
    """

    name: str
    program: str
    mark: str
    stop: signal.Signals = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Service:
    """A service ready to be started.

    Attributes:
        program: absolute path.
        arguments: asked at each start; the process's mark is one of them.
        prepare: writes configuration and a new data folder; called before every start.
        answers: raises while the service does not serve.
    """

    process: Process
    port: int
    program: Path
    arguments: Callable[[], tuple[str, ...]]
    environment: Mapping[str, str]
    prepare: Callable[[], None]
    answers: Callable[[], None]

    @property
    def name(self) -> str:
        return self.process.name


def find(process: Process, layout: Layout) -> int | None:
    """Return the pid of the service, None when it does not run."""
    uid = layout.identity.uid if layout.identity else os.geteuid()
    found: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if (
                os.fsencode(process.mark) in words
                and Path(os.fsdecode(words[0])).name == process.program
                and entry.stat().st_uid == uid
            ):
                found[int(entry.name)] = _parent(entry)
    # A service may have forked: the parent is the one meant.
    return next((pid for pid, parent in sorted(found.items()) if parent not in found), None)


def start(service: Service, layout: Layout) -> None:
    """Start the service detached, in its folder, its output appended to its log."""
    log = layout.log(service.name)
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    identity = layout.identity
    with log.open("ab") as output:
        # setsid --fork: the service outlives us and its end is reaped by init.
        subprocess.run(
            [_setsid(), "--fork", str(service.program), *service.arguments()],
            cwd=layout.folder(service.name),
            env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "HOME": str(layout.folder(service.name))}
            | dict(service.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=[] if identity else None,
            umask=0o077,
            timeout=30,
            check=True,
        )


def run_as_service(layout: Layout, folder: Path, command: list[str], env: dict[str, str]) -> None:
    """Run a preparing command as the services' user.

    Raises:
        Prerequisite: it failed; the message is its last line.
    """
    identity = layout.identity
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "TZ": "UTC"} | env,
        capture_output=True,
        text=True,
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
        umask=0o077,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        raise Prerequisite(f"{Path(command[0]).name}: {last}")


def stop(process: Process, layout: Layout, *, limit_s: float) -> bool:
    """Stop the service; kill it after `limit_s` seconds. Return whether it ran."""
    pid = find(process, layout)
    if pid is None:
        return False
    for number, patience_s in ((process.stop, limit_s), (signal.SIGKILL, 10.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if find(process, layout) != pid:
                return True
            time.sleep(_POLL_S)
    raise Prerequisite(f"{process.name} (pid {pid}) cannot be stopped")


def check_port(service: str, port: int) -> None:
    """Raise Prerequisite when another program listens on the port.

    Not at once: a process that was killed is gone from the table before its sockets are closed.
    """
    deadline = time.monotonic() + _PORT_S
    while not port_is_free(port):
        if time.monotonic() > deadline:
            raise Prerequisite(
                f"port {port} for {service} is taken by another program: "
                f"free it, or set {port_setting(service)}"
            )
        time.sleep(_POLL_S)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def process_name(pid: int) -> str | None:
    """Return the name of a process, None when there is none."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


def _parent(entry: Path) -> int:
    # The name, in parentheses, may hold spaces: count from behind it.
    return int((entry / "stat").read_text().rpartition(")")[2].split()[1])


def _setsid() -> str:
    path = shutil.which("setsid")
    if path is None:
        raise Prerequisite("setsid not found: the stack needs util-linux")
    return path
