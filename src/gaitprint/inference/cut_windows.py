"""Windows cut out of a walk that arrives frame by frame: each is embedded as a clip of its own, by any back end."""

import numpy as np
from jaxtyping import Float32

from gaitprint.config import require
from gaitprint.deploy.stream import check_windows
from gaitprint.errors import ShapeError
from gaitprint.inference.running import Runner


class CutWindows:
    """A `ClipStream` that sees nothing outside of a window: frames are computed once for every window they are in.

    Args:
        run: what embeds clips.
        window: frames of one.
        stride: from one to the next; 0: only the last one counts.
    """

    def __init__(self, run: Runner, window: int, stride: int = 0) -> None:
        check_windows(window, stride)
        require(window >= 1, "a window that is cut out has frames: say how many, by window")
        self._run, self._window, self._stride = run, window, stride
        self._kept: Float32[np.ndarray, "_K _H _W"] = np.zeros((0, 0, 0), np.float32)
        self._next = 0
        self._ready: list[tuple[int, Float32[np.ndarray, "_P _D"]]] = []
        self.frames = 0
        """See `ClipStream`."""

    @property
    def start(self) -> int:
        """See `ClipStream`; exactly the window's frames."""
        return max(self.frames - self._window, 0)

    @property
    def nbytes(self) -> int:
        """See `ClipStream`."""
        return self._kept.nbytes + sum(features.nbytes for _, features in self._ready)

    def push(self, frames: Float32[np.ndarray, "T H W"]) -> None:
        """See `ClipStream`; windows that end in these frames are embedded now."""
        if self.frames == 0:
            self._kept = frames.copy()
        elif frames.shape[1:] != self._kept.shape[1:]:
            raise ShapeError(f"this walk's frames are {self._kept.shape[1:]} pixels, found {frames.shape[1:]}")
        else:
            self._kept = np.concatenate([self._kept, frames])
        self.frames += len(frames)
        while self._stride and self._next + self._window <= self.frames:
            self._ready.append((self._next, self._embedded(self._next)))
            self._next += self._stride
        first = min(self.start, self._next) if self._stride else self.start
        self._kept = self._kept[max(0, first - (self.frames - len(self._kept))) :].copy()

    def embedding(self) -> Float32[np.ndarray, "P D"]:
        """See `ClipStream`."""
        if self.frames == 0:
            raise ShapeError("there is no frame yet: push at least one before you ask for an embedding")
        return self._embedded(self.start)

    def windows(self, ended: bool = False) -> list[tuple[int, Float32[np.ndarray, "P D"]]]:
        """See `ClipStream`; nothing waits for later frames."""
        del ended
        ready, self._ready = self._ready, []
        return ready

    def settled(self) -> None:
        """Of a clip that is cut out every frame alters every moment's neighbours: nothing ever is."""

    def _embedded(self, start: int) -> Float32[np.ndarray, "P D"]:
        at = start - (self.frames - len(self._kept))
        # a copy: a session may want it in one stretch
        clip = np.ascontiguousarray(self._kept[at : at + self._window], np.float32)
        features: Float32[np.ndarray, "P D"] = self._run(clip[None])[0]
        return features
