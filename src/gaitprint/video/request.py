"""What somebody asks of videos: which, by which parts, which stretches; and the network that makes vectors of them."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences, SequenceSet
from gaitprint.types import Embeddings, Silhouettes
from gaitprint.video.chain import VideoChain
from gaitprint.video.extraction import expand_sources
from gaitprint.video.parts import VideoParts
from gaitprint.video.tracklets import TrackletSettings
from gaitprint.video.video_names import video_names
from gaitprint.video.walks import WINDOW, VideoName, VideoWalks


@runtime_checkable
class SequenceEmbedder(Protocol):
    """What makes one vector a sequence: a trained network, held open."""

    @property
    def preprocessing(self) -> Preprocessing:
        """What its silhouettes are."""
        ...

    @property
    def source(self) -> str:
        """Fingerprint of its vectors."""
        ...

    def embed(self, sequences: SequenceSet) -> Embeddings:
        """One vector a sequence."""
        ...


def window_settings(window: int = WINDOW, **kept: Any) -> TrackletSettings:
    """Stretches of so many frames at most, so that answers come on the way.

    Args:
        window: frames of it.
        kept: fields of `TrackletSettings`: which are good enough.
    """
    require(window >= 1, f"a window has 1 frame or more, found {window}")
    # a window shorter than the least stretch would never be kept
    least = min(int(kept.pop("frames", TrackletSettings.frames)), window)
    return TrackletSettings(frames=least, longest=window, **kept)


def walks_of(
    chain: VideoChain,
    name: VideoName,
    embedder: SequenceEmbedder,
    tracklets: TrackletSettings,
    seconds: float = math.inf,
) -> VideoWalks:
    """Vectors of everybody who walks through an opened video, while it is gone through.

    Args:
        chain: of its parts; whoever opened it closes it.
        name: of the video.
        embedder: makes a vector of silhouettes.
        tracklets: how long a stretch is, and which are good enough.
        seconds: how long to go on.
    """

    def embed(walk: Silhouettes) -> Embeddings:
        return embedder.embed(MemorySequences((walk.record,), (walk.frames,)))

    return VideoWalks(chain, embed, name, tracklets, embedder.preprocessing.size, seconds)


@dataclass(frozen=True)
class VideoRequest:
    """Which videos, and how people are taken out of them."""

    sources: Sequence[str]
    """Files, folders of images or of videos, `camera:0`, addresses such as `rtsp://host/path`."""
    parts: VideoParts = field(default_factory=VideoParts)
    tracklets: TrackletSettings = field(default_factory=window_settings)
    """How long a stretch is, and which are good enough."""
    camera: str = ""
    """The view of all of them; "": `default` for files, their own names for cameras and streams."""
    seconds: float = math.inf
    """How long to go on in each, which cameras and streams need."""
    subject: str | None = None
    """Who walks in all of them, where it is one person; None: nobody says."""

    def __post_init__(self) -> None:
        settle_fields(self)
        require(bool(self.sources), "expected at least one video, found none")
        require(self.seconds > 0, f"seconds is above 0, found {self.seconds}")
        object.__setattr__(self, "sources", tuple(map(str, self.sources)))

    def named(self) -> tuple[tuple[str, VideoName], ...]:
        """Every video on its own with its name; a folder of video files is those files."""
        sources = expand_sources(tuple(self.sources))
        names = (replace(name, subject=self.subject) for name in video_names(sources, self.camera))
        return tuple(zip(sources, names, strict=True))

    @contextmanager
    def open(self, source: str, name: VideoName, embedder: SequenceEmbedder) -> Iterator[VideoWalks]:
        """Open one of the videos, to be gone through once.

        Raises:
            DataError: there is no such video, or it cannot be read. ComponentError, ConfigError: no such parts.
        """
        with self.parts.open(source) as chain:
            yield walks_of(chain, name, embedder, self.tracklets, self.seconds)

    def of(self, source: str) -> "VideoRequest":
        """The same of another video."""
        return replace(self, sources=(source,), subject=None)
