"""What a tracker remembers of one person."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float64

from gaitprint.video.people import Box
from gaitprint.video.tracking.box_motion import BoxState
from gaitprint.video.tracking.colours import Colours, blend, colour_distance

_NARROW = 0.9
"""Share of the usual width from which on all of somebody is seen."""


@dataclass(eq=False)
class Track:
    """One person, from the first box on; changed by its tracker as frames come."""

    state: BoxState
    score: float
    """Of the detection that was last matched."""
    first_seen: float
    """Seconds of the video."""
    last_seen: float
    colours: Colours | None = None
    number: int = 0
    """0 until it is confirmed."""
    hits: int = 1
    """Detections that were matched."""
    seen: bool = True
    """Whether one was matched when the detector last ran."""
    in_crowd: bool = False
    """Whether a box of several people held them when the detector last ran."""
    mixed: bool = False
    """Whether they were close to somebody since they were last seen by themselves: who is who, looks must tell."""
    pace: Float64[np.ndarray, "2"] = field(default_factory=lambda: np.zeros(2))
    """Columns and rows a second of the last seconds in which all of them was seen."""
    paces: int = 0
    """How many are averaged in it."""
    width: float = 0.0
    """Usual width of the box in heights: what is much narrower may be hidden in part."""
    box: Box = field(init=False)
    """Where it is supposed to be in the present frame."""

    def __post_init__(self) -> None:
        self.box = self.state.box()
        self.width = float(self.state.mean[2, 0])

    def move(self, state: BoxState) -> None:
        """Take over what is known of the box now."""
        self.state, self.box = state, state.box()

    def unlikeness(self, colours: Colours | None) -> float:
        """Distance of colours, 0 to 1; 0.5 where one of both is unknown."""
        return 0.5 if self.colours is None or colours is None else colour_distance(self.colours, colours)

    def learn(self, colours: Colours | None, share: float) -> None:
        """Let new colours take part in what is remembered."""
        if colours is not None:
            self.colours = colours if self.colours is None else blend(self.colours, colours, share)

    def note_pace(self, box: Box, share: float) -> None:
        """Remember how fast they walk, while their box is about as wide as usual.

        Args:
            box: that was found of them now.
            share: how much of what is remembered becomes new.
        """
        width = float((box[2] - box[0]) / (box[3] - box[1]))
        if width >= _NARROW * self.width:
            self.paces += 1
            self.pace = self.pace + max(share, 1 / self.paces) * (self.state.mean[:2, 1] - self.pace)
        # slower downwards: who goes behind something narrows for a while, and is as wide as before afterwards
        self.width += (share if width > self.width else share / 5) * (width - self.width)

    def keep_pace(self) -> None:
        """Go on as before, as wide as before: who goes behind a pillar seems to slow down and to become narrow."""
        if self.paces:
            mean = self.state.mean.copy()
            # the side that was seen last is the hind one, and where it is supposed to be
            mean[0, 0] += np.sign(self.pace[0]) * max(self.width - mean[2, 0], 0.0) * mean[3, 0] / 2
            mean[:2, 1] = self.pace
            mean[2] = max(self.width, mean[2, 0]), 0.0
            self.move(replace(self.state, mean=mean))
