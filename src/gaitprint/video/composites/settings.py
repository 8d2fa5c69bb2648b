"""What a composite clip shows."""

from dataclasses import dataclass

from gaitprint.config import require
from gaitprint.video.frames import VideoInfo


@dataclass(frozen=True)
class CompositeSettings:
    """What is filmed, and by which camera."""

    width: int = 640
    """Pixels."""
    height: int = 480
    """Pixels."""
    fps: float = 25.0
    """Frames a second."""
    seconds: float = 12.0
    """Length of the clip."""
    empty: float = 1.2
    """Seconds before the first one comes."""
    subjects: tuple[int, ...] = (1, 2)
    """Who walks: subjects of the data set synthetic. They come from both sides in turn, and so pass each other."""
    condition: str = "nm-01"
    """How: of the data set synthetic."""
    seed: int = 0
    """Of the data set synthetic, and of the clothes, which subjects keep from clip to clip."""
    smallest: float = 110.0
    """Height in pixels of the farthest one; the others stand between."""
    largest: float = 180.0
    """Height in pixels of the nearest one."""
    turn: float = 15.0
    """Degrees at most by which people leave the line across the picture."""
    pillar: float = 0.0
    """Width of a pillar before everybody, as a share of the frame's width; 0: none."""
    shadow: float = 0.35
    """Share of the light that is missing in shadows; 0: none."""
    noise: float = 3.0
    """Standard deviation of each pixel's noise, of 255."""
    light: float = 0.05
    """Share by which the light changes, slowly and from place to place."""

    def __post_init__(self) -> None:
        require(
            min(self.width, self.height) >= 64, f"width and height are at least 64, found {self.width}x{self.height}"
        )
        require(self.fps > 0 and self.seconds > 0, f"fps and seconds must be above 0, found {self.fps}, {self.seconds}")
        require(len(self.subjects) == len(set(self.subjects)), f"subjects must differ, found {self.subjects}")
        require(0 < self.smallest <= self.largest, f"smallest must be in (0, largest], found {self.smallest}")
        require(self.largest <= self.height, f"largest must be at most the frame's height, found {self.largest}")
        for name in ("pillar", "shadow", "light"):
            require(0 <= getattr(self, name) < 1, f"{name} must lie in [0, 1), found {getattr(self, name)}")
        require(self.empty >= 0, f"empty must be at least 0 seconds, found {self.empty}")
        require(self.noise >= 0, f"noise must be at least 0, found {self.noise}")

    @property
    def info(self) -> VideoInfo:
        """What a reader would say of the clip."""
        return VideoInfo(self.width, self.height, self.fps, self.frames)

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return max(1, round(self.seconds * self.fps))
