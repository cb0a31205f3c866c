"""A folder with Debian programs that run from where they lie, on any Linux with dpkg.

Packages are unpacked, not installed. The programs we start get the unpacked dynamic loader and
library folder written into them (patchelf), so nothing of the machine's own libraries is used.
An image is built in a folder beside and renamed when complete: half an image is never seen.
"""

import hashlib
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fieldops.errors import Prerequisite
from fieldops.stack.debian.apt import SUITE, download
from fieldops.stack.locking import locked
from fieldops.stack.progress import Progress

_FORMAT = "1"  # part of an image's name: raise it when the way of building changes
_NEEDED_BYTES = 2_000_000_000  # archives, unpacked files and the copy patchelf makes


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image holds.

    Attributes:
        packages: Debian packages, the first names the image in messages.
        programs: executables to make independent of the machine, globs below the image.
        libraries: shared objects with a search path of their own, globs below the image.
        links: (new name, target) pairs a package's postinst would have made.
    """

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def build(store: Path, recipe: Recipe, *, progress: Progress) -> Path:
    """Return the folder of the image, downloading and unpacking it when it is not there.

    The loader's path is absolute: an image found at another place than it was built for (a
    moved clone) is built again.

    Raises:
        Prerequisite: a tool, the network or disk space is missing.
    """
    identity = repr((_FORMAT, SUITE, recipe)).encode()
    image = store / f"{recipe.name}-{hashlib.sha256(identity).hexdigest()[:12]}"
    if _complete(image):
        return image
    store.mkdir(parents=True, exist_ok=True)
    with locked(store / f"{recipe.name}.lock", limit_s=1800, progress=progress):
        if _complete(image):
            return image
        free = shutil.disk_usage(store).free
        if free < _NEEDED_BYTES:
            raise Prerequisite(
                f"{store} has {free / 1e9:.1f} GB free, unpacking needs {_NEEDED_BYTES / 1e9:.0f}"
            )
        archives = store / f"{recipe.name}.apt"
        debs = download(archives, recipe.packages, progress=progress)
        fresh = image.with_suffix(".new")
        for stale in (fresh, image):
            shutil.rmtree(stale, ignore_errors=True)
        fresh.mkdir()
        fresh.chmod(0o755)
        _unpack(debs, fresh, text=f"unpacking {recipe.packages[0]}", progress=progress)
        _relocate(fresh, image, recipe)
        (fresh / ".complete").write_text(str(image))
        fresh.rename(image)
        shutil.rmtree(archives)
    return image


def _complete(image: Path) -> bool:
    stamp = image / ".complete"
    return stamp.is_file() and stamp.read_text() == str(image)


def _unpack(debs: Sequence[Path], folder: Path, *, text: str, progress: Progress) -> None:
    def unpack(deb: Path) -> None:
        _run(["dpkg", "-x", str(deb), str(folder)])

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for done, _ in enumerate(pool.map(unpack, debs), start=1):
            progress.advance(text, done, len(debs))


def _relocate(fresh: Path, image: Path, recipe: Recipe) -> None:
    """Make the programs in `fresh` use the libraries they will find in `image`."""
    loader = next(fresh.glob("usr/lib/*/ld-linux*.so.*"), None)
    if loader is None:
        raise Prerequisite(f"no dynamic loader among the packages of {recipe.name}")
    libraries = loader.parent
    folders = [libraries, *(libraries / name for name in ("blas", "lapack", "pulseaudio"))]
    search = ":".join(str(image / f.relative_to(fresh)) for f in folders if f.is_dir())
    patchelf = str(Path(sysconfig.get_path("scripts")) / "patchelf")
    # An RPATH, unlike a RUNPATH, also holds for what the libraries themselves load.
    rpath = ["--force-rpath", "--set-rpath", search]
    interpreter = ["--set-interpreter", str(image / loader.relative_to(fresh))]
    for pattern in recipe.programs:
        _patch([patchelf, *interpreter, *rpath], fresh, pattern)
    for pattern in recipe.libraries:
        _patch([patchelf, *rpath], fresh, pattern)
    for name, target in recipe.links:
        (fresh / name).symlink_to(target)


def _patch(command: Sequence[str], fresh: Path, pattern: str) -> None:
    # Some are links to each other (valkey-server to valkey-check-rdb): patch each file once.
    found = {path.resolve() for path in fresh.glob(pattern) if path.is_file()}
    if not found:
        raise Prerequisite(f"the packages hold no {pattern}")
    for path in found:
        _run([*command, str(path)])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
        raise Prerequisite(f"{Path(command[0]).name} {Path(command[-1]).name}: {reason[0]}")
