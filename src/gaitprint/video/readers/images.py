"""A folder, .zip or .tar of images, one a frame, in natural order: frame2 before frame10."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gaitprint.archives import Files, open_files
from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.silhouettes.images import decode_colour
from gaitprint.silhouettes.reading import MAX_FILE_BYTES
from gaitprint.texts import natural_order
from gaitprint.video.contracts import OpenVideo
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.upright import Image, OneSize
from gaitprint.video.video_source import shown_source, what_is_at

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz")


@dataclass(frozen=True)
class ImagesSettings:
    """Settings."""

    fps: float = 25.0
    """Frames a second: images have no times of their own."""

    def __post_init__(self) -> None:
        require(0 < self.fps < math.inf, f"fps is the number of images a second, above 0, found {self.fps}")


class Images:
    """The reader."""

    def __init__(self, settings: ImagesSettings) -> None:
        self.settings = settings

    def takes(self, source: str) -> bool:
        """See `gaitprint.video.contracts.Reader`: folders, and archives by their names."""
        kind = what_is_at(source)
        return kind == "folder" or (kind == "file" and source.lower().endswith(_ARCHIVES))

    def open(self, source: str) -> OpenVideo:
        """See `gaitprint.video.contracts.Reader`."""
        if what_is_at(source) == "nothing":
            raise DataError(f"no folder of images at {shown_source(source)}: check the path")
        if not self.takes(source):
            raise DataError(f"{shown_source(source)} is no folder of images, and no .zip or .tar of them")
        return _ImageVideo(open_files(Path(source)), shown_source(source), self.settings.fps)


class _ImageVideo:
    def __init__(self, files: Files, shown: str, fps: float) -> None:
        self._files, self._fps = files, fps
        listed = files.list("").files
        images = [name for name in listed if PurePosixPath(name).suffix.lower() in ENDINGS]
        self._names = sorted(images, key=natural_order)
        self._passed_over = len(listed) - len(images)
        self._damaged: list[str] = []
        self._one_size = OneSize()
        if not self._names:
            found = f"{len(listed)} other files, such as {listed[0]}" if listed else "no file directly in it"
            raise DataError(f"{shown} holds no images ({', '.join(ENDINGS)}), found {found}")
        # opened as far as the first sound one: sizes are those of images, not of names
        first = next((image for name in self._names if (image := self._decoded(name)) is not None), None)
        if first is None:
            raise DataError(f"{shown}: none of {len(self._names)} images can be read; {self._damaged[0]}")
        self._damaged.clear()
        self._one_size(first)
        self.info = VideoInfo(first.shape[1], first.shape[0], fps, len(self._names))

    @property
    def notes(self) -> tuple[str, ...]:
        """See `gaitprint.video.contracts.OpenVideo`."""
        said = []
        if self._passed_over:
            said.append(f"{self._passed_over} files beside the images were passed over")
        if self._damaged:
            said.append(f"{len(self._damaged)} images could not be read and were passed over; {self._damaged[0]}")
        if self._one_size.changed:
            said.append(f"{self._one_size.changed} images have another size than the first and were scaled to it")
        return tuple(said)

    def __iter__(self) -> Iterator[VideoFrame]:
        """See `gaitprint.video.contracts.OpenVideo`."""
        for index, name in enumerate(self._names):
            image = self._decoded(name)
            if image is not None:
                yield VideoFrame(self._one_size(image), index, index / self._fps)

    def close(self) -> None:
        """See `gaitprint.video.contracts.OpenVideo`."""
        self._names = []

    def _decoded(self, name: str) -> Image | None:
        try:
            return decode_colour(self._files.read(name, MAX_FILE_BYTES), self._files.called(name))
        except DataError as error:
            self._damaged.append(str(error))
            return None


component = Component(ImagesSettings, Images, (Example(), Example({"fps": 12.5})))
