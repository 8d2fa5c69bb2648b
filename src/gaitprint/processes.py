"""Worker processes: deaf to Ctrl-C, which their parent answers for all, and gone as soon as that parent is."""

import os
import signal
import threading
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process, resource_tracker
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from gaitprint.errors import DataError


@contextmanager
def worker_pool(workers: int, begin: Callable[..., None], *given: Any) -> Iterator[ProcessPoolExecutor]:
    """Processes for the length of a block, each of which called `begin(*given)` first; an error ends them at once.

    Hand work to it within `deaf_children()`, for that is when processes start.

    Raises:
        DataError: a process was killed.
    """
    others = active_children()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin, initargs=given) as pool:
        try:
            yield pool
        except BrokenProcessPool:
            raise DataError("a worker process was killed, perhaps for memory: run again with fewer workers") from None
        except BaseException:
            end_children(others)  # not even what is being done is waited for
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started in this block never hear Ctrl-C; this one hears that or SIGTERM at the end of the block.

    A terminal sends Ctrl-C to all of them, and a worker would answer with a traceback. What is blocked here stays
    blocked in whatever is started here, from its first instruction on.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # started within, it would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _held(signal.SIGTERM):
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _held(number: signal.Signals) -> Iterator[None]:
    """A signal that comes in this block is answered at its end: a process half started would complain of its own.

    It is not blocked, which the processes started here would inherit, and then nobody could end them.
    """
    answer = signal.getsignal(number)
    if threading.current_thread() is not threading.main_thread() or not callable(answer):
        yield
        return
    came: list[FrameType | None] = []
    signal.signal(number, lambda _, frame: came.append(frame))
    try:
        yield
    finally:
        signal.signal(number, answer)
        if came:
            answer(number, came[0])


def leave_with_parent() -> None:
    """Let this worker end with the process that started it, which may be killed."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def end_children(but: Container[BaseProcess] = ()) -> None:
    """End the worker processes of this one at once, and wait until they are gone.

    Args:
        but: processes that stay, such as those of another's making.
    """
    children = [child for child in active_children() if child not in but]
    for child in children:
        child.kill()
    for child in children:
        child.join()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
