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
from gaitprint.inference.embed_plan import Unit
from gaitprint.inference.embed_settings import EmbedSettings
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
        with torch_threads(settings.threads):
            self.embedders = [opening.open(self._devices[0], sum(sequences.lengths)) for opening in openings]
        # whatever was chosen here computes everywhere, for another back end makes other bytes
        self._openings = [replace(o, backend=e.backend) for o, e in zip(openings, self.embedders, strict=True)]
        (self.plan, *_) = [embedder.plan(sequences, settings.frames_at_once) for embedder in self.embedders]

    @property
    def facts(self) -> dict[str, Any]:
        """Everything that decides the bytes of the units' vectors; not who computes them."""
        return {
            "models": [embedder.source for embedder in self.embedders],
            "backends": [embedder.backend for embedder in self.embedders],
            "data": self._sequences.fingerprint,
            "plan": self.plan.digest,
            "device": self._devices[0].partition(":")[0],
            "threads": self._settings.threads,
        }

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """N, D of every unit's vectors, by its number."""
        return [(len(unit.clips), e.layout.width) for e in self.embedders for unit in self.plan.units]

    def run(self, vectors: UnitVectors, progress: Callable[[int, int, int], None]) -> list[Embeddings]:
        """Compute what is not in `vectors` yet, and put all of it together.

        Args:
            vectors: of units that are done.
            progress: called with (network, sequences done, sequences in all).
        """
        units, total = self.plan.units, len(self._sequences.records)
        todo = [(n, unit) for n, unit in self._numbered() if n not in vectors]
        clips = [0] * len(self.embedders)
        for number, unit in self._numbered():
            clips[number // len(units)] += len(unit.clips) if number in vectors else 0
        for network, done in enumerate(clips):
            if done:
                progress(network, self.plan.sequences_in(done), total)
        with closing(self._computed(todo)) as results:
            for number, batch in results:
                vectors.add(number, batch)
                network = number // len(units)
                clips[network] += len(units[number % len(units)].clips)
                progress(network, self.plan.sequences_in(clips[network]), total)
        return [
            embedder.embeddings(
                self.plan.assemble((vectors.take(first + unit.number) for unit in units), embedder.layout.width),
                self._sequences,
            )
            for first, embedder in zip(
                range(0, len(self.embedders) * len(units), len(units)), self.embedders, strict=True
            )
        ]

    def _numbered(self) -> Iterator[tuple[int, Unit]]:
        """All units of all networks, network by network."""
        for network in range(len(self.embedders)):
            for unit in self.plan.units:
                yield network * len(self.plan.units) + unit.number, unit

    def _tasks(self, todo: Sequence[tuple[int, Unit]]) -> Iterator[UnitTask]:
        for number, unit in todo:
            network = number // len(self.plan.units)
            source = self.embedders[network].source
            yield UnitTask(number, self._openings[network], source, unit.read(self._sequences))

    def _computed(self, todo: Sequence[tuple[int, Unit]]) -> Generator[Result]:
        settings, tasks = self._settings, self._tasks(todo)
        if not todo:
            return
        if settings.ray:
            yield from on_ray(tasks, settings.ray, self._devices[0], settings.threads, settings.workers)
            return
        workers = self._usual_workers() if settings.workers is None else settings.workers
        if workers == 0 or settings.workers is None:
            yield from self._here(tasks, sum(unit.frames for _, unit in todo) if workers else 0)
        devices = [self._devices[i % len(self._devices)] for i in range(min(workers, len(todo)))]
        yield from in_processes(tasks, devices, settings.threads)

    def _here(self, tasks: Iterator[UnitTask], frames: int) -> Generator[Result]:
        """Compute in this process, until so much of that many `frames` is left that others are worth their start."""
        units, begun, done = self.plan.units, monotonic(), 0
        with torch_threads(self._settings.threads):
            for task in tasks:
                yield task.compute(self.embedders[task.number // len(units)])
                done += units[task.number % len(units)].frames
                if (monotonic() - begun) / done * (frames - done) > WORTHWHILE:
                    return

    def _usual_workers(self) -> int:
        """A process a card; on the processor one for every core that there is memory for, none where that is one."""
        if self._devices[0] != DEVICE:
            return len(self._devices) if len(self._devices) > 1 else 0
        frames = max(self._settings.frames_at_once, self.plan.units[-1].length)
        each = _PROCESS + frames * max(embedder.bytes_a_frame() for embedder in self.embedders)
        room = available_memory()
        cores = usable_cores() // self._settings.threads
        workers = cores if room is None else min(cores, int(room / each))
        return workers if workers > 1 else 0
