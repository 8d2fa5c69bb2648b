"""Which parts a chain is made of, as somebody names them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gaitprint.arguments import settle_fields
from gaitprint.components import make_component
from gaitprint.config import settings_to_dict
from gaitprint.errors import ConfigError, did_you_mean
from gaitprint.video.chain import VideoChain
from gaitprint.video.contracts import Detector, Segmenter, Tracker
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.video_source import AUTO, reader_for

KINDS = ("reader", "detector", "tracker", "segmenter")


@dataclass(frozen=True)
class VideoParts:
    """Reader, detector, tracker and segmenter by name, with their settings; these are for a fixed camera."""

    reader: str = AUTO
    """"auto" takes the one for the source."""
    detector: str = "background"
    tracker: str = "bytetrack"
    segmenter: str = "foreground"
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """A table a part, for example `{"detector": {"memory": 200}}`."""

    def __post_init__(self) -> None:
        settle_fields(self)
        for kind, table in self.settings.items():
            if kind not in KINDS:
                raise ConfigError(f"no part of a video chain is called {kind!r}: {did_you_mean(str(kind), KINDS)}")
            if not isinstance(table, Mapping):
                raise ConfigError(f"settings of the {kind} are a table such as {kind}.key=value, found {table!r}")

    def open(self, source: str) -> VideoChain:
        """Open a source and the parts for it.

        Raises:
            DataError: there is no such video, or it cannot be read. ComponentError, ConfigError: a part does not exist,
                or not with such settings.
        """
        detector, tracker, segmenter = self.made()
        video = reader_for(source, self.reader, self.settings.get("reader")).open(source)
        return VideoChain(video, detector, tracker, segmenter)

    def check(self) -> None:
        """Try the parts on a black frame, so that wrong ones are told before anything is written.

        Raises:
            ComponentError, ConfigError: a part does not exist, or not with such settings, or they do not fit each
                other. ArtefactError: a file of weights is damaged or none.
        """
        info, black = VideoInfo(640, 480, 25.0, None), VideoFrame(np.zeros((480, 640, 3), np.uint8), 0, 0.0)
        detector, tracker, segmenter = self.made()
        detect, track, segment = detector.open(info), tracker.open(info), segmenter.open(info)
        detections = detect(black)
        segment(black, track.update(black, detections).people, detections)

    def facts(self) -> dict[str, Any]:
        """Names and all settings of the parts, plain values: what decides what comes out of a video."""
        parts = zip(KINDS[1:], (self.detector, self.tracker, self.segmenter), _settings(*self.made()), strict=True)
        named = {kind: {"name": name, **part} for kind, name, part in parts}
        return {"reader": {"name": self.reader, **self.settings.get("reader", {})}, **named}

    def made(self) -> tuple[Detector, Tracker, Segmenter]:
        """Detector, tracker and segmenter."""
        return (
            make_component("detector", self.detector, self._of("detector"), f"the detector {self.detector}"),
            make_component("tracker", self.tracker, self._of("tracker"), f"the tracker {self.tracker}"),
            make_component("segmenter", self.segmenter, self._of("segmenter"), f"the segmenter {self.segmenter}"),
        )

    def _of(self, kind: str) -> dict[str, Any]:
        return dict(self.settings.get(kind, {}))


def _settings(*parts: Detector | Tracker | Segmenter) -> list[dict[str, Any]]:
    return [settings_to_dict(part.settings) for part in parts]
