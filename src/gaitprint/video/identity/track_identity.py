"""The answer of one track: who it is, how sure that is, and why nobody is named where nobody is."""

from dataclasses import asdict, dataclass
from typing import Any

from gaitprint.errors import ShapeError

UNKNOWN = "unknown"
"""What is said of a track whom nobody known fits."""
NO_WINDOW = "no window of good silhouettes"
TOO_FAR = "nobody known is near enough"


@dataclass(frozen=True)
class TrackIdentity:
    """Who a track is, by what has been seen of it so far."""

    track: int
    subject: str | None
    """None: nobody known, or nothing to go by."""
    distance: float | None
    """Mean over the windows, to the subject, or to the nearest where nobody is named; None without a window."""
    margin: float | None
    """How much further away the runner-up is; below 0 where they are nearer, but cannot be it. None where there is no
    other."""
    probability: float | None
    """That it is the subject, or the nearest where nobody is named; None without a calibration."""
    runner_up: str | None
    """The nearest of all others."""
    nearest: str | None
    """The nearest of all, whatever stands against it."""
    windows: int
    frames: int
    """Of the windows."""
    seconds: tuple[float, float]
    """When the track was first and last seen."""
    reason: str = ""
    """Why nobody is named; empty where somebody is."""

    def __post_init__(self) -> None:
        if (self.subject is None) != bool(self.reason):
            raise ShapeError(f"track {self.track} has a name or a reason why not, found {self.subject}, {self.reason}")

    @property
    def name(self) -> str:
        """The subject, or "unknown"."""
        return UNKNOWN if self.subject is None else self.subject

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "seconds": list(self.seconds), "reason": self.reason or None}
