"""The embedding of one set of sequences by one network or several, unit by unit, by whoever computes them."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import Any

from gaitprint.cores import usable_cores
from gaitprint.devices import DEVICE, listed_devices
from gaitprint.inference.bulk.journal import UnitVectors
from gaitprint.inference.bulk.on_ray import on_ray
from gaitprint.inference.bulk.processes import in_processes
from gaitprint.inference.bulk.tasks import ModelOpening, Result, UnitTask, torch_threads
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.memory_budget import ALONE, usual_memory
from gaitprint.memory import available_memory
from gaitprint.store import SequenceSet
from gaitprint.types import Embeddings

WORTHWHILE = 10.0
"""Seconds of work left for which processes are started unasked: they take three to five to import torch."""
_PROCESS = 500_000_000
"""Bytes of a process before it computes."""


class EmbedJob:
    """What is to be computed, and by whom.

    Args:
        openings: a network each.
        sequences: what is embedded.
        settings: where, and how many at once.

    Raises:
        DataError: there is no sequence. RoomError: one is too long for memory.
        GaitprintError: a model file or device is not there.
    """

    def __init__(self, openings: Sequence[ModelOpening], sequences: SequenceSet, settings: EmbedSettings) -> None:
        self._sequences, self._settings = sequences, settings
        self._devices = listed_devices(settings.device)
        with torch_threads(settings.threads_each):
            self.embedders = [opening.open(self._devices[0], sum(sequences.lengths)) for opening in openings]
        # whatever was chosen here computes everywhere, for another back end makes other bytes
        self._openings = [replace(o, backend=e.backend) for o, e in zip(openings, self.embedders, strict=True)]
        self._memory = _budget(settings, self._devices[0])
        self.plans = [embedder.plan(sequences, self._memory) for embedder in self.embedders]
        self._units = [(network, unit) for network, plan in enumerate(self.plans) for unit in plan.units]
        """Of all networks; a unit's place is its number."""

    @property
    def facts(self) -> dict[str, Any]:
        """Everything that decides the bytes of the units' vectors; not who computes them."""
        return {
            "models": [embedder.source for embedder in self.embedders],
            "backends": [embedder.backend for embedder in self.embedders],
            "data": self._sequences.fingerprint,
            "memory": self._memory,
            "plan": [plan.digest for plan in self.plans],
            "device": self._devices[0].partition(":")[0],
            "precision": self._settings.precision,
            "threads": self._settings.threads_each,
        }

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """N, D of every unit's vectors, by its number."""
        return [(len(unit.clips), self.embedders[network].layout.width) for network, unit in self._units]

    def run(self, vectors: UnitVectors, progress: Callable[[int, int, int], None]) -> list[Embeddings]:
        """Compute what is not in `vectors` yet, and put all of it together.

        Args:
            vectors: of units that are done.
            progress: called with (network, sequences done, sequences in all).
        """
        total, clips, todo = len(self._sequences.records), [0] * len(self.embedders), list[int]()
        for number, (network, unit) in enumerate(self._units):
            if number in vectors:
                clips[network] += len(unit.clips)
            else:
                todo.append(number)
        for network, done in enumerate(clips):
            if done:
                progress(network, self.plans[network].sequences_in(done), total)
        with closing(self._computed(todo)) as results:
            for number, batch in results:
                vectors.add(number, batch)
                network, unit = self._units[number]
                clips[network] += len(unit.clips)
                progress(network, self.plans[network].sequences_in(clips[network]), total)
        made, first = [], 0
        for embedder, plan in zip(self.embedders, self.plans, strict=True):
            each = plan.assemble((vectors.take(first + unit.number) for unit in plan.units), embedder.layout.width)
            made.append(embedder.embeddings(each, self._sequences))
            first += len(plan.units)
        return made

    def _tasks(self, todo: Sequence[int]) -> Iterator[UnitTask]:
        for number in todo:
            network, unit = self._units[number]
            source = self.embedders[network].source
            yield UnitTask(number, self._openings[network], source, unit.read(self._sequences))

    def _computed(self, todo: Sequence[int]) -> Generator[Result]:
        settings, tasks = self._settings, self._tasks(todo)
        if not todo:
            return
        if settings.ray:
            yield from on_ray(tasks, settings.ray, self._devices[0], settings.threads_each, settings.workers)
            return
        workers = 0 if settings.mode == "latency" else settings.workers
        workers = self._usual_workers() if workers is None else workers
        if workers == 0 or settings.workers is None:
            yield from self._here(tasks, sum(self._units[number][1].frames for number in todo) if workers else 0)
        devices = [self._devices[i % len(self._devices)] for i in range(min(workers, len(todo)))]
        yield from in_processes(tasks, devices, settings.threads_each)

    def _here(self, tasks: Iterator[UnitTask], frames: int) -> Generator[Result]:
        """Compute in this process, until so much of that many `frames` is left that others are worth their start."""
        begun, done = monotonic(), 0
        with torch_threads(self._settings.threads_each):
            for task in tasks:
                network, unit = self._units[task.number]
                yield task.compute(self.embedders[network])
                done += unit.frames
                if (monotonic() - begun) / done * (frames - done) > WORTHWHILE:
                    return

    def _usual_workers(self) -> int:
        """A process a card; on the processor one for every core that there is memory for, none where that is one."""
        if self._devices[0] != DEVICE:
            return len(self._devices) if len(self._devices) > 1 else 0
        longest = max(unit.length for _, unit in self._units)
        each = _PROCESS + max(self._memory, longest * max(embedder.bytes_a_frame for embedder in self.embedders))
        room = available_memory()
        cores = usable_cores() // self._settings.threads_each
        workers = cores if room is None else min(cores, int(room / each))
        return workers if workers > 1 else 0


def _budget(settings: EmbedSettings, device: str) -> int:
    if settings.mode == "latency":
        return ALONE
    return usual_memory(device) if settings.memory is None else settings.memory
