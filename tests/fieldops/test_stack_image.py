"""Debian programs unpacked into a folder: complete or absent, and independent of the machine."""

import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fieldops.errors import Prerequisite
from fieldops.stack.debian.chromium import unpacked_chromium
from fieldops.stack.debian.image import Recipe, build
from fieldops.stack.layout import locate, root_from
from fieldops.stack.progress import SILENT

HELLO = Recipe(name="hello", packages=("hello",), programs=("usr/bin/hello",))

pytestmark = pytest.mark.services


def _greeting(image: Path) -> str:
    return subprocess.check_output([image / "usr/bin/hello"], text=True, env={}, timeout=20)


def test_a_program_runs_with_its_own_loader_and_is_unpacked_once(tmp_path: Path) -> None:
    image = build(tmp_path, HELLO, progress=SILENT)
    made_at = (image / ".complete").stat().st_mtime_ns

    again = build(tmp_path, HELLO, progress=SILENT)

    assert again == image
    assert (again / ".complete").stat().st_mtime_ns == made_at
    assert _greeting(image) == "Hello, world!\n"
    assert str(image).encode() in (image / "usr/bin/hello").read_bytes()


def test_half_an_image_is_built_again(tmp_path: Path) -> None:
    image = build(tmp_path, HELLO, progress=SILENT)
    (image / ".complete").unlink()
    (image / "usr/bin/hello").write_bytes(b"")
    (tmp_path / f"{image.name}.new").mkdir()

    build(tmp_path, HELLO, progress=SILENT)

    assert _greeting(image) == "Hello, world!\n"


def test_a_moved_image_is_built_again(tmp_path: Path) -> None:
    build(tmp_path / "before", HELLO, progress=SILENT)
    shutil.move(tmp_path / "before", tmp_path / "after")

    image = build(tmp_path / "after", HELLO, progress=SILENT)

    assert _greeting(image) == "Hello, world!\n"


def test_a_missing_package_is_one_line(tmp_path: Path) -> None:
    absent = Recipe(name="absent", packages=("no-such-package",), programs=())

    with pytest.raises(Prerequisite, match=r"^cannot download no-such-package: E: .*$") as said:
        build(tmp_path, absent, progress=SILENT)

    assert "\n" not in str(said.value)


def test_an_unreachable_mirror_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDOPS_APT_MIRROR", "http://127.0.0.1:9/debian")

    with pytest.raises(Prerequisite, match=r"^cannot download hello: ") as said:
        build(tmp_path, HELLO, progress=SILENT)

    assert "\n" not in str(said.value)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """The address of a local page."""
    (tmp_path / "index.html").write_text("<p style='font: 40px sans-serif'>Équipe")
    handler = partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_unpacked_chromium_draws_a_page(tmp_path: Path, page: str) -> None:
    chromium = unpacked_chromium(locate(root_from(os.environ)).store, progress=SILENT)
    picture = tmp_path / "page.png"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    quiet = ["--disable-background-networking", "--disable-component-update"]
    profile = [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}"]

    subprocess.run(
        [chromium, *flags, *quiet, *profile, page],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=90,
        check=True,
    )

    # The letters are drawn: an empty page compresses to less, so does one with no font.
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 3000
