"""Downloads Debian packages with everything they need, beside the machine's own apt.

apt runs with a configuration, lists and an empty package status of ours, so that nothing of the
system is read or changed but its mirrors, its keys and how it reaches the network. No root needed.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from fieldops.errors import Prerequisite
from fieldops.stack.debian.sources import read_machine, retarget
from fieldops.stack.progress import Progress

SUITE = "trixie"
_UPDATE_S, _DOWNLOAD_S = 300, 1800
_NETWORK = ("Acquire::http", "Acquire::https", "Acquire::Check", "Acquire::Force")


def download(folder: Path, packages: Sequence[str], *, progress: Progress) -> list[Path]:
    """Fetch `packages` and their dependencies into `folder`, going on where a killed run stopped.

    Args:
        folder: ours alone; the caller holds its lock.
        packages: names in Debian's archive.

    Returns:
        The .deb files, each verified by apt against the signed index.

    Raises:
        Prerequisite: apt is absent, the network or a package cannot be had.
    """
    for tool in ("apt-get", "apt-config", "dpkg"):
        if shutil.which(tool) is None:
            raise Prerequisite(f"{tool} not found: the stack needs Debian's apt and dpkg")
    configuration = _configure(folder)
    progress.say("reading the package lists")
    listed = _apt(configuration, ["update"], limit_s=_UPDATE_S)
    text = f"downloading {packages[0]}"
    arguments = ["install", "--yes", "--download-only", "--no-install-recommends", *packages]
    fetched = _apt(configuration, arguments, limit_s=_DOWNLOAD_S, text=text, progress=progress)
    if fetched is not None:
        # A foreign entry that failed to update is no matter as long as the packages came.
        raise Prerequisite(f"cannot download {packages[0]}: {listed or fetched}")
    progress.advance(text, 1, 1)
    return sorted((folder / "archives").glob("*.deb"))


def _configure(folder: Path) -> Path:
    for name in ("lists/partial", "archives/partial", "sources", "none"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text("")
    mirror = os.environ.get("FIELDOPS_APT_MIRROR", "")
    lists, deb822 = (
        (f"deb {mirror} {SUITE} main\n", "") if mirror else retarget(*read_machine(), SUITE)
    )
    (folder / "sources/debian.list").write_text(lists)
    (folder / "sources/debian.sources").write_text(deb822)
    settings = {
        "Dir::Etc::Main": "/dev/null",
        "Dir::Etc::Parts": folder / "none",
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": folder / "sources",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": folder / "none",
        "Dir::State": folder,
        "Dir::State::Lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder,
        "Dir::Cache::archives": folder / "archives",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::http::Timeout": "30",
        # As root apt would switch to a user that cannot write here.
        "APT::Sandbox::User": "root",
    }
    own = "".join(f'{name} "{value}";\n' for name, value in settings.items())
    path = folder / "apt.conf"
    path.write_text(_machine_network() + own)
    return path


def _machine_network() -> str:
    """Return how this machine reaches its mirrors: proxies, certificates, clock checks."""
    dump = subprocess.run(
        ["apt-config", "dump", "Acquire"], capture_output=True, text=True, timeout=30, check=False
    )
    lines = [line for line in dump.stdout.splitlines() if line.startswith(_NETWORK)]
    return "".join(f"{line}\n" for line in lines)


def _apt(
    configuration: Path,
    arguments: Sequence[str],
    *,
    limit_s: float,
    text: str = "",
    progress: Progress | None = None,
) -> str | None:
    """Run apt-get; return None when it succeeded, else its first complaint."""
    process = subprocess.Popen(
        ["apt-get", "-q", "-o", "APT::Status-Fd=1", *arguments],
        env=os.environ | {"APT_CONFIG": str(configuration), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    complaints = []
    with process, _killed_after(process, limit_s) as expired:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("dlstatus:") and progress:
                progress.advance(text, float(line.split(":")[2]), 100)
            elif line.startswith(("E:", "Err:")):
                complaints.append(line.strip())
    if process.returncode == 0:
        return None
    if expired:
        return f"apt-get took more than {limit_s:.0f} s"
    return complaints[-1] if complaints else f"apt-get ended with {process.returncode}"


@contextmanager
def _killed_after(process: "subprocess.Popen[str]", limit_s: float) -> Iterator[list[bool]]:
    expired: list[bool] = []

    def kill() -> None:
        expired.append(True)
        process.kill()

    timer = Timer(limit_s, kill)
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
