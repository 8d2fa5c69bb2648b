"""Reading sequences of a data set: one after the other or in several processes, always in the order given."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from typing import TypeVar

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.archives import Files, Watched, as_it_was, full_stamp
from gaitprint.blas import one_blas_thread
from gaitprint.errors import GaitprintError, ReadError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.processes import deaf_children, leave_with_parent, worker_pool
from gaitprint.silhouettes.quality import measure
from gaitprint.silhouettes.reading import read_sequence
from gaitprint.silhouettes.taking import take_sequence
from gaitprint.store import Packed, pack
from gaitprint.types import Frames

Result = TypeVar("Result")
BUNDLE = 4
"""Sequences that a worker process is handed at once: handing over costs a millisecond, reading one 3 to 30."""


@dataclass(frozen=True)
class Loaded:
    """What became of one sequence: its frames and what is odd about them, or the reason why there are none."""

    frames: Frames | None
    warnings: tuple[str, ...] = ()
    quality: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    again: bool = False
    """Another try may succeed: the system could not read it this time."""


@dataclass(frozen=True)
class ReadSequence:
    """What a store is told of one sequence. Without `packed` there is a reason, unless nothing has changed."""

    packed: Packed | None
    warnings: tuple[str, ...] = ()
    quality: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    stamp: str = ""
    unchanged: bool = False


@dataclass(frozen=True)
class Task:
    """One sequence to read, and the stamp it had when it was read last."""

    place: str
    stamp: str = ""


def load(files: Files, place: str, how: FrameSettings) -> Loaded:
    """Read a folder of images or an array file, normalise what is not normalised yet, and measure it.

    Damage is an answer here (`reason`), not an error, so that one bad sequence does not stop a run.
    """
    try:
        remarks: list[str] = []
        return _normalised(read_sequence(files, place, remarks.append), how, remarks)
    # before GaitprintError, of which ReadError is a kind: the file may be sound and the disk or the rights were not
    except (ReadError, OSError) as error:
        return Loaded(None, reason=str(error), again=True)
    except GaitprintError as error:
        return Loaded(None, reason=str(error))


def read_packed(files: Files, task: Task, how: FrameSettings, trust_times: bool = False) -> ReadSequence:
    """One sequence ready for a store; without frames where its files are what they were the last time."""
    watched = Watched(files)
    try:
        if as_it_was(watched, task.place, task.stamp, trust_times):
            return ReadSequence(None, stamp=task.stamp, unchanged=True)
    except GaitprintError as error:
        return ReadSequence(None, reason=str(error))
    loaded = load(watched, task.place, how)
    packed = None if loaded.frames is None else pack(loaded.frames, how.form)
    # without a stamp it is tried again the next time
    stamp = "" if loaded.again else _stamp(watched, task.place)
    return ReadSequence(packed, loaded.warnings, loaded.quality, loaded.reason, stamp)


def _stamp(files: Watched, place: str) -> str:
    try:
        return full_stamp(files, place)
    except GaitprintError:
        return ""


def read_all(
    read: Callable[[Files, Task], Result], files: Files, tasks: Sequence[Task], workers: int
) -> Iterator[Result]:
    """`read(files, task)` of every task in order, in `workers` processes (0: in this one); a few are read ahead.

    Raises:
        DataError: a worker process was killed.
    """
    if workers == 0:
        with one_blas_thread():  # sums over one sequence: threads cost more than they do
            yield from (read(files, task) for task in tasks)
        return
    bundles = iter([tasks[i : i + BUNDLE] for i in range(0, len(tasks), BUNDLE)])
    with worker_pool(workers, _begin_worker) as pool:

        def submitted(count: int) -> list[Future[list[Result]]]:
            with deaf_children():
                return [pool.submit(_read_bundle, read, files, bundle) for bundle in islice(bundles, count)]

        # a few bundles wait for each worker, so that none is idle while this process packs and writes; more would only
        # hold frames
        ahead = deque(submitted(3 * workers))
        while ahead:
            # in the order given, whichever bundle is ready first: a store's bytes must not depend on the number of
            # processes
            results = ahead.popleft().result()
            ahead.extend(submitted(1))
            yield from results


def _read_bundle(read: Callable[[Files, Task], Result], files: Files, tasks: Sequence[Task]) -> list[Result]:
    return [read(files, task) for task in tasks]


def packer(how: FrameSettings, trust_times: bool = False) -> Callable[[Files, Task], ReadSequence]:
    """`read_packed` with its settings, as `read_all` wants it."""
    return partial(read_packed, how=how, trust_times=trust_times)


def _normalised(raw: list[UInt8[np.ndarray, "_H _W"]], how: FrameSettings, remarks: list[str]) -> Loaded:
    taken = take_sequence(raw, how.size, how.edge_rule)
    quality = measure(taken.frames, taken.boxes if taken.image_size else None, taken.image_size)
    return Loaded(taken.frames, (*remarks, *taken.remarks), asdict(quality))


def _begin_worker() -> None:
    """Each process works on its own sequence, so that threads inside would only wait for each other; it ends with the
    process that started it, which may be killed.
    """
    cv2.setNumThreads(1)
    one_blas_thread()
    leave_with_parent()
