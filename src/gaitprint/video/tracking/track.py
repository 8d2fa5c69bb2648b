"""What a tracker remembers of one person."""

from dataclasses import dataclass, field

from gaitprint.video.people import Box
from gaitprint.video.tracking.box_motion import BoxState
from gaitprint.video.tracking.colours import Colours, blend, colour_distance


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
    box: Box = field(init=False)
    """Where it is supposed to be in the present frame."""

    def __post_init__(self) -> None:
        self.box = self.state.box()

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
