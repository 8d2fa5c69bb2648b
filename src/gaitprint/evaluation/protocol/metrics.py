"""How well each probe finds its subject: rank of the first right item, average precision, inverse negative penalty.

All functions take distances [Q, G], small is alike. Equal distances rank by their place in the gallery, so no figure
hangs on a sort's mood. Slow versions in plain loops stand in the tests.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Shaped

BLOCK = 4_000_000
"""Distances looked at together: bounds the temporary arrays to some tens of MB whatever Q and G are."""


@dataclass(frozen=True)
class ProbeRanks:
    """What each probe met in its gallery. A probe without a right item there has rank 0, and -1 and NaN beside it."""

    rank: Int[np.ndarray, " Q"]
    """Place of the nearest right item, from 1; 0 where the probe's subject is not in its gallery (unmatched)."""
    right: Int[np.ndarray, " Q"]
    """Gallery index of the nearest right item, or -1."""
    right_distance: Float64[np.ndarray, " Q"]
    wrong: Int[np.ndarray, " Q"]
    """Gallery index of the nearest wrong item, or -1 where all are right."""
    wrong_distance: Float64[np.ndarray, " Q"]
    average_precision: Float64[np.ndarray, " Q"]
    """NaN where unmatched, or where it was not asked for."""
    inverse_penalty: Float64[np.ndarray, " Q"]
    """Right items / place of the last of them (Ye et al., TPAMI 2021); NaN as above."""
    chance: Float64[np.ndarray, " Q"]
    """Probability that an item drawn blindly is right; 0 where unmatched."""


def rank_probes(
    distances: Float[np.ndarray, "Q G"],
    probe_subjects: Shaped[np.ndarray, " Q"],
    gallery_subjects: Shaped[np.ndarray, " G"],
    valid: Bool[np.ndarray, "Q G"] | None = None,
    precision: bool = True,
) -> ProbeRanks:
    """Rank the gallery for every probe.

    Args:
        distances: finite, small is alike.
        probe_subjects: names or codes.
        gallery_subjects: names or codes of the same kind.
        valid: pairs that are compared at all; None: all.
        precision: whether to find average precision and inverse penalty too, which needs a full sort.
    """
    probes, items = distances.shape
    _, codes = np.unique(np.concatenate([probe_subjects, gallery_subjects]), return_inverse=True)
    probe_codes, gallery_codes = codes[:probes], codes[probes:]
    ranks = _unmatched(probes)
    step = max(1, BLOCK // max(items, 1))
    for start in range(0, probes if items else 0, step):
        rows = slice(start, start + step)
        block = distances[rows]
        allowed = np.ones(block.shape, bool) if valid is None else valid[rows]
        same = probe_codes[rows, None] == gallery_codes[None, :]
        _rank_block(block, same & allowed, allowed, precision, ranks, start)
    return ranks


def match_curve(rank: Int[np.ndarray, " Q"], length: int) -> Float64[np.ndarray, " K"]:
    """Cumulative match curve: the share of probes whose first right item stands at place 1, .., K = `length`.

    Unmatched probes (rank 0) count as wrong: drop them before where the protocol leaves them out.
    """
    curve: Float64[np.ndarray, " K"] = rank_hits(rank, length).mean(axis=0)
    return curve


def rank_hits(rank: Int[np.ndarray, " Q"], length: int) -> Float64[np.ndarray, "Q K"]:
    """1 where a probe has its subject among the first k, k = 1..K, else 0."""
    places = np.arange(1, length + 1)
    return ((rank[:, None] > 0) & (rank[:, None] <= places)).astype(np.float64)


def _unmatched(probes: int) -> ProbeRanks:
    def none() -> np.ndarray:
        return np.full(probes, -1, np.int64)

    def nan() -> np.ndarray:
        return np.full(probes, np.nan)

    return ProbeRanks(np.zeros(probes, np.int64), none(), nan(), none(), nan(), nan(), nan(), np.zeros(probes))


def _rank_block(
    block: Float[np.ndarray, "B G"],
    right: Bool[np.ndarray, "B G"],
    valid: Bool[np.ndarray, "B G"],
    precision: bool,
    ranks: ProbeRanks,
    start: int,
) -> None:
    """Fill `ranks` from row `start` on."""
    places = np.arange(block.shape[1])
    candidates = valid.sum(axis=1)
    matched = np.flatnonzero(right.any(axis=1))
    if len(matched):
        near, first = _nearest(block[matched], right[matched])
        chosen, allowed = block[matched], valid[matched]
        # counted, not sorted: rank-k needs the number of items in front of the right one and not their order
        before = (chosen < near[:, None]) | ((chosen == near[:, None]) & (places < first[:, None]))
        ranks.rank[start + matched] = 1 + (before & allowed).sum(axis=1)
        ranks.right[start + matched], ranks.right_distance[start + matched] = first, near
        ranks.chance[start + matched] = right[matched].sum(axis=1) / candidates[matched]
        if precision:
            precisions = _precision(chosen, right[matched], allowed)
            ranks.average_precision[start + matched], ranks.inverse_penalty[start + matched] = precisions
    wrong = valid & ~right
    with_wrong = np.flatnonzero(wrong.any(axis=1))
    if len(with_wrong):
        near, first = _nearest(block[with_wrong], wrong[with_wrong])
        ranks.wrong[start + with_wrong], ranks.wrong_distance[start + with_wrong] = first, near


def _nearest(
    block: Float[np.ndarray, "B G"], among: Bool[np.ndarray, "B G"]
) -> tuple[Float[np.ndarray, " B"], Int[np.ndarray, " B"]]:
    first = np.where(among, block, np.inf).argmin(axis=1)
    return block[np.arange(len(block)), first], first


def _precision(
    block: Float[np.ndarray, "B G"], right: Bool[np.ndarray, "B G"], valid: Bool[np.ndarray, "B G"]
) -> tuple[Float64[np.ndarray, " B"], Float64[np.ndarray, " B"]]:
    """Average precision and inverse penalty of rows that each hold a right item."""
    # stable: equal distances rank by their place in the gallery
    order = np.where(valid, block, np.inf).argsort(axis=1, kind="stable")
    row, column = np.nonzero(np.take_along_axis(right, order, axis=1))
    count = right.sum(axis=1)
    ends = np.cumsum(count)
    # `np.nonzero` goes row by row: within a row the first right item is number 1
    ordinal = np.arange(1, len(row) + 1) - (ends - count)[row]
    # precision at each right item, right ones so far over items so far, averaged over the right ones
    average = np.bincount(row, ordinal / (column + 1.0), minlength=len(block)) / count
    return average, count / (column[ends - 1] + 1.0)
