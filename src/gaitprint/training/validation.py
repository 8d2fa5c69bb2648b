"""How well a network that is being trained tells apart people it does not learn from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import nn

from gaitprint.inference.engine import Embedder
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import SequenceSet
from gaitprint.types import SequenceRecord


@dataclass(frozen=True)
class Validation:
    """`validation(network)`: figures of the subjects held out, for the history.

    Their number is small and the sequences of all conditions meet, so this is for choosing between weights of one run,
    not a figure to report.
    """

    sequences: SequenceSet
    """Of the subjects held out."""
    preprocessing: Preprocessing
    """Of the recipe."""
    device: str
    """Where the network lies."""

    def __call__(self, network: nn.Module) -> dict[str, float]:
        """Rank-1 in percent, of a network in evaluation mode."""
        embedder = Embedder(network, self.preprocessing, "", {}, self.device)
        vectors = embedder.embed(self.sequences).vectors
        return {"validation_rank1": rank1_of_other_views(flat_euclidean(vectors, vectors), self.sequences.records)}


def rank1_of_other_views(distances: Float[np.ndarray, "M M"], records: tuple[SequenceRecord, ...]) -> float:
    """Share of sequences, in percent, whose nearest one from another view is of the same subject.

    Where there is only one view, any other sequence counts. Sequences of whose subject nothing is left to find are
    left out; 0 where that is all of them. Of equal distances the first counts.
    """
    subjects = np.array([str(r.subject) for r in records])
    views = np.array([str(r.view) for r in records])
    # the same view would be told apart by the camera's angle, not by the gait
    barred = views[:, None] == views[None, :] if len(set(views)) > 1 else np.eye(len(views), dtype=bool)
    right = subjects[:, None] == subjects[None, :]
    findable = (right & ~barred).any(axis=1)
    if not findable.any():
        return 0.0
    nearest = np.where(barred, np.inf, distances).argmin(axis=1)
    return float(100 * right[np.arange(len(nearest)), nearest][findable].mean())
