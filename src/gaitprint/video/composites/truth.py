"""What is known of a composite frame: who is in it, and which pixels are theirs."""

from dataclasses import dataclass

import numpy as np

from gaitprint.video.frames import VideoFrame
from gaitprint.video.people import Box, PersonMask


@dataclass(frozen=True, eq=False)
class TruePerson:
    """Somebody in a frame, as drawn."""

    subject: str
    """As the data set synthetic calls them, such as 001."""
    box: Box
    """Around all of the body, also what is hidden or outside."""
    mask: PersonMask
    """What is to be seen of them."""
    whole: PersonMask
    """What would be, if nobody and nothing stood before them; cut by the frame."""

    @property
    def visible(self) -> float:
        """Share of the body in the frame that is to be seen."""
        return float(self.mask.pixels.sum(dtype=np.int64) / max(1, self.whole.pixels.sum(dtype=np.int64)))


@dataclass(frozen=True, eq=False)
class CompositeFrame:
    """A frame and the truth about it."""

    frame: VideoFrame
    people: tuple[TruePerson, ...]
    """Who is in it, at least in part; the farthest first."""
