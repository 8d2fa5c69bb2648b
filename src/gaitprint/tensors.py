"""What a network answers: one tensor per consumer, all [N, P, C]."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


class PartOutputs(NamedTuple):
    """The output of every network.

    `metric_features` is what metric losses such as the triplet loss see, `embedding` what retrieval sees (often the
    same tensor), `logits` what the per-part classifier answers: None for a network without one, or one built without
    classes.
    """

    metric_features: Float[Tensor, "N P C"]
    embedding: Float[Tensor, "N P C"]
    logits: Float[Tensor, "N P classes"] | None
