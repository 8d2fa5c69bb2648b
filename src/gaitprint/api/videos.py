"""Videos: people frame by frame, their silhouettes as networks take them, or their names."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from gaitprint.api._given import given_embeddings
from gaitprint.api.comparing import Vectors
from gaitprint.api.models import Model
from gaitprint.arguments import settle
from gaitprint.types import Silhouettes
from gaitprint.video.chain import Moment, VideoChain
from gaitprint.video.frames import VideoInfo
from gaitprint.video.identity.named_video import NamedVideo
from gaitprint.video.identity.people_request import PeopleRequest
from gaitprint.video.parts import VideoParts
from gaitprint.video.request import walks_of, window_settings
from gaitprint.video.tracklets import Tracklet, TrackletCollector, TrackletSettings
from gaitprint.video.video_names import video_names
from gaitprint.video.walks import VideoName


class Video:
    """A video that is gone through once, from its first frame to its last; a context manager that lets go of it.

    Made by `Video.open`.
    """

    def __init__(self, name: VideoName, chain: VideoChain) -> None:
        self.name = name
        """What records of walks say of where they come from."""
        self._chain = chain

    @classmethod
    def open(cls, source: str | Path, parts: VideoParts = VideoParts()) -> "Video":
        """Open a video.

        Args:
            source: a file, a folder of images, `camera:0`, or an address such as `rtsp://host/path`.
            parts: reader, detector, tracker and segmenter; as they stand, for a fixed camera.

        Raises:
            DataError: there is no such video, or it cannot be read. ComponentError, ConfigError: no such parts.
        """
        source = str(source)
        [name] = video_names((source,))
        return cls(name, settle(parts, VideoParts, "parts of Video.open()").open(source))

    @property
    def info(self) -> VideoInfo:
        """What the source says of itself."""
        return self._chain.info

    @property
    def trace(self) -> dict[str, Any]:
        """What became of the frames so far: counts of boxes, tracks and masks, why masks were left out, times."""
        return self._chain.trace.to_dict()

    def __iter__(self) -> Iterator[Moment]:
        """Every frame with who is in it, as it comes.

        Raises:
            DataError: the source can be read no further, and what was read is not all.
        """
        return iter(self._chain)

    def tracklets(self, settings: TrackletSettings = TrackletSettings()) -> Iterator[Tracklet]:
        """Every stretch of everybody's track as it ends, kept or not; each says why it would not be."""
        collector = TrackletCollector(settings)
        for moment in self:
            yield from collector.add(moment)
        yield from collector.finish()

    def silhouettes(self, settings: TrackletSettings = TrackletSettings(), size: int = 64) -> Iterator[Silhouettes]:
        """The silhouettes of every stretch that is good enough, as `Model.embed` takes them.

        Args:
            settings: what is good enough.
            size: height and width of the frames in pixels.
        """
        for tracklet in self.tracklets(settings):
            if not tracklet.reason:
                yield Silhouettes(tracklet.normalized(size).frames, self.name.record(tracklet))

    def identify(
        self,
        people: PeopleRequest | Vectors,
        model: Model | str | Path | None = None,
        settings: TrackletSettings = window_settings(),
    ) -> NamedVideo:
        """Say who is on which track, as `gaitprint video identify` does: iterate over it, then ask for its `tracks()`.

        Each step has a frame and the answers so far of who is in it, which grow surer as windows come. Tracks that were
        seen at the same moment are never the same person; unknown is who is further away than strangers are.

        Args:
            people: who is known: walks with names, their file, or a `PeopleRequest`, which says when one is near
                enough; by itself as near as 5 % of strangers come.
            model: by which the known walks were embedded; None: the weights that come with the package.
            settings: what a window is; as they stand, 60 frames.

        Raises:
            ArtefactError: another network made the walks. ProtocolError: only one person is known and nobody says how
                near is near enough. ConfigError: people or a model that are none.
        """
        if not isinstance(people, PeopleRequest):
            people = PeopleRequest(given_embeddings(people, "the known people"))
        embedder = (model if isinstance(model, Model) else Model.load(model))._embedder
        tracklets = settle(settings, TrackletSettings, "settings of Video.identify()")
        walks = walks_of(self._chain, self.name, embedder, tracklets)
        return NamedVideo(walks, people.open(embedder.source).identifier(), forget=self.info.live)

    def close(self) -> None:
        """Let go of the source; also in the middle, also twice."""
        self._chain.close()

    def __enter__(self) -> "Video":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
