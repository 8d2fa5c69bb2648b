"""The network of a service: one thread computes, and takes together whatever waits."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gaitprint.extras import require_extra
from gaitprint.service.problems import RefusedError, busy
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences, SequenceSet
from gaitprint.types import Embeddings, SequenceRecord


@dataclass
class _Job:
    walks: SequenceSet
    answer: "Future[Embeddings]"


class Network:
    """A model that is opened when it is first needed, by the thread that computes.

    Args:
        path: of the model file; None: the service takes vectors alone.
        waiting: so many requests may wait.
        batch: walks that are embedded together, at most.
        watch: told how many walks each batch had.
    """

    def __init__(
        self, path: Path | None, waiting: int, batch: int, watch: Callable[[int], None] = lambda count: None
    ) -> None:
        self.path, self._batch, self._watch = path, batch, watch
        self._waiting: queue.Queue[_Job | None] = queue.Queue(waiting)
        self._embedder: Any = None
        self._opening = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="gaitprint-network", daemon=True)
        self._thread.start()

    @property
    def count(self) -> int:
        """Requests that wait."""
        return self._waiting.qsize()

    @property
    def preprocessing(self) -> Preprocessing:
        """What the network takes; opens it."""
        made: Preprocessing = self._open().preprocessing
        return made

    @property
    def source(self) -> str:
        """Fingerprint of the vectors; opens it."""
        return str(self._open().source)

    async def embed_soon(self, walks: SequenceSet) -> Embeddings:
        """One vector a walk.

        Raises:
            RefusedError: 415, there is no network; 429, too much waits. GaitprintError: the walks cannot be embedded.
        """
        return await asyncio.wrap_future(self._take(walks, block=False))

    def embed(self, walks: SequenceSet) -> Embeddings:
        """The same for a thread that waits."""
        return self._take(walks, block=True).result()

    def close(self) -> None:
        """Finish what waits, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _take(self, walks: SequenceSet, block: bool) -> "Future[Embeddings]":
        self._check_there()
        job = _Job(walks, Future())
        try:
            self._waiting.put(job, block=block)
        except queue.Full:
            raise busy("too much is waiting for the network", 2) from None
        return job.answer

    def _check_there(self) -> None:
        if self.path is None:
            raise RefusedError(415, "this service has no network: send vectors, as `gaitprint model embed` makes them")

    def _open(self) -> Any:
        self._check_there()
        # threads that go through clips ask for it, too
        with self._opening:
            if self._embedder is None and self.path is not None:
                require_extra("torch")
                # late: torch comes with it
                from gaitprint.stages.embed import open_embedder

                self._embedder = open_embedder(self.path)
            return self._embedder

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            jobs, ended = [job], False
            # whatever waits goes together, and nothing is waited for
            while sum(len(j.walks.records) for j in jobs) < self._batch:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    ended = True
                    break
                jobs.append(more)
            self._answer([j for j in jobs if j.answer.set_running_or_notify_cancel()])
            if ended:
                return

    def _answer(self, jobs: list[_Job]) -> None:
        sizes = {j.walks.size for j in jobs}
        for size in sizes:
            same = [j for j in jobs if j.walks.size == size]
            try:
                # each request gets its own rows back, in its order
                for j, made in zip(same, self._computed(same), strict=True):
                    j.answer.set_result(made)
            except Exception as error:
                if len(same) == 1:
                    same[0].answer.set_exception(error)
                    continue
                # one that cannot be embedded is no matter of the others'
                for j in same:
                    self._answer([j])

    def _computed(self, jobs: list[_Job]) -> list[Embeddings]:
        walks = [(j, i) for j in jobs for i in range(len(j.walks.records))]
        # keys of different requests may be alike
        records = tuple(SequenceRecord(str(n), None, "", "") for n in range(len(walks)))
        together = MemorySequences(records, tuple(j.walks.frames(i) for j, i in walks))
        made = self._open().embed(together)
        self._watch(len(walks))
        parts, start = list[Embeddings](), 0
        for j in jobs:
            rows = list(range(start, start + len(j.walks.records)))
            parts.append(replace(made.select(rows), records=j.walks.records))
            start = rows[-1] + 1
        return parts
