"""Clips of several walkers, each in a lane of their own before a plain wall, and a network that needs no training."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from clips import write_video

from gaitprint.datasets.synthetic import SyntheticSettings, film
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import SequenceSet
from gaitprint.types import Embeddings, PartLayout

BODY, LANE, WIDTH = 96, 112, 400
"""Height of a body and of a lane, width of the frame, in pixels."""
FRAMES, EMPTY = 80, 40
"""Of a way through, and of the wall before anybody comes."""
_WALL, _CLOTHES = 170, (40, 60, 80)


def walkers_clip(
    path: Path,
    subjects: Sequence[int],
    starts: Sequence[int] | None = None,
    condition: str = "nm-01",
    frames: int = FRAMES,
) -> Path:
    """A video in which these subjects of the data set synthetic cross the picture, one below another.

    Args:
        path: of the video.
        subjects: who walks.
        starts: the frame at which each comes; at once where none is given.
        condition: which walk of theirs.
        frames: of a way through.
    """
    starts = starts or [0] * len(subjects)
    count = EMPTY + frames + max(starts)
    images = np.full((count, LANE * len(subjects), WIDTH, 3), _WALL, np.uint8)
    images += np.random.default_rng(0).integers(0, 3, images.shape, np.uint8)
    for lane, (subject, start) in enumerate(zip(subjects, starts, strict=True)):
        _, (walk,) = film(SyntheticSettings(views=("090",), frames=frames), subject, condition)
        for t, silhouette in enumerate(walk):
            body = cv2.resize(silhouette, (BODY, BODY), interpolation=cv2.INTER_AREA)
            left = round(t * (WIDTH - BODY) / frames)
            top = LANE * lane + (LANE - BODY) // 2
            place = images[EMPTY + start + t, top : top + BODY, left : left + BODY]
            place[body > 127] = _CLOTHES
    return write_video(path, images)


class MeanSilhouette:
    """The mean and spread over time of small silhouettes as a vector: gait energy (Han and Bhanu, 2006)."""

    preprocessing = Preprocessing()
    source = "mean-silhouette"

    def embed(self, sequences: SequenceSet) -> Embeddings:
        rows = [self._vector(sequences.frames(i)) for i in range(len(sequences.records))]
        settings = {"networks": [{"network": "mean-silhouette"}]}
        return Embeddings(np.stack(rows), tuple(sequences.records), PartLayout(((2, 704),)), self.source, settings)

    def _vector(self, frames: np.ndarray) -> np.ndarray:
        pictures = frames.astype(np.float32) / 255
        small = [
            cv2.resize(p, (22, 32), interpolation=cv2.INTER_AREA).ravel() for p in (pictures.mean(0), pictures.std(0))
        ]
        return np.concatenate(small).astype(np.float32)
