"""What is computed together: batches of clips, made from lengths and settings alone.

A batch's numbers may differ in the last bit from those of another batch, so the plan is fixed before anything is
computed: whoever computes a unit, after whatever interruption, computes the same clips in the same order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.atomic_files import sha256_json
from gaitprint.inference.clip_averaging import Clip, ClipAveraging
from gaitprint.store import SequenceSet
from gaitprint.types import Frames


@dataclass(frozen=True)
class ClipBatch:
    """The pixels of a unit, as stored: what travels to whoever computes it."""

    frames: tuple[Frames, ...]
    """One array a clip, all of one shape."""
    mirrored: tuple[bool, ...]


@dataclass(frozen=True)
class Unit:
    """A batch of clips of one length, by its number in the plan."""

    number: int
    clips: tuple[Clip, ...]

    @property
    def length(self) -> int:
        """T of each clip."""
        return self.clips[0].stop - self.clips[0].start

    @property
    def frames(self) -> int:
        """Frames of all clips."""
        return len(self.clips) * self.length

    def read(self, sequences: SequenceSet) -> ClipBatch:
        """The pixels of every clip, in order."""
        frames = tuple(sequences.frames(clip.row, clip.start, clip.stop) for clip in self.clips)
        return ClipBatch(frames, tuple(clip.mirrored for clip in self.clips))


class EmbedPlan:
    """The units of a set of sequences, in a fixed order: short clips first.

    Args:
        lengths: T of each sequence.
        averaging: which clips of a sequence are embedded.
        frames_at_once: bound on the frames of a unit, which holds at least one clip.
    """

    def __init__(self, lengths: Sequence[int], averaging: ClipAveraging, frames_at_once: int) -> None:
        clips = list(averaging.clips(lengths))
        self._counts = np.bincount([clip.row for clip in clips], minlength=len(lengths))
        self._made_of = [list(lengths), asdict(averaging), frames_at_once]
        groups: dict[int, list[Clip]] = {}
        for clip in clips:
            groups.setdefault(clip.stop - clip.start, []).append(clip)
        batches: list[tuple[Clip, ...]] = []
        for length in sorted(groups):
            size = max(1, frames_at_once // length)
            batches.extend(tuple(groups[length][i : i + size]) for i in range(0, len(groups[length]), size))
        self.units = tuple(Unit(number, batch) for number, batch in enumerate(batches))

    @property
    def digest(self) -> str:
        """Equal digests mean equal units."""
        return sha256_json(self._made_of)

    def sequences_in(self, clips: int) -> int:
        """How many sequences' worth of work so many clips are, rounded down."""
        return clips * len(self._counts) // int(self._counts.sum())

    def assemble(self, batches: Iterable[Float32[np.ndarray, "_N D"]], width: int) -> Float32[np.ndarray, "S D"]:
        """One vector a sequence, the mean of its clips'.

        Args:
            batches: vectors of every unit, in the order of the plan: sums of floats depend on their order.
            width: D.
        """
        vectors = np.zeros((len(self._counts), width), np.float32)
        for unit, batch in zip(self.units, batches, strict=True):
            rows = [clip.row for clip in unit.clips]
            if (self._counts == 1).all():
                vectors[rows] = batch
            else:
                # a batch may hold several clips of one sequence: `+=` with repeated rows would add one of them only
                np.add.at(vectors, rows, batch / self._counts[rows, None].astype(np.float32))
        return vectors
