"""Walks of a site as adaptation sees them: labelled by themselves where nobody is named, or cut into halves."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.store import SequenceSet, Subset
from gaitprint.types import Frames, SequenceRecord

LEAST_FRAMES = 20
"""Shorter walks cannot be halved: less than a step a half."""


class EachItsOwn:
    """A `SequenceSet` in which every walk is a person of its own: the pseudo-labels of tracks."""

    def __init__(self, parent: SequenceSet) -> None:
        self._parent = parent
        self._records = tuple(replace(r, subject=r.key) for r in parent.records)

    @property
    def records(self) -> tuple[SequenceRecord, ...]:
        """Every record, its key as its subject."""
        return self._records

    @property
    def lengths(self) -> tuple[int, ...]:
        """See `SequenceSet`."""
        return self._parent.lengths

    @property
    def size(self) -> tuple[int, int]:
        """See `SequenceSet`."""
        return self._parent.size

    @property
    def fingerprint(self) -> str:
        """That of the parent, whose frames these are."""
        return "each its own of " + self._parent.fingerprint

    def frames(self, index: int, start: int = 0, stop: int | None = None) -> Frames:
        """See `SequenceSet`."""
        return self._parent.frames(index, start, stop)


def is_labelled(sequences: SequenceSet) -> bool:
    """Whether somebody walks twice: then people can be looked for, and not only walks."""
    names = [r.subject for r in sequences.records if r.subject is not None]
    return len(set(names)) < len(names) and len(set(names)) > 1


def learn_and_judge(sequences: SequenceSet) -> tuple[SequenceSet, SequenceSet]:
    """Two thirds to learn from, a third to judge by: of the people where there are labels, else of the walks."""
    labelled = is_labelled(sequences)
    # every third in their order: neighbours were often recorded on one day
    units = sorted({str(r.subject) if labelled else r.key for r in sequences.records})
    aside = set(units[1::3])

    def is_aside(record: SequenceRecord) -> bool:
        return (str(record.subject) if labelled else record.key) in aside

    return Subset(sequences, lambda r: not is_aside(r)), Subset(sequences, is_aside)


def draw_clips(
    sequences: SequenceSet,
    preprocessing: Preprocessing,
    shape: tuple[int, int, int],
    generator: np.random.Generator,
) -> list[Float32[np.ndarray, "_N _T h w"]]:
    """Batches of windows of walks chosen by chance.

    Args:
        shape: batches, clips of a batch, frames of a clip.
    """
    batches, clips, frames = shape
    return [
        np.stack([to_clip(_window(sequences, frames, generator), preprocessing) for _ in range(clips)])
        for _ in range(batches)
    ]


def _window(sequences: SequenceSet, frames: int, generator: np.random.Generator) -> Frames:
    index = int(generator.integers(len(sequences.records)))
    length = sequences.lengths[index]
    if length >= frames:
        start = int(generator.integers(length - frames + 1))
        return sequences.frames(index, start, start + frames)
    whole = sequences.frames(index)
    return np.asarray(whole)[np.arange(frames) % length]
