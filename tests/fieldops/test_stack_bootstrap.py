"""Installing what is missing, with stand-ins for the machine's own programs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
NPM = """#!/bin/sh
echo "$1" >> ../calls
case "$1" in
    ci) rm -rf node_modules; mkdir node_modules ;;
    run) rm -rf dist; mkdir dist ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a web application, and a PATH of its own in `bin`."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    web, path = tmp_path / "web", tmp_path / "bin"
    (web / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "src/main.tsx"):
        (web / name).write_text("{}")
    path.mkdir()
    for name in ("sh", "dirname", "rm", "mkdir"):
        (path / name).symlink_to(shutil.which(name) or "")
    (path / "python3").symlink_to(sys.executable)
    _program(path / "node", "#!/bin/sh\necho v20.20.2\n")
    _program(path / "npm", NPM)
    return tmp_path


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _install(clone: Path, step: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", clone / "scripts/bootstrap.sh", step],
        env={"PATH": str(clone / "bin")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _calls(clone: Path) -> list[str]:
    return (clone / "calls").read_text().split()


def test_the_web_application_is_built_once(clone: Path) -> None:
    first, second = _install(clone, "web"), _install(clone, "web")

    assert (first.returncode, second.returncode) == (0, 0)
    assert second.stderr == ""
    assert _calls(clone) == ["ci", "run"]


def test_a_changed_source_is_built_but_not_installed_again(clone: Path) -> None:
    _install(clone, "web")
    (clone / "web/src/main.tsx").write_text("changed")

    _install(clone, "web")

    assert _calls(clone) == ["ci", "run", "run"]


def test_changed_packages_are_installed_and_built_again(clone: Path) -> None:
    _install(clone, "web")
    (clone / "web/package-lock.json").write_text("changed")

    _install(clone, "web")

    assert _calls(clone) == ["ci", "run", "ci", "run"]


def test_an_installation_that_failed_is_done_again(clone: Path) -> None:
    _program(clone / "bin/npm", "#!/bin/sh\necho npm error network down\nexit 1\n")
    failed = _install(clone, "web")
    _program(clone / "bin/npm", NPM)

    _install(clone, "web")

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("fieldops: npm failed: npm error network down")
    assert _calls(clone) == ["ci", "run"]


@pytest.mark.parametrize(
    ("program", "text", "complaint"),
    [
        ("node", "#!/bin/sh\necho v18.19.0\n", "node v18.19.0 is too old"),
        ("node", "", "node or npm not found"),
        ("python3", "#!/bin/sh\nexit 1\n", "Python 3.11 not found"),
    ],
)
def test_what_the_machine_lacks_is_one_line(
    clone: Path, program: str, text: str, complaint: str
) -> None:
    (clone / "bin" / program).unlink()
    if text:
        _program(clone / "bin" / program, text)

    done = _install(clone, "web")

    assert done.returncode == 1
    assert done.stderr.startswith(f"fieldops: {complaint}")
    assert done.stderr.count("\n") == 1


def test_a_clone_of_another_user_is_refused(clone: Path) -> None:
    owner_of = clone
    if os.geteuid() == 0:
        os.chown(clone, 12345, 12345)
    else:
        owner_of = Path("/")
    code = "import bootstrap, pathlib, sys; bootstrap.check_owner(pathlib.Path(sys.argv[1]))"

    done = subprocess.run(
        [sys.executable, "-c", code, owner_of],
        cwd=clone / "scripts",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert f"{owner_of} belongs to " in done.stderr.splitlines()[-1]
