"""Transform: each network's block times a weight of its own: how much say each network has in a fused embedding."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.errors import ShapeError
from gaitprint.retrieval.bases.sequences import SequenceTransform
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class BlockWeightsSettings:
    """One weight a block."""

    weights: tuple[float, ...] = ()
    """Factor of each block, in the order of the fused embedding (one block a network); 0 leaves a network out of
    distances of whole vectors. None: all 1."""

    def __post_init__(self) -> None:
        wrong = [w for w in self.weights if not 0 <= w < float("inf")]
        require(not wrong, f"weights of networks are finite and not negative, found {wrong}")
        require(not self.weights or max(self.weights) > 0, "one network at least needs a weight above 0")


@dataclass(frozen=True)
class BlockWeights(SequenceTransform):
    """Multiplies; each sequence by itself. Set `unit-length` with `per = "block"` before it for equal scales."""

    settings: BlockWeightsSettings

    def vectors(self, embeddings: Embeddings) -> Float32[np.ndarray, "N D"]:
        """Multiply each block by its weight."""
        widths = [parts * channels for parts, channels in embeddings.layout.blocks]
        weights = self.settings.weights or (1.0,) * len(widths)
        if len(weights) != len(widths):
            raise ShapeError(
                f"{len(weights)} weights were given for embeddings of {len(widths)} networks: one each is needed"
            )
        return embeddings.vectors * np.repeat(np.array(weights, np.float32), widths)


component = Component(BlockWeightsSettings, BlockWeights)
