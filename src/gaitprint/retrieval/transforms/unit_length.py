"""Transform: scale vectors to length 1, whole, or each network's block by itself so that neither drowns the other."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.retrieval.bases.sequences import SequenceTransform
from gaitprint.retrieval.derived_embeddings import unit_rows
from gaitprint.retrieval.tunable import DataShape, Table, TransformTuning
from gaitprint.types import Embeddings, PartLayout


@dataclass(frozen=True)
class UnitLengthSettings:
    """What is brought to length 1."""

    per: Literal["vector", "block"] = "vector"
    """The whole vector, or each block of a fused embedding (one block a network)."""


@dataclass(frozen=True)
class UnitLength(SequenceTransform):
    """Divides by the Euclidean length; zeros stay zeros. Each sequence is scaled by itself."""

    settings: UnitLengthSettings

    def vectors(self, embeddings: Embeddings) -> Float32[np.ndarray, "N D"]:
        """Scale the vector, or each block."""
        layout = embeddings.layout
        if self.settings.per == "vector":
            layout = PartLayout(((1, layout.width),))
        return _scale_blocks(embeddings.vectors, layout)


def _scale_blocks(vectors: Float32[np.ndarray, "N D"], layout: PartLayout) -> Float32[np.ndarray, "N D"]:
    ends = np.cumsum([parts * channels for parts, channels in layout.blocks])
    return np.concatenate([unit_rows(block) for block in np.split(vectors, ends[:-1], axis=1)], axis=1)


class UnitLengthTuning(TransformTuning):
    """The whole vector; of several networks also each block."""

    def candidates(self, shape: DataShape) -> list[Table]:
        return [{"per": "vector"}, *([{"per": "block"}] if len(shape.networks) > 1 else [])]


component = Component(UnitLengthSettings, UnitLength, tuning=UnitLengthTuning(place=0, only_scales=True))
