"""Transform: scale vectors to length 1, whole, or each network's block by itself so that neither drowns the other."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.retrieval.derived_embeddings import derive, unit_rows
from gaitprint.types import Embeddings, PartLayout


@dataclass(frozen=True)
class UnitLengthSettings:
    """What is brought to length 1."""

    per: Literal["vector", "block"] = "vector"
    """The whole vector, or each block of a fused embedding (one block a network)."""


@dataclass(frozen=True)
class UnitLength:
    """Divides by the Euclidean length; zeros stay zeros. Each sequence is scaled by itself."""

    settings: UnitLengthSettings

    @property
    def transductive(self) -> bool:
        """Other sequences change nothing."""
        return False

    @property
    def per_sequence(self) -> bool:
        """Each is scaled by itself."""
        return True

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> tuple[Embeddings, Embeddings]:
        """Both sides, scaled."""
        return self._scaled(probe), self._scaled(gallery)

    def _scaled(self, embeddings: Embeddings) -> Embeddings:
        layout = embeddings.layout
        if self.settings.per == "vector":
            layout = PartLayout(((1, layout.width),))
        return derive(embeddings, _scale_blocks(embeddings.vectors, layout), self)


def _scale_blocks(vectors: Float32[np.ndarray, "N D"], layout: PartLayout) -> Float32[np.ndarray, "N D"]:
    ends = np.cumsum([parts * channels for parts, channels in layout.blocks])
    return np.concatenate([unit_rows(block) for block in np.split(vectors, ends[:-1], axis=1)], axis=1)


component = Component(UnitLengthSettings, UnitLength)
