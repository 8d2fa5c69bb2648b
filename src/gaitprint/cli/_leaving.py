"""Ctrl-C and SIGTERM: answered at any moment by one line, exit code 130 or 143, and no process left behind.

While modules are loaded nothing is in hand, and libraries wrap or swallow what is raised in them: there the process
ends at once. Elsewhere an exception unwinds what is going on, so that temporary files and workers go. The same signal
once more ends the process as the system does.
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from gaitprint.errors import LeftError

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GOES_ON = frozenset(
    {
        *("demo", "data export", "data prepare", "model embed", "model train", "eval tune"),
        *("video extract", "video embed", "video search", "gallery re-embed"),
    }
)
"""Commands that keep what they have done: a repeat goes on there. All others begin anew."""
_LOADING = "<frozen importlib._bootstrap>"


def answer_signals(arguments: Sequence[str]) -> None:
    """Answer from here on; a signal that was ignored when the program started, as under nohup, stays ignored."""

    def heard(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        name = signal.Signals(number).name
        if _is_loading(frame):
            _leave_at_once(left_line(arguments, name), LeftError(name).code)
        raise LeftError(name)

    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, heard)


def left_line(arguments: Sequence[str], name: str) -> str:
    """What is said: which signal, and what the same command will do."""
    words = [word for word in arguments if not word.startswith("-")]
    goes_on = words[:1] == ["demo"] or " ".join(words[:2]) in GOES_ON
    repeat = "goes on where it was" if goes_on else "begins anew"
    return f"interrupted ({name}), nothing is half-written: the same command {repeat}"


def answer_no_more() -> None:
    """The work is done or given up: from here on a signal ends the process as the system does, without words."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _leave_at_once(line: str, code: int) -> NoReturn:
    os.write(2, f"gaitprint: {line}\n".encode())
    workers = sys.modules.get("gaitprint.processes")  # not loaded: there are none
    if workers is not None and hasattr(workers, "end_children"):
        workers.end_children()
    os._exit(code)


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _LOADING:
            return True
        frame = frame.f_back
    return False
