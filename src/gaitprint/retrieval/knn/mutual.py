"""Who of an item's neighbours lists the item as well: reciprocal neighbours, of expansion and of re-ranking alike."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int


def mutual_mask(
    lists: Callable[[Int[np.ndarray, " m"]], Int[np.ndarray, "m k"]],
    members: Int[np.ndarray, "n K"],
    numbers: Int[np.ndarray, " n"],
) -> Bool[np.ndarray, "n K"]:
    """Which members of items list these as well.

    Args:
        lists: gives the lists of items by their numbers; asked once, for every member.
        members: the items' own lists.
        numbers: the items'.
    """
    asked, place = distinct(members)
    theirs = lists(asked)
    mutual = np.zeros(members.shape, bool)
    for k in range(members.shape[1]):  # a column at a time: [n, K, K] at once leaves the cache
        mutual[:, k] = (theirs[place[:, k]] == numbers[:, None]).any(axis=1)
    return mutual


def distinct(numbers: Int[np.ndarray, "..."]) -> tuple[Int[np.ndarray, " m"], Int[np.ndarray, "..."]]:
    """Different ones of small numbers, sorted, and where each stands among them; no sort is needed."""
    there = np.zeros(int(numbers.max(initial=-1)) + 1, bool)
    there[numbers] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[numbers]
