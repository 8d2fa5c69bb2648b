"""What a view adds to every vector, and a model that takes it away again.

A network that was trained elsewhere moves all walks before one camera the same way; people are then compared across
views by how the cameras differ. Source: the first half of Sun et al., "Return of frustratingly easy
domain adaptation", AAAI 2016; its second half, whitening, did harm here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from gaitprint.types import SequenceRecord

PREFIX = "view_offsets."
"""Of the tensors in a model file, before the view's name."""
_DOUBT = 2
"""People by whom nothing is known to begin with: the mean of n people counts n / (n + 2)."""


@dataclass(frozen=True)
class ViewOffsets:
    """By view: what is subtracted from vectors of its walks. Other views, and walks without one, stay as they are."""

    by_view: Mapping[str, Float32[np.ndarray, " D"]] = field(default_factory=dict)

    def subtract(
        self, vectors: Float32[np.ndarray, "N D"], records: Sequence[SequenceRecord]
    ) -> Float32[np.ndarray, "N D"]:
        """Vectors without what their view adds."""
        if not self.by_view:
            return vectors
        nothing = np.zeros(vectors.shape[1], np.float32)
        return np.asarray(vectors - np.stack([self.by_view.get(r.view, nothing) for r in records]))

    def unknown(self, records: Iterable[SequenceRecord]) -> list[str]:
        """Views of these walks that have no offset, where any view has."""
        return sorted({r.view for r in records} - set(self.by_view)) if self.by_view else []


NO_OFFSETS = ViewOffsets()


def measure_offsets(vectors: Float32[np.ndarray, "N D"], records: Sequence[SequenceRecord]) -> ViewOffsets:
    """How the mean vector of each view's walks differs from the mean over views.

    Args:
        vectors: of unlabelled walks, or of people whose walks count alike.
        records: their views, and whose they are where that is known: few people are believed less.
    """
    views = np.array([r.view for r in records])
    means = {view: vectors[views == view].mean(axis=0, dtype=np.float64) for view in sorted(set(views))}
    middle = np.mean(list(means.values()), axis=0)
    offsets = {}
    for view, mean in means.items():
        people = len({r.subject or r.key for r in records if r.view == view})
        offsets[view] = np.asarray((mean - middle) * people / (people + _DOUBT), np.float32)
    return ViewOffsets(offsets)
