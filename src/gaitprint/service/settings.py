"""What the service takes on, and what it refuses: sizes, waiting rooms, times."""

from dataclasses import dataclass

from gaitprint.arguments import settle_fields
from gaitprint.config import require

MIB = 1 << 20


@dataclass(frozen=True)
class ServiceSettings:
    """Limits of a service; each is one number that an operator can reason about."""

    upload_mib: float = 64.0
    """The largest file that is sent in."""
    small_mib: float = 1.0
    """The largest body without a file."""
    uploads: int = 16
    """Files that are received at once."""
    waiting: int = 64
    """Requests that wait for the gallery, or for the network, before others are sent away (429)."""
    stall_seconds: float = 10.0
    """Somebody who sends nothing for so long is given up (408)."""
    body_seconds: float = 120.0
    """A body that has not come whole within it is given up (408)."""
    answer_seconds: float = 120.0
    """A request that is not answered within it is given up (503)."""
    stop_seconds: float = 60.0
    """After SIGTERM what was accepted has so long to finish."""
    unpack_mib: float = 128.0
    """What a walk may unpack and decode to."""
    frames: int = 3000
    """Of one walk."""
    batch: int = 16
    """Walks that a network embeds together, at most."""
    clip_seconds: float = 600.0
    """The longest clip."""
    clip_patience: float = 300.0
    """Seconds that a clip may take."""
    clips_waiting: int = 4
    """Clips that wait, the one that is gone through among them."""
    clip_pixels: int = 4096 * 2304
    """Of one frame of a clip."""
    quality: str = "frames>=15,pieces<=0.5"
    """What silhouettes have to be, see `QualityFilter`; empty: anything."""

    def __post_init__(self) -> None:
        settle_fields(self)
        for name in ("uploads", "waiting", "frames", "batch", "clips_waiting", "clip_pixels"):
            require(getattr(self, name) >= 1, f"{name} is 1 or more, found {getattr(self, name)}")
        # no limit at all is no setting: that would be a way to fill the machine
        seconds = ("stall_seconds", "body_seconds", "answer_seconds", "stop_seconds", "clip_seconds", "clip_patience")
        for name in (*seconds, "upload_mib", "unpack_mib", "small_mib"):
            require(getattr(self, name) > 0, f"{name} is above 0, found {getattr(self, name)}")
