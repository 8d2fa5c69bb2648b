"""What became of a video: how many frames, boxes and tracks there were, and why each was left out."""

from collections import Counter
from typing import Any

from gaitprint.video.latencies import Latencies

STEPS = ("read", "detect", "track", "segment", "frame")
"""Whose times are measured; "frame" is from a frame's arrival to its answer, without reading."""


class Trace:
    """Counts and times that grow while a video is gone through."""

    def __init__(self) -> None:
        self.frames = 0
        self.detected = 0
        """Frames on which the detector ran."""
        self.detections = 0
        self.tracks = 0
        """People that were given a number."""
        self.sightings = 0
        """People times frames."""
        self.masks = 0
        """Of them, with a mask that is a whole walker."""
        self.faults: Counter[str] = Counter()
        """Of the others, why not."""
        self.latencies = {step: Latencies() for step in STEPS}
        self.notes: tuple[str, ...] = ()
        """What the reader says of the source."""
        self.ended = ""
        """Why it ended before its end; empty where it did not."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "frames": self.frames,
            "frames_detected": self.detected,
            "detections": self.detections,
            "tracks": self.tracks,
            "sightings": self.sightings,
            "masks": self.masks,
            "faults": dict(sorted(self.faults.items())),
            "latency": {step: latencies.to_dict() for step, latencies in self.latencies.items()},
            "notes": list(self.notes),
            "ended": self.ended,
        }
