"""Being asked to leave: SIGTERM or Ctrl-C, remembered until the step is done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """Whether somebody asked, and by which signal."""

    def __init__(self) -> None:
        self.signal = ""

    @property
    def asked(self) -> bool:
        """Whether to leave after this step."""
        return bool(self.signal)

    def hear(self, number: int, _: FrameType | None = None) -> None:
        """Remember; the same signal once more ends the process at once."""
        self.signal = signal.Signals(number).name
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Listen for the length of a block; outside the main thread, where Python hears no signals, nobody asks."""
    asked = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.signal(number, asked.hear) for number in _SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
