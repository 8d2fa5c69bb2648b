"""Means of members' vectors, each item with a list of its own; sums are double, the answer float32."""

import numpy as np
from jaxtyping import Bool, Float32

from gaitprint.retrieval.transforms._derived import unit_rows


def list_means(
    own: Float32[np.ndarray, "m D"],
    members: Float32[np.ndarray, "m K D"],
    use: Bool[np.ndarray, "m K"],
    alpha: float,
    include_self: bool,
) -> Float32[np.ndarray, "m D"]:
    """The mean of the members that count, by cosine to the item ** alpha; an item without any keeps its own vector."""
    weights = use.astype(np.float64)
    if include_self:
        members = np.concatenate([own[:, None], members], axis=1)
        weights = np.hstack([np.ones((len(own), 1)), weights])
    if alpha:
        weights *= np.maximum(_cosines(own, members), 0.0) ** alpha
    totals = weights.sum(axis=1)
    fed = totals > 0
    result = own.copy()
    sums = np.einsum("nk,nkd->nd", weights[fed], members[fed].astype(np.float64))
    result[fed] = sums / totals[fed, None]
    return result


def alpha_sums(
    own: Float32[np.ndarray, "m D"], members: Float32[np.ndarray, "m K D"], alpha: float
) -> Float32[np.ndarray, "m D"]:
    """The sum of cosine ** alpha x member, divided by how many there are."""
    weights = np.maximum(_cosines(own, members), 0.0) ** alpha / members.shape[1]
    return np.asarray(np.einsum("nk,nkd->nd", weights, members.astype(np.float64)).astype(np.float32))


def _cosines(own: Float32[np.ndarray, "m D"], members: Float32[np.ndarray, "m K D"]) -> np.ndarray:
    unit = unit_rows(members.reshape(-1, own.shape[1])).reshape(members.shape)
    return np.asarray(np.einsum("nd,nkd->nk", unit_rows(own).astype(np.float64), unit))
