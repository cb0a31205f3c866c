"""The machine's apt sources, in both formats, pointed at another suite."""

import pytest

from fieldops.errors import Prerequisite
from fieldops.stack.debian.sources import retarget

DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF

Types: deb
URIs: http://other.example/node
Suites: nodistro
Components: main
"""


def test_a_deb822_stanza_keeps_its_mirror_and_its_key() -> None:
    lists, deb822 = retarget([], [DEB822], "trixie")

    assert lists == ""
    assert deb822 == (
        "Types: deb\n"
        "Uris: http://mirror.example/debian\n"
        "Suites: trixie trixie-updates\n"
        "Components: main\n"
        "Signed-By: \n"
        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
        " .\n"
        " mQINBF\n"
    )


def test_a_one_line_entry_keeps_its_options() -> None:
    text = (
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main # ours\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        "# deb http://mirror.example/debian bookworm-updates main\n"
        "deb http://security.example/debian-security bullseye/updates main contrib\n"
    )

    lists, _ = retarget([text], [], "trixie")

    assert lists == (
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian trixie main\n"
        "deb http://security.example/debian-security trixie-security main\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "deb http://pgdg.example/apt bookworm-pgdg main",
        "deb http://docker.example/linux/debian bookworm stable",
        "deb http://ubuntu.example/ubuntu noble main",
    ],
)
def test_archives_that_are_not_debian_are_left_out(line: str) -> None:
    with pytest.raises(Prerequisite, match="FIELDOPS_APT_MIRROR"):
        retarget([line], [], "trixie")


def test_a_disabled_stanza_is_left_out() -> None:
    stanza = "Types: deb\nEnabled: no\nURIs: http://m.example\nSuites: stable\nComponents: main\n"

    with pytest.raises(Prerequisite):
        retarget([], [stanza], "trixie")
