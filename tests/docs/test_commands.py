import re
import shlex

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.testing import CliRunner

from fieldops.cli import app
from tests.docs.tree import ROOT, text_of, told

Command = TyperCommand | TyperGroup
COMMANDS = sorted(set(told("fieldops")))
TARGETS = sorted(set(told("make")))


def _tree() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def _leaves(group: TyperGroup, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        inner = _leaves(command, (*path, name)) if isinstance(command, TyperGroup) else []
        found += inner or [(*path, name)]
    return found


def _inner(group: TyperGroup, name: str) -> Command:
    command = group.commands.get(name)
    assert isinstance(command, TyperCommand | TyperGroup), f"{group.name} has no {name!r}"
    return command


def _step(group: TyperGroup, word: str) -> Command:
    """Return the command a word names; of `up|down|status` all must exist."""
    named = [_inner(group, name) for name in word.split("|")]
    return named[0]


def test_the_pages_tell_something_to_run() -> None:
    assert COMMANDS
    assert TARGETS


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_told_exists_with_its_options(page: str, command: str) -> None:
    words = shlex.split(command)[1:]
    found: Command = _tree()
    while isinstance(found, TyperGroup) and words and not words[0].startswith("-"):
        found = _step(found, words.pop(0))
    known = {name for each in found.params for name in (*each.opts, *each.secondary_opts)}
    options = {word.partition("=")[0] for word in words if word.startswith("-")}

    assert options <= known | {"--help"}
    assert not isinstance(found, TyperGroup) or "--help" in options


@pytest.mark.parametrize("path", _leaves(_tree()), ids=" ".join)
def test_every_command_says_what_it_does(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])

    assert result.exit_code == 0, result.output
    assert f"Usage: {' '.join(('fieldops', *path))}" in " ".join(result.output.split())
    assert "--help" in result.output


@pytest.mark.parametrize("path", _leaves(_tree()), ids=" ".join)
def test_every_option_has_a_meaning(path: tuple[str, ...]) -> None:
    command: Command = _tree()
    for name in path:
        assert isinstance(command, TyperGroup)
        command = _inner(command, name)
    options = [each for each in command.params if isinstance(each, TyperOption)]

    assert (command.help or "").strip()
    assert [o.name for o in options if not o.help and not o.hidden] == []


@pytest.mark.parametrize(("page", "command"), TARGETS)
def test_a_target_told_exists_and_is_listed(page: str, command: str) -> None:
    target = shlex.split(command)[1]

    assert re.search(rf"^{re.escape(target)}:.*## ", text_of("Makefile"), re.MULTILINE)


def test_ci_runs_what_people_run() -> None:
    assert re.findall(r"^make (\S+)", text_of(".ci/run"), re.MULTILINE) == ["check", "test"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
