"""Sequences to try a network on where nobody gives any: synthetic walkers, at the size of its frames."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32

from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.types import Frames, SequenceRecord

DRAWN = 64
"""Pixels a side of a walker's frame."""


def walks(settings: SyntheticSettings, size: int) -> Iterator[tuple[SequenceRecord, Frames]]:
    """Walkers in frames of `size` pixels a side: of another size than theirs, each pixel is the nearest one."""
    nearest = np.arange(size) * DRAWN // size
    for record, frames in walkers(settings):
        yield record, frames if size == DRAWN else np.ascontiguousarray(frames[:, nearest][:, :, nearest])


def clips_of_lengths(lengths: tuple[int, ...], preprocessing: Preprocessing) -> list[Float32[np.ndarray, "1 T h w"]]:
    """A clip of each length, of a walker each."""
    settings = SyntheticSettings(len(lengths), frames=max(lengths), conditions=("bg-01",), views=("072",))
    found = walks(settings, preprocessing.size)
    return [to_clip(frames[:length], preprocessing)[None] for length, (_, frames) in zip(lengths, found, strict=True)]
