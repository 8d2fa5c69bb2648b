"""Transform: each network's block times a weight of its own: how much say each network has in a fused embedding."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.errors import ShapeError
from gaitprint.retrieval.bases.sequences import SequenceTransform
from gaitprint.retrieval.tunable import Complexity, DataShape, Settings, Table, TransformTuning
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


@dataclass(frozen=True)
class BlockWeightsTuning(TransformTuning):
    """Each network alone, and each with another say than the rest (of two, one needs to vary)."""

    family: Literal["weights"] = "weights"
    ratios: tuple[float, ...] = (0.25, 0.5, 2.0, 4.0)
    """Weights of one network against the others at 1."""

    def candidates(self, shape: DataShape) -> list[Table]:
        count = len(shape.networks)
        if count == 1:
            return []
        alone = [[float(i == j) for j in range(count)] for i in range(count)]
        varied = range(1 if count == 2 else count)
        rows = alone + [[r if i == j else 1.0 for j in range(count)] for i in varied for r in self.ratios]
        return [
            {"weights": [w for w, blocks in zip(row, shape.networks, strict=True) for _ in range(blocks)]}
            for row in rows
        ]

    def complexity(self, settings: Settings) -> Complexity:
        """Less unequal weights."""
        weights = settings["weights"]
        # a network left out (weight 0) counts as a ratio of 100, not as infinite
        return (max(weights) / max(min(weights), 0.01) if weights else 1.0,)


component = Component(BlockWeightsSettings, BlockWeights, tuning=BlockWeightsTuning())
