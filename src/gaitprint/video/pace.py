"""Fewer frames a second than there are, by their times."""

import math


class Pace:
    """Takes at most so many frames of each second.

    Args:
        fps: frames a second; 0: all are taken.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._slot = -1

    def takes(self, seconds: float) -> bool:
        """Whether the frame of this time is taken; times never decrease."""
        if not self._fps:
            return True
        # a second has `fps` slots and the first frame of each is taken; a hair more, for times are rounded
        slot = math.floor(seconds * self._fps + 1e-6)
        taken = slot > self._slot
        self._slot = slot
        return taken
