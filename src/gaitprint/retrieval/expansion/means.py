"""Means of members' vectors, of lists and of partitions; sums are double, the answer float32."""

import numpy as np
from jaxtyping import Bool, Float32, Int

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.derived_embeddings import unit_rows


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


def partition_means(
    vectors: Float32[np.ndarray, "N D"],
    labels: Int[np.ndarray, " N"],
    include_self: bool,
    work: ComputeBudget | None = None,
) -> Float32[np.ndarray, "N D"]:
    """A cluster's sum is made once; its members differ in themselves only."""
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    # stable, so that a sum adds its members in their order, whatever the labels are called
    order = np.argsort(labels, kind="stable")
    starts = np.cumsum(sizes) - sizes
    result = (work or ComputeBudget()).array(*vectors.shape)
    for columns in range(0, vectors.shape[1], 256):  # a copy in double precision, a strip at a time
        strip = vectors[:, columns : columns + 256].astype(np.float64)
        sums = np.add.reduceat(strip[order], starts, axis=0)[labels]
        count = sizes[labels, None].astype(np.float64)
        # the mean of others is (sum - own) / (size - 1): one sum a cluster serves all its members
        if not include_self:
            sums, count = sums - strip, count - 1.0
        means = np.divide(sums, count, out=strip.copy(), where=count > 0)
        pairs = (sizes[labels] == 2) & (not include_self)
        means[pairs] = strip[_other_of_two(labels, order, starts, pairs)]
        result[:, columns : columns + 256] = means
    return result


def _cosines(own: Float32[np.ndarray, "m D"], members: Float32[np.ndarray, "m K D"]) -> np.ndarray:
    unit = unit_rows(members.reshape(-1, own.shape[1])).reshape(members.shape)
    return np.asarray(np.einsum("nd,nkd->nk", unit_rows(own).astype(np.float64), unit))


def _other_of_two(
    labels: Int[np.ndarray, " N"],
    order: Int[np.ndarray, " N"],
    starts: Int[np.ndarray, " C"],
    pairs: Bool[np.ndarray, " N"],
) -> Int[np.ndarray, " M"]:
    """Of each sample in a cluster of two the other one: a sum less oneself would lose its last digits."""
    rows = np.flatnonzero(pairs)
    first, second = order[starts[labels[rows]]], order[starts[labels[rows]] + 1]
    return np.asarray(np.where(first == rows, second, first))
