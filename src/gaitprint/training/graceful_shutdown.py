"""Being asked to leave: SIGTERM or Ctrl-C, remembered until the step is done, and heard at once between two steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from gaitprint.errors import LeftError

Thing = TypeVar("Thing")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class ShutdownRequest:
    """Whether somebody asked, and by which signal."""

    def __init__(self) -> None:
        self.signal = ""
        self._waiting = False

    @property
    def asked(self) -> bool:
        """Whether to leave after this step."""
        return bool(self.signal)

    def hear(self, number: int, _: FrameType | None = None) -> None:
        """Remember; the same signal once more ends the process at once."""
        self.signal = signal.Signals(number).name
        # before anything else: whoever presses Ctrl-C twice wants out, whatever the step is stuck in
        signal.signal(number, signal.SIG_DFL)
        if self._waiting:
            raise LeftError(self.signal)

    def awaited(self, things: Iterator[Thing], at_once: bool = True) -> Iterator[Thing]:
        """The things one after another; it ends where somebody asks while the next is waited for.

        Args:
            at_once: whether to end there at all; else `asked` says so after the next.
        """
        try:
            while True:
                # set before `asked` is read: a signal between the two raises, one before it is seen, so none is lost
                self._waiting = at_once
                if at_once and self.asked:
                    return
                thing = next(things, None)
                self._waiting = False
                if thing is None:
                    return
                yield thing
        except LeftError:
            return
        finally:
            self._waiting = False


@contextmanager
def graceful_shutdown() -> Iterator[ShutdownRequest]:
    """Listen for the length of a block; outside the main thread, where Python hears no signals, nobody asks.

    A signal that this process was started to ignore, as under nohup, stays ignored.
    """
    asked = ShutdownRequest()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    heard = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, asked.hear) for number in heard}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
