"""`fieldops up`: the stack, all roles, the demo tenant and its simulated day, in the foreground.

The hub and the simulator are processes of their own, as they would be in earnest; their logs go
to files. Whatever ends this process ends them: they stop when their standard input closes. What
this command started it stops; a stack that ran before keeps running.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.panel import Panel

from fieldops import stack
from fieldops.commands.demo import DemoAccess, prepare_demo
from fieldops.commands.opening import ready_settings
from fieldops.errors import Conflict, Prerequisite, Unavailable
from fieldops.local import needs_local_stack
from fieldops.settings import Settings
from fieldops.stack.progress import Progress

# The first start compiles the dispatch kernel, which a busy machine takes its time for.
READY_S = 300.0
STOP_S = 15.0


def up(
    simulate: Annotated[bool, typer.Option(help="Run the demo day.")] = True,
    speed: Annotated[float, typer.Option(min=1, max=60, help="Of the demo day.")] = 5.0,
) -> None:
    """Start everything on this machine and stay until Ctrl-C."""
    settings = ready_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    # Said outright: whoever is started in the background inherits a SIGINT that does nothing.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _interrupt)
    with ExitStack() as ending, stack.progress_on(sys.stderr) as progress:
        ending.enter_context(_alone(settings))
        _check_port(settings)
        if needs_local_stack(settings):
            ending.enter_context(_stack(settings, progress))
        progress.say("preparing the databases and the demo tenant")
        access = prepare_demo(settings)
        progress.say("starting the hub")
        hub = ending.enter_context(_child(settings, "hub", "run", "all", "--with-parent"))
        _await_ready(settings, hub)
        children = [hub]
        if simulate:
            children.append(
                ending.enter_context(
                    _child(
                        settings,
                        "simulator",
                        "simulate",
                        "--with-parent",
                        f"--speed={speed}",
                        "--days=0",
                    )
                )
            )
        _show(settings, access, simulate=simulate)
        _stay(settings, children)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the folder's lock: a second `up` says so at once."""
    with (settings.home / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Conflict(
                f"already running here as process {file.read().strip() or '?'}: "
                f"see {_address(settings)}, or stop it with Ctrl-C in its terminal"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def _stack(settings: Settings, progress: Progress) -> Iterator[None]:
    """Bring the local stack up; stop it at the end if it was this command that started it."""
    ran = all(service.state == "running" for service in stack.status(settings.home))
    stack.up(settings.home, stack.ports_from(os.environ), progress=progress)
    try:
        yield
    finally:
        if not ran:
            stack.down(settings.home, progress=progress)


@contextmanager
def _child(settings: Settings, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `fieldops …` with its log in `{home}/{name}.log`; SIGTERM at the end, then SIGKILL."""
    with (settings.home / f"{name}.log").open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own program, with arguments of ours
            [sys.executable, "-m", "fieldops", *arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            # Ctrl-C reaches only us; the children are then stopped in order.
            start_new_session=True,
            env=os.environ | {"FIELDOPS_LOG_FORMAT": "json"},
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(STOP_S)


def _await_ready(settings: Settings, hub: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if hub.poll() is not None:
            raise Unavailable(f"the hub ended: {_last_line(settings.home / 'hub.log')}")
        try:
            if httpx.get(f"{_address(settings)}/readyz", timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise Unavailable(f"the hub was not ready in {READY_S:.0f} s: see {settings.home / 'hub.log'}")


def _stay(settings: Settings, children: "list[subprocess.Popen[bytes]]") -> None:
    """Wait for Ctrl-C; a hub that ends by itself is an error, a finished simulator is not."""
    hub = children[0]
    try:
        while hub.poll() is None:
            time.sleep(0.3)
    except KeyboardInterrupt:
        print("\nstopping", file=sys.stderr)
        return
    raise Unavailable(f"the hub ended: {_last_line(settings.home / 'hub.log')}")


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.api_host, settings.api_port))
        except OSError as error:
            raise Prerequisite(
                f"port {settings.api_port} of {settings.api_host} is taken: free it, or choose "
                "another with FIELDOPS_API_PORT"
            ) from error


def _show(settings: Settings, access: DemoAccess, *, simulate: bool) -> None:
    lines = [
        f"[bold]{_address(settings)}[/bold]   tenant [bold]{access.tenant}[/bold]",
        "",
        f"password of all: [bold]{access.password}[/bold]",
        *(f"  {login:<12} {what}" for login, what in access.logins),
        "",
        "The map: vehicles move within a minute, offers are made and accepted.",
        "As equipea in a narrow window: a crew's day on its phone.",
        f"Logs: {settings.home / 'hub.log'}" + (", simulator.log" if simulate else ""),
        "Ctrl-C stops everything.",
    ]
    Console().print(Panel("\n".join(lines), title="FieldOps360", expand=False))


def _address(settings: Settings) -> str:
    return f"http://{settings.api_host}:{settings.api_port}"


def _last_line(path: Path) -> str:
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.exists() else []
    return lines[-1] if lines else "it wrote nothing"


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
