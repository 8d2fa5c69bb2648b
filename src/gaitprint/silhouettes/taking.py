"""From the frames of one sequence as they were found to normalised ones: the one way of prepare, doctor and Python."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from gaitprint.errors import DataError
from gaitprint.silhouettes.appearance import mend_frames, with_body
from gaitprint.silhouettes.looks import looks
from gaitprint.silhouettes.normalize import MIN_FRAMES, EdgeRule, normalize_sequence
from gaitprint.types import Frames


@dataclass(frozen=True)
class TakenSequence:
    """Normalised frames of one sequence, where the bodies were, and what there is to say."""

    frames: Frames
    boxes: Int[np.ndarray, "T 4"] | None = None
    """x, y, width, height in the raw frames, where those were normalised here."""
    image_size: tuple[int, int] | None = None
    """H, W of the raw frames, where all have one size."""
    remarks: tuple[str, ...] = ()
    """What was mended and what looks wrong, a line each."""


def processed_shapes(size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shapes H, W of frames that are normalised already: square, or with 10 of 64 columns cut on each side."""
    return (size, size), (size, size - 2 * (10 * size // 64))


def take_sequence(
    raw: Sequence[UInt8[np.ndarray, "_H _W"]], size: int = 64, edge_rule: EdgeRule = "opengait"
) -> TakenSequence:
    """Mend what can be told, and normalise what is not normalised yet.

    Args:
        raw: grey frames, uint8, of any sizes. Frames of a shape of `processed_shapes` are taken as normalised.
        size: H of normalised frames in pixels.
        edge_rule: see `normalize_sequence`.

    Raises:
        DataError: no frame with a silhouette in it, or no silhouettes at all.
    """
    if not raw:
        raise DataError("a sequence needs at least one frame, found none")
    shapes, remarks = {frame.shape for frame in raw}, list[str]()
    # told by the shape alone: scaling normalised frames once more would blur them
    processed = len(shapes) == 1 and shapes <= set(processed_shapes(size))
    mended = mend_frames(raw, remarks.append, raw=not processed)
    if processed:
        frames = np.stack(mended)
        seen = with_body(frames)
        if not seen.any():
            raise DataError(f"all {len(frames)} frames are black: no silhouette in them")
        if not seen.all():
            remarks.append(f"{int((~seen).sum())} of {len(frames)} frames are black and were dropped")
            frames = frames[seen]
        if len(frames) < MIN_FRAMES:
            remarks.append(f"only {len(frames)} frames, {MIN_FRAMES} are usual at least")
        return TakenSequence(frames, remarks=(*remarks, *looks(frames)))
    normalized = normalize_sequence(mended, size, edge_rule)
    dropped = len(raw) - len(normalized.frames)
    # raw recordings begin before anybody comes and end when all have gone
    lost = (f"{dropped} of {len(raw)} frames hold no silhouette and were dropped",) if 2 * dropped > len(raw) else ()
    return TakenSequence(
        normalized.frames,
        normalized.boxes,
        shapes.pop() if len(shapes) == 1 else None,
        (*remarks, *(normalized.warnings or lost), *looks(normalized.frames)),
    )
