"""A Chromium for the browser tests where the machine has none, unpacked like the services."""

import os
import shutil
import subprocess
from pathlib import Path

from fieldops.stack.debian.image import Recipe, build
from fieldops.stack.progress import Progress

_RECIPE = Recipe(
    name="chromium",
    packages=("chromium", "fonts-dejavu-core"),
    programs=("usr/lib/chromium/chromium", "usr/lib/chromium/chrome_crashpad_handler"),
    libraries=("usr/lib/*/libpulse*.so.*",),
)
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
"""
_START = """#!/bin/sh
export FONTCONFIG_FILE={fonts}
exec {program} "$@"
"""


def chromium_in(store: Path, *, progress: Progress) -> Path:
    """Return a Chromium that starts: the one on PATH, else one unpacked into `store`."""
    present = shutil.which("chromium")
    if present and _starts(present):
        return Path(present)
    return unpacked_chromium(store, progress=progress)


def unpacked_chromium(store: Path, *, progress: Progress) -> Path:
    """Return the Chromium below `store`, downloading and unpacking it when it is not there.

    Raises:
        Prerequisite: a tool, the network or disk space is missing.
    """
    image = build(store, _RECIPE, progress=progress)
    start = image / "chromium"
    if not start.exists():
        fonts = image / "fonts.conf"
        fonts.write_text(_FONTS.format(fonts=image / "usr/share/fonts"))
        fresh = image / f"chromium.{os.getpid()}"
        program = image / "usr/lib/chromium/chromium"
        fresh.write_text(_START.format(fonts=_quoted(fonts), program=_quoted(program)))
        fresh.chmod(0o755)
        fresh.rename(start)
    return start


def _starts(program: str) -> bool:
    """Tell a browser from a placeholder that asks to install one."""
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"
