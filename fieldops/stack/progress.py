"""How a long step tells the person who waits: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

_QUIET_S = 5.0


class Progress(Protocol):
    """What the stack reports to."""

    def say(self, text: str) -> None:
        """Report one thing that happened or begins."""

    def advance(self, text: str, done: float, total: float) -> None:
        """Report that `done` of `total` of the step called `text` is behind us."""


class Silent:
    """Says nothing."""

    def say(self, text: str) -> None:
        pass

    def advance(self, text: str, done: float, total: float) -> None:
        pass


SILENT = Silent()


class Lines:
    """One line an event, at most one every 5 s for a step that advances."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told_at: dict[str, float] = {}

    def say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def advance(self, text: str, done: float, total: float) -> None:
        told_at, present = self._told_at.get(text), time.monotonic()
        finished = done >= total
        if told_at is not None and not finished and present - told_at < _QUIET_S:
            return
        if told_at == float("inf"):
            return
        self._told_at[text] = float("inf") if finished else present
        self.say(f"{text} {100 * done / total:.0f} %")


class Bars:
    """A bar for each step that advances; needs a terminal."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._rows: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        self._bars.console.print(text, highlight=False, markup=False)

    def advance(self, text: str, done: float, total: float) -> None:
        if text not in self._rows:
            self._rows[text] = self._bars.add_task(text, total=total)
        self._bars.update(self._rows[text], completed=done, total=total)


@contextmanager
def progress_on(stream: TextIO = sys.stderr) -> Iterator[Progress]:
    """Yield the reporter that suits `stream`."""
    if not stream.isatty():
        yield Lines(stream)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=Console(file=stream)) as bars:
        yield Bars(bars)
