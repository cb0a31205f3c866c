"""Runs `make up` and `make test` as an ordinary user, in a fresh clone, from an empty home.

Needs root, to become somebody else. Ports differ from the defaults, so that a running stack is
left alone. The recorded traces beside the project, if any, are lent to the clone.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
USER = "nobody"  # PostgreSQL refuses a user without a name; this one is everywhere
PORTS = {
    "FIELDOPS_STACK_POSTGRES_PORT": "26432",
    "FIELDOPS_STACK_VALKEY_PORT": "27379",
    "FIELDOPS_STACK_MQTT_PORT": "22883",
    "FIELDOPS_STACK_S3_PORT": "29333",
    "FIELDOPS_API_PORT": "9360",
    "FIELDOPS_METRICS_PORT": "9361",
}
UP_S, STOP_S, TEST_S = 900, 90, 1800


def main() -> int:
    if os.geteuid() != 0:
        print(
            "fieldops: test-as-user needs root; you are an ordinary user already", file=sys.stderr
        )
        return 1
    user = pwd.getpwnam(USER)
    folder = Path(tempfile.mkdtemp(prefix="fieldops-user-"))
    try:
        clone = prepare(folder, user)
        environment = clean_environment(folder / "home")
        return smoke(clone, environment, user) or make("test", clone, environment, user)
    finally:
        remove(folder, user)


def prepare(folder: Path, user: pwd.struct_passwd) -> Path:
    """Lay a clone of the last commit and an empty home in `folder`, both the user's."""
    folder.chmod(0o755)
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True)
    traces = ROOT.parent / "shared"
    if traces.is_dir():
        (folder / "shared").symlink_to(traces)
    subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", clone, home], check=True)
    return clone


def clean_environment(home: Path) -> dict[str, str]:
    """Keep how this machine reaches its registries, drop what belongs to root."""
    reaches = ("PIP_", "NPM_CONFIG_", "npm_config_", "http", "HTTP", "no_proxy", "NO_PROXY", "SSL_")
    kept = {name: value for name, value in os.environ.items() if name.startswith(reaches)}
    path = [entry for entry in os.get_exec_path() if usable(entry)]
    return kept | PORTS | {"HOME": str(home), "PATH": os.pathsep.join(path), "LANG": "C.UTF-8"}


def usable(folder: str) -> bool:
    """Say whether an ordinary user may look into the folder, and so into all above it."""
    path = Path(folder)
    return path.is_dir() and all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def start(
    target: str, clone: Path, environment: dict[str, str], user: pwd.struct_passwd
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        ["make", target],
        cwd=clone,
        env=environment,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def smoke(clone: Path, environment: dict[str, str], user: pwd.struct_passwd) -> int:
    """Bring everything up, see it ready, stop it as Ctrl-C would."""
    began = time.monotonic()
    with start("up", clone, environment, user) as process:
        try:
            if not await_ready(process, began):
                print("fieldops: `make up` was not ready", file=sys.stderr)
                return 1
            print(f"ready after {time.monotonic() - began:.0f} s, stopping", file=sys.stderr)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
    return 0


def await_ready(process: "subprocess.Popen[bytes]", began: float) -> bool:
    address = f"http://127.0.0.1:{PORTS['FIELDOPS_API_PORT']}/readyz"
    while process.poll() is None and time.monotonic() < began + UP_S:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    return False


def make(target: str, clone: Path, environment: dict[str, str], user: pwd.struct_passwd) -> int:
    with start(target, clone, environment, user) as process:
        try:
            return process.wait(TEST_S)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def remove(folder: Path, user: pwd.struct_passwd) -> None:
    python = folder / "clone/.venv/bin/python"
    if python.exists():
        subprocess.run(
            [python, "-m", "fieldops.stack", "down"],
            cwd=folder / "clone",
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            timeout=120,
            check=False,
        )
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
