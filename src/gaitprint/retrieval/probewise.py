"""A comparison of probes that are answered one after another, each with the gallery alone."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.gallery_delta import GalleryDelta


@dataclass(frozen=True)
class ProbewiseComparison:
    """Probes, and what answers one of them."""

    probes: Float32[np.ndarray, "Q D"]
    items: int
    """G."""
    answer: Callable[[GalleryDelta], Float32[np.ndarray, " G"]]

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        return len(self.probes), self.items

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """The distances of the probes from `start` to `stop`."""
        result = np.empty((len(self.probes[start:stop]), self.items), np.float32)
        for row, probe in zip(result, self.probes[start:stop], strict=True):
            row[:] = self.answer(GalleryDelta.of_probe(probe))
        return result
