"""Progress of long work on stderr: a bar on a terminal, a line now and then in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

QUIET_SECONDS = 15.0
"""Between two lines where stderr is no terminal."""


class Bar:
    """Shows how far something is; `update` may be called as often as one likes."""

    def __init__(self, title: str, progress: Progress | None) -> None:
        self._title, self._progress = title, progress
        self._task = progress.add_task(title, total=None, note="") if progress else None
        self._said = time.monotonic()

    def update(self, done: int, total: int, note: str = "") -> None:
        """`done` of `total` (0: unknown), with a few words on the state."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None, note=note)
            return
        now = time.monotonic()
        if now - self._said >= QUIET_SECONDS or (total and done >= total):
            self._said = now
            of = f" of {total}" if total else ""
            print(f"{self._title}: {done}{of}{'  ' + note if note else ''}", file=sys.stderr, flush=True)  # noqa: T201

    def say(self, message: str) -> None:
        """A line that stays."""
        if self._progress is not None:
            self._progress.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            print(message, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def progress_bar(title: str) -> Iterator[Bar]:
    """A bar for the length of a block."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Bar(title, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(title, progress)
