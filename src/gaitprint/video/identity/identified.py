"""Who was seen in which videos, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gaitprint.video.identity.acceptance import Acceptance
from gaitprint.video.identity.named_video import NamedTrack


@dataclass(frozen=True, eq=False)
class IdentifiedVideo:
    """One video and its tracks."""

    name: str
    camera: str
    source: str
    """Where it is; an address without its password."""
    tracks: tuple[NamedTrack, ...]
    trace: Mapping[str, Any]
    """See `gaitprint.video.trace.Trace`."""

    @property
    def named(self) -> tuple[NamedTrack, ...]:
        """The tracks of people who are known."""
        return tuple(t for t in self.tracks if t.identity.subject is not None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "camera": self.camera,
            "source": self.source,
            "tracks": [track.to_dict() for track in self.tracks],
            "trace": dict(self.trace),
        }


@dataclass(frozen=True, eq=False)
class IdentifyReport:
    """Every video, and what the answers rest on."""

    acceptance: Acceptance
    known: int
    """People in the gallery."""
    walks: int
    """Of theirs."""
    distance: str
    """How walks were compared, in a line."""
    videos: tuple[IdentifiedVideo, ...]
    failed: tuple[tuple[str, str], ...]
    """Sources that could not be read, and why."""
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "acceptance": self.acceptance.to_dict(),
            "known": self.known,
            "walks": self.walks,
            "distance": self.distance,
            "videos": [video.to_dict() for video in self.videos],
            "failed": [{"source": source, "why": why} for source, why in self.failed],
            "warnings": list(self.warnings),
        }
