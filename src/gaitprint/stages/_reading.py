"""Reading sequences for preparation: one after the other or in several processes, always in the order given."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from gaitprint.errors import DataError, GaitprintError
from gaitprint.silhouettes.normalize import MIN_FRAMES, EdgeRule, normalize_sequence
from gaitprint.silhouettes.reading import read_image_folder, read_sequence_file
from gaitprint.types import Frames


@dataclass(frozen=True)
class ReadSequence:
    """What became of one sequence: its frames and what is odd about them, or the reason why there are none."""

    frames: Frames | None
    warnings: tuple[str, ...] = ()
    reason: str = ""


def processed_shapes(size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shapes H, W of frames that are normalised already: square, or with 10 of 64 columns cut on each side."""
    return (size, size), (size, size - 2 * (10 * size // 64))


def read_sequence(path: Path, root: Path, size: int, edge_rule: EdgeRule) -> ReadSequence:
    """Read a folder of images or an array file and normalise what is not normalised yet.

    Damage is an answer here (`reason`), not an error, so that one bad sequence does not stop a run.
    """
    try:
        raw = read_image_folder(path, root) if path.is_dir() else read_sequence_file(path, root)
        return _normalised(raw, size, edge_rule)
    except (GaitprintError, OSError) as error:
        return ReadSequence(None, reason=str(error))


def read_all(paths: Sequence[Path], root: Path, size: int, edge_rule: EdgeRule, workers: int) -> Iterator[ReadSequence]:
    """Read sequences in the given order, in `workers` processes (0: in this one); a few are read ahead.

    Raises:
        DataError: a worker process was killed.
    """
    read = partial(read_sequence, root=root, size=size, edge_rule=edge_rule)
    if workers == 0:
        yield from map(read, paths)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        rest = iter(paths)
        ahead: deque[Future[ReadSequence]] = deque(pool.submit(read, path) for path in islice(rest, 4 * workers))
        try:
            while ahead:
                result = ahead.popleft().result()
                ahead.extend(pool.submit(read, path) for path in islice(rest, 1))
                yield result
        except BrokenProcessPool:
            raise DataError("a worker process was killed, perhaps for memory: run again with fewer workers") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _normalised(raw: Sequence[UInt8[np.ndarray, "H W"]] | Frames, size: int, edge_rule: EdgeRule) -> ReadSequence:
    shapes = {frame.shape for frame in raw}
    if len(shapes) == 1 and shapes <= set(processed_shapes(size)):
        frames = raw if isinstance(raw, np.ndarray) else np.stack(list(raw))
        if not frames.any():
            return ReadSequence(None, reason=f"all {len(frames)} frames are black: no silhouette in them")
        return ReadSequence(frames, _few(len(frames)))
    normalised = normalize_sequence(raw, size, edge_rule)
    dropped = len(raw) - len(normalised.frames)
    lost = (f"{dropped} of {len(raw)} frames hold no silhouette and were dropped",) if dropped else ()
    return ReadSequence(normalised.frames, normalised.warnings or lost)


def _few(count: int) -> tuple[str, ...]:
    return (f"only {count} frames, {MIN_FRAMES} are usual at least",) if count < MIN_FRAMES else ()
