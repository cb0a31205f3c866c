"""Reads where this machine gets Debian from, and points the same mirrors at another suite.

No mirror's address stands in the project: a machine behind a company's mirror keeps using it.
Both formats of sources.list(5) are understood: one-line `.list` and deb822 `.sources`.
"""

import re
from pathlib import Path

from fieldops.errors import Prerequisite

_BASES = "bullseye|bookworm|trixie|forky|oldoldstable|oldstable|stable|testing"
_SUITE = re.compile(rf"(?:{_BASES})(?P<pocket>-updates|-security|/updates)?")
_LINE = re.compile(r"deb\s+(?P<options>\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>.+)")


def read_machine(folder: Path = Path("/etc/apt")) -> tuple[list[str], list[str]]:
    """Return the texts of the machine's one-line lists and of its deb822 sources."""
    lists = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    deb822 = sorted(folder.glob("sources.list.d/*.sources"))
    return (
        [path.read_text("utf-8") for path in lists if path.is_file()],
        [path.read_text("utf-8") for path in deb822],
    )


def retarget(lists: list[str], deb822: list[str], suite: str) -> tuple[str, str]:
    """Point every Debian entry at `suite`; entries of other archives are left out.

    Returns:
        The text of one `.list` and of one `.sources` file; either may be empty.

    Raises:
        Prerequisite: no entry names a Debian suite.
    """
    lines = [line for text in lists for line in _retarget_lines(text, suite)]
    stanzas = [
        stanza
        for text in deb822
        for block in re.split(r"\n\s*\n", text)
        if (stanza := _retarget_stanza(block, suite))
    ]
    if not (lines or stanzas):
        raise Prerequisite(
            "no Debian mirror in this machine's apt sources; set FIELDOPS_APT_MIRROR to one"
        )
    return "".join(f"{line}\n" for line in dict.fromkeys(lines)), "\n\n".join(stanzas) + "\n"


def _translate(name: str, suite: str) -> str | None:
    match = _SUITE.fullmatch(name)
    if match is None:
        return None
    pocket = (match["pocket"] or "").replace("/updates", "-security")
    return suite + pocket


def _retarget_lines(text: str, suite: str) -> list[str]:
    found = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line.split("#", 1)[0].strip())
        name = match and _translate(match["suite"], suite)
        if match and name and "main" in match["rest"].split():
            found.append(f"deb {match['options'] or ''}{match['uri']} {name} main")
    return found


def _retarget_stanza(block: str, suite: str) -> str | None:
    fields = _fields(block)
    names = (_translate(name, suite) for name in fields.get("suites", "").split())
    suites = list(dict.fromkeys(name for name in names if name))
    wanted = (
        suites
        and "deb" in fields.get("types", "").split()
        and "main" in fields.get("components", "").split()
        and fields.get("enabled", "yes").strip().lower() not in {"no", "false", "0"}
    )
    if not wanted:
        return None
    fields |= {"types": "deb", "suites": " ".join(suites), "components": "main"}
    return "\n".join(f"{name.title()}: {value}" for name, value in fields.items())


def _fields(block: str) -> dict[str, str]:
    """Split a deb822 stanza; a value keeps its continuation lines (keys may stand in them)."""
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in {" ", "\t"} and name:
            fields[name] += f"\n{line}"
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
