"""A walk that arrives frame by frame, from pixels to embeddings: answers on the way, and how settled they are."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.arguments import shown
from gaitprint.backends import ClipStream
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.silhouettes.appearance import check_looks, with_body
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.store import fingerprint_of
from gaitprint.types import Embeddings, Frames, SequenceRecord, Silhouettes, check_frames

_Features = Float32[np.ndarray, "P D"] | None


@dataclass(frozen=True, eq=False)
class StreamAnswer:
    """The embedding of a walk so far."""

    embeddings: Embeddings
    """One row: that of the whole walk, if it ended here."""
    frames: int
    """Frames seen so far."""
    start: int
    """The first frame that the embedding is of: 0, or where the window begins."""
    moved: float | None
    """How far the embedding lies from the answer before, by the scorer `part-mean`; None at the first. No distance to a
    known walk, measured so, has changed by more. It stays above 0, for each answer sees the walk end elsewhere."""
    settling: float | None
    """The same of the moments that no later frame alters: what the walk has shown since the answer before and not
    earlier, which falls towards 0. None until there were such moments at two answers."""


@dataclass(frozen=True, eq=False)
class WindowAnswer:
    """The embedding of one window of a walk."""

    embeddings: Embeddings
    """One row; its data's fingerprint is that of the window's frames."""
    start: int
    """The window's first frame, counted without those that were left out."""
    stop: int
    """The frame behind its last one."""


@dataclass(frozen=True)
class Sliding:
    """Which windows a stream embeds."""

    window: int = 0
    """Frames of a window; 0: the whole walk."""
    stride: int = 0
    """Frames from one window to the next, see `WalkStream.windows`; 0: only the last counts."""
    cut: bool = False
    """Embed each window as a clip cut out of the walk, for which its frames are computed anew."""


WHOLE_WALK = Sliding()
"""No windows."""


class WalkStream:
    """One walk, by one network; made by `Model.stream`, used from one thread at a time.

    Each frame's work is done once (but where windows are cut out), and memory is bounded however long the walk becomes.

    Args:
        streams: one, or two, of which the second sees the mirror image and their vectors are averaged.
        preprocessing: of frames.
        record: whose walk it is.
        embeddings: makes them of a vector, the record and a fingerprint.
        sliding: which windows the streams were opened for.
    """

    def __init__(
        self,
        streams: Sequence[ClipStream],
        preprocessing: Preprocessing,
        record: SequenceRecord,
        embeddings: Callable[[Float32[np.ndarray, "1 D"], tuple[SequenceRecord], str], Embeddings],
        sliding: Sliding = WHOLE_WALK,
    ) -> None:
        self.record = record
        self._streams, self._preprocessing, self._embeddings = tuple(streams), preprocessing, embeddings
        self._stream, self._sliding = self._streams[0], sliding
        self._pixels: list[Frames] = []
        """Frames from `_next` on, one array each: those of windows that were not given yet."""
        self._next = 0
        self._digest = hashlib.sha256()
        self._before: tuple[_Features, _Features] = None, None
        self._finished = False

    @property
    def frames(self) -> int:
        """Frames taken so far."""
        return self._stream.frames

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the walk takes."""
        return sum(stream.nbytes for stream in self._streams) + sum(frame.nbytes for frame in self._pixels)

    def push(self, frames: Silhouettes | np.ndarray) -> int:
        """Take the next frames, normalised as `load_silhouettes` does; those without a body are left out, as there.

        Args:
            frames: any number: uint8 [T, H, W], one [H, W], or `Silhouettes`.

        Returns:
            How many were taken.

        Raises:
            ShapeError: frames of another type or size. DataError: they do not look like silhouettes. ConfigError: the
                stream is finished.
        """
        if self._finished:
            raise ConfigError(f"the stream of {self.record.key} is finished: open another one for the next walk")
        pixels = frames.frames if isinstance(frames, Silhouettes) else frames
        if not isinstance(pixels, np.ndarray):
            raise ShapeError(f"a stream takes uint8 [T, H, W] or Silhouettes, found {shown(frames)}")
        pixels = pixels[None] if pixels.ndim == 2 else pixels
        check_frames(pixels, self.record.key)
        seen = Silhouettes(pixels, self.record).frames[with_body(pixels)]
        if not len(seen):
            return 0
        check_looks(Silhouettes(seen, self.record))
        clip = to_clip(seen, self._preprocessing)
        for stream, image in zip(self._streams, (clip, clip[:, :, ::-1]), strict=False):
            stream.push(image)
        self._digest.update(np.ascontiguousarray(seen).data)
        if self._sliding.stride:
            self._pixels.extend(frame.copy() for frame in seen)
        return len(seen)

    def answer(self) -> StreamAnswer:
        """Embed what has come so far; the stream goes on as if nobody had asked.

        Frames that wait for their neighbours are computed as the end of a walk, which costs as much as 20
        to 40 frames: ask when an answer is of use.

        Raises:
            ShapeError: there is no frame yet.
        """
        features, before = _mean([stream.embedding() for stream in self._streams]), self._before
        both = [settled for stream in self._streams if (settled := stream.settled()) is not None]
        settled = _mean(both) if len(both) == len(self._streams) else None
        self._before = features, settled
        fingerprint = fingerprint_of((self.record,), (self.frames,), [self._digest.hexdigest()])
        made = self._row(features, fingerprint)
        moved, settling = _part_mean(features, before[0]), _part_mean(settled, before[1])
        return StreamAnswer(made, self.frames, self._stream.start, moved, settling)

    def windows(self) -> list[WindowAnswer]:
        """Every window that has become whole since the last call, in order: take them as they come, for they wait.

        Window k is of the frames from k times the stride on. It comes 30 to 60 frames behind its last one, or when the
        walk is finished; cut out of the walk at once.

        Raises:
            ConfigError: the stream was opened without a stride.
        """
        window, stride = self._sliding.window, self._sliding.stride
        if not stride:
            raise ConfigError("this stream has no windows one after another: open it with window and stride")
        ready = [stream.windows(self._finished) for stream in self._streams]
        made = []
        for of_images in zip(*ready, strict=True):
            start, features = of_images[0][0], _mean([features for _, features in of_images])
            pixels = np.stack(self._pixels[start - self._next : start - self._next + window])
            fingerprint = fingerprint_of((self.record,), (window,), [hashlib.sha256(pixels.data).hexdigest()])
            made.append(WindowAnswer(self._row(features, fingerprint), start, start + window))
            # a stride longer than the window leaves out frames that may not be there yet
            kept = min(start + stride, self.frames)
            del self._pixels[: kept - self._next]
            self._next = kept
        return made

    def finish(self) -> StreamAnswer:
        """Answer for the last time; without a window this is what `Model.embed` makes of the whole walk.

        Raises:
            ShapeError: there is no frame.
        """
        last = self.answer()
        self._finished = True
        return last

    def _row(self, features: Float32[np.ndarray, "P D"], fingerprint: str) -> Embeddings:
        return self._embeddings(features.reshape(1, -1), (self.record,), fingerprint)


def _mean(features: Sequence[Float32[np.ndarray, "P D"]]) -> Float32[np.ndarray, "P D"]:
    """Of the walk's and of its mirror image's, by the same sum as `EmbedPlan.assemble`, to the last bit."""
    mean: Float32[np.ndarray, "P D"] = np.add.reduce([f / np.float32(len(features)) for f in features])
    return mean


def _part_mean(now: _Features, before: _Features) -> float | None:
    """The mean over parts of the parts' Euclidean distances; None where one is missing."""
    if now is None or before is None:
        return None
    return float(np.linalg.norm(np.subtract(now, before, dtype=np.float64), axis=1).mean())
