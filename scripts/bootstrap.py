"""Installs what is missing in this clone: the Python environment, the web application.

Runs before anything is installed, so it needs the standard library only. Each step leaves a stamp
that holds a hash of what it was made from: a second run compares and is done. Two runs at once
take turns; a run that was killed is redone.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV, WEB, HOME = ROOT / ".venv", ROOT / "web", ROOT / ".fieldops"
LOG = HOME / "bootstrap.log"
NODE = (20, 19)


class Missing(Exception):
    """What the machine lacks, in one line."""


def main() -> None:
    steps: dict[str, Callable[[], None]] = {"python": install_python, "web": build_web}
    try:
        with one_at_a_time():
            for name in sys.argv[1:]:
                steps[name]()
    except Missing as error:
        sys.exit(f"fieldops: {error}")
    except PermissionError as error:
        sys.exit(f"fieldops: cannot write {error.filename}: run as the owner of this clone")
    except KeyboardInterrupt:
        sys.exit(130)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    for folder in (ROOT, VENV, HOME, WEB / "node_modules", WEB / "dist"):
        check_owner(folder)
    HOME.mkdir(exist_ok=True)
    with (HOME / "bootstrap.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another installation in this clone")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check_owner(folder: Path) -> None:
    """Refuse what another user made: it could be neither changed nor trusted."""
    if not folder.exists() or folder.stat().st_uid == os.geteuid():
        return
    remedy = "run as its owner" if folder == ROOT else "run as its owner, or remove it"
    owner, me = user_name(folder.stat().st_uid), user_name(os.geteuid())
    raise Missing(f"{folder} belongs to {owner}, not to {me}: {remedy}")


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def install_python() -> None:
    """Make .venv from requirements.lock, hashes checked, and put the project in it."""
    lock = ROOT / "requirements.lock"
    # The folder's path is in its scripts: a moved clone needs a new one.
    wanted = digest([lock, ROOT / "pyproject.toml"], f"{sys.version} {VENV}")
    stamp, unfinished = VENV / ".stamp", VENV / ".unfinished"
    if read(stamp) == wanted:
        return
    if VENV.exists() and (unfinished.exists() or moved()):
        shutil.rmtree(VENV)
    stamp.unlink(missing_ok=True)
    if not VENV.exists():
        if importlib.util.find_spec("ensurepip") is None:
            raise Missing("Python's venv module is missing: apt-get install python3.11-venv")
        say("making .venv")
        VENV.mkdir()
        unfinished.touch()
        run([sys.executable, "-m", "venv", str(VENV)], LOG)
    unfinished.touch()
    total = len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE))
    pip = [str(VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install"]
    counted = re.compile(r"Collecting |Processing |Ignoring |Requirement already satisfied: ")
    run(
        [*pip, "--require-hashes", "-r", str(lock)],
        LOG,
        "installing Python packages",
        counted,
        total,
    )
    run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], LOG)
    stamp.write_text(wanted)
    unfinished.unlink()


def moved() -> bool:
    activate = VENV / "bin/activate"
    return not activate.exists() or str(VENV) not in activate.read_text()


def build_web() -> None:
    """Build web/dist with exactly the packages of package-lock.json."""
    if not (WEB / "package.json").exists():
        return
    lock = WEB / "package-lock.json"
    modules = WEB / "node_modules/.stamp"
    wanted = digest([lock, WEB / "package.json"])
    if read(modules) != wanted:
        npm = check_node()
        say("installing web packages")
        # npm ci removes node_modules first, and our stamp with it.
        run([npm, "ci", "--no-audit", "--no-fund"], LOG, cwd=WEB)
        modules.write_text(wanted)
    built = WEB / "dist/.stamp"
    sources = [path for path in web_sources() if path.is_file()]
    wanted = digest(sources, wanted)
    if read(built) != wanted:
        npm = check_node()
        say("building the web application")
        built.unlink(missing_ok=True)
        run([npm, "run", "build"], LOG, cwd=WEB)
        built.write_text(wanted)


def web_sources() -> Iterator[Path]:
    for path in sorted(WEB.iterdir()):
        if path.name in {"src", "public"}:
            yield from sorted(path.rglob("*"))
        elif path.suffix in {".json", ".ts", ".html", ".js"}:
            yield path


def check_node() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Missing("node or npm not found: the web application needs Node.js 20")
    version = subprocess.check_output([node, "--version"], text=True, timeout=30).strip()
    found = tuple(int(part) for part in version.lstrip("v").split(".")[:2])
    if found < NODE:
        raise Missing(f"node {version} is too old: the web application needs {NODE[0]}.{NODE[1]}")
    return npm


def digest(files: Iterable[Path], also: str = "") -> str:
    total = hashlib.sha256(also.encode())
    for path in files:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(
    command: list[str],
    log: Path,
    text: str = "",
    counted: "re.Pattern[str] | None" = None,
    total: int = 0,
    *,
    cwd: Path = ROOT,
) -> None:
    """Run a command into the log; show how many of `total` lines match `counted` went by."""
    lines: list[str] = []
    done = 0
    with (
        log.open("a") as output,
        subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            output.write(line)
            lines = [*lines[-200:], line.strip()]
            if counted and counted.match(line):
                done += 1
                show(text, done, total)
    if sys.stderr.isatty() and counted:
        say("")
    if process.returncode != 0:
        raise Missing(f"{Path(command[0]).name} {reason(lines, process.returncode)} (see {log})")


def show(text: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{text} {done}/{total}", end="", file=sys.stderr, flush=True)
    elif done % 20 == 1 or done == total:
        say(f"{text} {done}/{total}")


def reason(lines: list[str], status: int) -> str:
    said = [line for line in lines if re.match(r"(?i)(npm )?(error|err!)\b", line)]
    return f"failed: {said[0] if said else (lines or [f'status {status}'])[-1]}"


if __name__ == "__main__":
    main()
