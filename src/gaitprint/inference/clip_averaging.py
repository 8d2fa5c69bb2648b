"""Which clips of a sequence are embedded: all frames at once, or several clips whose vectors are averaged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gaitprint.config import require


@dataclass(frozen=True)
class Clip:
    """Frames start..stop-1 of the sequence in one row of a set, mirrored or not."""

    row: int
    start: int
    stop: int
    mirrored: bool


@dataclass(frozen=True)
class ClipAveraging:
    """Mirror images and windows that are embedded apart; a sequence's vector is the mean of theirs.

    Part of what made a vector: embeddings of other settings have another source and do not meet.
    """

    flip: bool = False
    """Embed also the mirror image, as if the person walked the other way."""
    windows: int = 0
    """Windows of consecutive frames, spread evenly over the sequence; 0 takes all frames as one clip."""
    frames: int = 30
    """Frames of a window; a sequence that has no more is taken whole."""

    def __post_init__(self) -> None:
        require(self.windows >= 0, f"windows are 0 (all frames at once) or more, found {self.windows}")
        require(self.frames >= 1, f"a window has at least 1 frame, found {self.frames}")

    @property
    def plain(self) -> bool:
        """Whether every sequence is one clip of all its frames."""
        return not self.flip and self.windows == 0

    def spans(self, length: int) -> list[tuple[int, int]]:
        """First frame, and the one after the last, of every window of a sequence; different ones only.

        >>> ClipAveraging(windows=3, frames=4).spans(10)
        [(0, 4), (3, 7), (6, 10)]
        """
        if self.windows == 0 or length <= self.frames:
            return [(0, length)]
        last = length - self.frames
        # one window lies in the middle, where somebody is neither coming into view nor leaving it
        starts = [last // 2] if self.windows == 1 else np.rint(np.linspace(0, last, self.windows)).astype(int).tolist()
        # of a sequence hardly longer than a window several starts round to one
        return [(start, start + self.frames) for start in dict.fromkeys(starts)]

    def clips(self, lengths: Sequence[int]) -> Iterator[Clip]:
        """Every clip of sequences of these lengths, sequence by sequence."""
        for row, length in enumerate(lengths):
            for start, stop in self.spans(length):
                for mirrored in (False, True) if self.flip else (False,):
                    yield Clip(row, start, stop, mirrored)


WHOLE = ClipAveraging()
"""Every sequence one clip of all its frames, as published."""
