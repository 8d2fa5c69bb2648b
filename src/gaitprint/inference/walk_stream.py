"""A walk that arrives frame by frame, from pixels to embeddings: answers on the way, and how settled they are."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.arguments import shown
from gaitprint.backends import ClipStream
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.silhouettes.appearance import check_looks, with_body
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.store import fingerprint_of
from gaitprint.types import Embeddings, SequenceRecord, Silhouettes, check_frames

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


class WalkStream:
    """One walk, by one network; made by `Model.stream`, used from one thread at a time.

    Each frame's work is done once, and memory is bounded however long the walk becomes.
    """

    def __init__(
        self,
        stream: ClipStream,
        preprocessing: Preprocessing,
        record: SequenceRecord,
        embeddings: Callable[[Float32[np.ndarray, "1 D"], tuple[SequenceRecord], str], Embeddings],
    ) -> None:
        self.record = record
        self._stream, self._preprocessing, self._embeddings = stream, preprocessing, embeddings
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
        return self._stream.nbytes

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
        self._stream.push(to_clip(seen, self._preprocessing))
        self._digest.update(np.ascontiguousarray(seen).data)
        return len(seen)

    def answer(self) -> StreamAnswer:
        """Embed what has come so far; the stream goes on as if nobody had asked.

        Frames that wait for their neighbours are computed as the end of a walk, which costs as much as 20
        to 40 frames: ask when an answer is of use.

        Raises:
            ShapeError: there is no frame yet.
        """
        features, settled, before = self._stream.embedding(), self._stream.settled(), self._before
        self._before = features, settled
        fingerprint = fingerprint_of((self.record,), (self.frames,), [self._digest.hexdigest()])
        made = self._embeddings(features.reshape(1, -1), (self.record,), fingerprint)
        moved, settling = _part_mean(features, before[0]), _part_mean(settled, before[1])
        return StreamAnswer(made, self.frames, self._stream.start, moved, settling)

    def finish(self) -> StreamAnswer:
        """Answer for the last time; without a window this is what `Model.embed` makes of the whole walk.

        Raises:
            ShapeError: there is no frame.
        """
        last = self.answer()
        self._finished = True
        return last


def _part_mean(now: _Features, before: _Features) -> float | None:
    """The mean over parts of the parts' Euclidean distances; None where one is missing."""
    if now is None or before is None:
        return None
    return float(np.linalg.norm(np.subtract(now, before, dtype=np.float64), axis=1).mean())
