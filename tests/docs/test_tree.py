"""What reviewers would otherwise count by hand."""

import ast
import re

import pytest

from tests.docs.tree import text_of, tracked

MODULE_LINES = 400
FUNCTION_LINES = 60
# Built in two parts, so that this file does not hold what it looks for.
_HERE = re.compile(r"(?<![\w.$}])/(?:wo" + r"rk|ro" + r"ot|home/[a-z]+/src)/")
_REGISTRY = re.compile(
    r"https?://[\w.-]*(?:py" + r"pi|python" + r"hosted|npm" + r"js|debi" + r"an)\.(?:org|com)"
)
GENERATED = {"web/src/api/schema.d.ts"}


def _modules() -> list[str]:
    """Return our own sources, without tests, generated files and the steps of migrations."""
    ours = (path for path in tracked() if not path.startswith("tests/") and path not in GENERATED)
    return [path for path in ours if path.endswith((".py", ".ts", ".tsx"))]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = [(p, m.group()) for p in tracked() for m in [_HERE.search(text_of(p))] if m]

    assert found == []


def test_no_file_names_a_package_registry() -> None:
    found = [(p, m.group()) for p in tracked() for m in [_REGISTRY.search(text_of(p))] if m]

    assert found == []


def test_no_module_tells_two_stories() -> None:
    long = [(p, n) for p in _modules() for n in [text_of(p).count("\n")] if n > MODULE_LINES]

    assert long == []


@pytest.mark.parametrize("package", sorted({p.split("/")[0] for p in _modules()} - {"web"}))
def test_every_function_fits_a_screen(package: str) -> None:
    long = [
        (path, node.name, lines)
        for path in _modules()
        if path.startswith(f"{package}/") and path.endswith(".py") and "/versions/" not in path
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for lines in [(node.end_lineno or 0) - node.lineno + 1]
        if lines > FUNCTION_LINES
    ]

    assert long == []


def test_every_module_opens_with_why_it_exists() -> None:
    mute = [
        path
        for path in _modules()
        if path.endswith(".py")
        and text_of(path).strip()
        and ast.get_docstring(ast.parse(text_of(path))) is None
    ]

    assert mute == []
