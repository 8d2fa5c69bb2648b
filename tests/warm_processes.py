"""Processes of the package that start warm: forked from one that has imported everything once.

An interpreter of its own costs seconds of processor time for imports alone. What is started here is a process like any
other: it has its own number, gets signals, is killed, and leaves an exit code and what it said.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

WARM = multiprocessing.get_context("forkserver")
# torch._dynamo: an optimizer's first step imports it, which takes as long as torch itself
WARM.set_forkserver_preload(
    ["torch._dynamo", "gaitprint.cli.app", "gaitprint.stages.train", "gaitprint.report.figures"]
)


PATIENCE = 600.0
"""Seconds until something that should happen counts as not happening; machines may be busy."""


def gaitprint(*words: str) -> None:
    """Be the program, as `python -m gaitprint` is."""
    from gaitprint.cli.main import run

    sys.argv = ["gaitprint", *words]
    run()


def slow_gaitprint(*words: str) -> None:
    """Be the program, with a pause after every sequence stored, every batch embedded and every checkpoint.

    For who means to end it in the middle: on a busy machine it would be over before anybody comes to it.
    """
    from gaitprint.inference.bulk.journal import EmbedJournal
    from gaitprint.store.writer import StoreWriter
    from gaitprint.training.running import TrainerState

    paused = ((StoreWriter, "_decide", 0.02), (EmbedJournal, "add", 0.05), (TrainerState, "save", 0.2))
    for owner, name, seconds in paused:
        setattr(owner, name, _with_pause(getattr(owner, name), seconds))
    gaitprint(*words)


def _with_pause(work: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def slowly(*given: object) -> Any:
        done = work(*given)
        time.sleep(seconds)
        return done

    return slowly


class WarmProcess:
    """A function in a process of its own: started at once, waited for by `ended`.

    Args:
        work: called with `words`; what it returns is the exit code.
        environment: variables to set there.
    """

    def __init__(self, work: Callable[..., Any], *words: object, environment: Mapping[str, str] | None = None) -> None:
        folder = Path(tempfile.mkdtemp(prefix="warm-"))
        self._said = [folder / "stdout", folder / "stderr"]
        self._process = WARM.Process(target=_enter, args=(work, words, dict(environment or {}), *self._said))
        self._process.start()

    def poll(self) -> int | None:
        """The exit code, negative for the signal that ended it; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        if self._process.pid is not None and self.poll() is None:
            os.kill(self._process.pid, number)

    def out(self) -> str:
        """What it has said on stdout so far."""
        return self._said[0].read_text() if self._said[0].exists() else ""

    def ended(self, patience: float = PATIENCE) -> tuple[int, str, str]:
        """Exit code, stdout and stderr, once it is over.

        Raises:
            TimeoutError: it is not over after so many seconds; it is killed.
        """
        self._process.join(patience)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
            raise TimeoutError(f"still there after {patience} s: {self._said[1].read_text()}")
        return self._process.exitcode, *(path.read_text() if path.exists() else "" for path in self._said)


def wait_until(reached: Callable[[], bool], running: WarmProcess, patience: float = PATIENCE) -> None:
    """Wait for something that must happen while the process runs."""
    end = time.monotonic() + patience
    while not reached():
        assert running.poll() is None or reached(), f"it ended too early: {running.ended(1)}"
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def _enter(work: Callable[..., Any], words: tuple[object, ...], environment: dict[str, str], *said: Path) -> None:
    # the server that forked this one may have been started by a command that keeps Ctrl-C from its workers
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for number, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.update(environment)
    sys.exit(work(*words))
