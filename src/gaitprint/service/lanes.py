"""Waiting rooms: work waits for its thread, only so much of it, and what comes beyond is sent away at once."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from gaitprint.service.problems import busy

T = TypeVar("T")


class Lane:
    """A few threads with a bounded queue before them.

    Args:
        name: of what is done there, for people and metrics.
        threads: that work at once.
        waiting: how much may be there, worked on or not.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self.name = name
        self._threads, self._waiting = threads, waiting
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=f"gaitprint-{name}")
        self._count, self._turn = 0, threading.Lock()

    @property
    def count(self) -> int:
        """How much is there, worked on or waiting."""
        return self._count

    async def run(self, work: Callable[..., T], *given: Any) -> T:
        """Do something in a thread of the lane.

        Raises:
            RefusedError: 429, the lane is full.
        """
        with self._turn:
            if self._count >= self._waiting:
                raise busy(f"too much is waiting for the {self.name}")
            self._count += 1
        try:
            future = self._executor.submit(work, *given)
        except BaseException:
            self._left(None)
            raise
        # counted until the thread is free again, also where nobody waits for the answer any more
        future.add_done_callback(self._left)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Finish what is there, and take nothing more."""
        self._executor.shutdown(wait=True)

    def _left(self, _future: Future[Any] | None) -> None:
        with self._turn:
            self._count -= 1
