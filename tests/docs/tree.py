"""The project as it lies here: its tracked files, its pages, and what its pages tell to type."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCED = re.compile(r"^```(?:sh|bash|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


@cache
def tracked() -> tuple[str, ...]:
    """Return the paths of all tracked files that exist."""
    # A clone that changed its owner is still the project.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=30)
    return tuple(p for p in listed.stdout.decode().split("\0") if p and (ROOT / p).is_file())


@cache
def text_of(path: str) -> str:
    """Return a tracked file's text, nothing for what is not text."""
    try:
        return (ROOT / path).read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def pages() -> list[str]:
    """Return the paths of the pages people read."""
    return [path for path in tracked() if path.endswith(".md")]


def told(program: str) -> Iterator[tuple[str, str]]:
    """Yield (page, command) wherever a page tells to run `program`, in a block or in a line."""
    for page in pages():
        text = text_of(page)
        lines = [line for block in _FENCED.findall(text) for line in block.splitlines()]
        for said in [*lines, *_INLINE.findall(_FENCED.sub("", text))]:
            command = said.strip().removeprefix("$ ").partition("  #")[0].strip()
            if command.startswith(f"{program} "):
                yield page, command
