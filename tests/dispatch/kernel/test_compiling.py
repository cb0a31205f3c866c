import os
import subprocess
import sys
from pathlib import Path

WHERE = "from dispatch.engine.kernel.compiling import cache_folder; print(cache_folder())"


def folder(**environment: str) -> Path:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3])}
    ran = subprocess.run(
        [sys.executable, "-c", WHERE],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return Path(ran.stdout.strip())


def test_the_machine_code_goes_where_the_settings_say(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()

    assert folder(FIELDOPS_HOME=str(home)).is_relative_to(home)
    assert folder(NUMBA_CACHE_DIR=str(tmp_path / "n"), FIELDOPS_HOME=str(home)).is_relative_to(
        tmp_path / "n"
    )


def test_a_home_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    # A file in the way stops root too, where a read-only folder does not.
    blocked = tmp_path / "blocked"
    blocked.write_text("")

    found = folder(FIELDOPS_HOME=str(blocked), HOME=str(blocked), TMPDIR=str(tmp_path))

    assert found.is_relative_to(tmp_path)
    assert os.access(found, os.W_OK)
