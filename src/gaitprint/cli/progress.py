"""Progress of long work on stderr: a bar on a terminal, a line now and then in a log."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

_LOG = logging.getLogger(__name__)
QUIET_SECONDS = 15.0
"""Between two lines where stderr is no terminal."""


class Bar:
    """Shows how far something is; `update` may be called as often as one likes."""

    def __init__(self, title: str, progress: Progress | None) -> None:
        self._title, self._progress = title, progress
        self._task = progress.add_task(title, total=None, note="") if progress else None
        self._said = time.monotonic()
        self._once: set[str] = set()
        self._first: tuple[float, int] | None = None

    def update(self, done: int, total: int, note: str = "") -> None:
        """`done` of `total` (0: unknown), with a few words on the state."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None, note=note)
            return
        now = time.monotonic()
        if self._first is None or done < self._first[1]:
            self._first = now, done
        if now - self._said >= QUIET_SECONDS or (total and done >= total):
            self._said = now
            parts = [f"{self._title}: {done}{f' of {total}' if total else ''}", self._left(now, done, total), note]
            print("  ".join(p for p in parts if p), file=sys.stderr, flush=True)  # noqa: T201

    def say(self, message: str) -> None:
        """A line that stays, in the log's file as well."""
        _LOG.info(message)
        if self._progress is not None:
            self._progress.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            print(message, file=sys.stderr, flush=True)  # noqa: T201

    def say_once(self, message: str) -> None:
        """The same, unless it was said before."""
        if message not in self._once:
            self._once.add(message)
            self.say(message)

    def _left(self, now: float, done: int, total: int) -> str:
        """The time that the rest takes at the pace so far."""
        start, before = self._first or (now, done)
        if done >= total or done <= before:
            return ""
        seconds = (now - start) / (done - before) * (total - done)
        return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"


@contextmanager
def progress_bar(title: str, shown: bool = True) -> Iterator[Bar]:
    """A bar for the length of a block; lines where it is not to be shown or stderr is no terminal."""
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        yield Bar(title, None)
        return
    rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns = (
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=12),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", markup=False, table_column=rest),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        yield Bar(title, progress)
