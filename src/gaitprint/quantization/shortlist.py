"""Distances to templates, of which the nearest are compared anew with the vectors that the templates were made of."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.knn.neighbors import nearest
from gaitprint.types import Comparison


@dataclass(frozen=True)
class Rescored:
    """The `count` nearest of each row by their exact distances; all others behind them, in the order that they had.

    What stands for the others' distances tells their order only.
    """

    templates: Comparison
    exact: Comparison
    count: int

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        return self.exact.shape

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """The distances of the probes from `start` to `stop`."""
        rough, exact = self.templates.rows(start, stop), self.exact.rows(start, stop)
        listed = nearest(rough, self.count)
        if listed.shape[1] == rough.shape[1]:
            return exact
        anew = np.take_along_axis(exact, listed, axis=1)
        last = np.take_along_axis(rough, listed, axis=1).max(axis=1, keepdims=True)
        # others are no nearer than the last of the list; they start one step of float32 behind the list's farthest
        result = np.nextafter(anew.max(axis=1, keepdims=True), np.float32(np.inf)) + (rough - last)
        np.put_along_axis(result, listed, anew, axis=1)
        return np.asarray(result, np.float32)
