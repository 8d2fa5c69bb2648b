"""The k nearest of every row, ties broken by index, so that a ranking never depends on the sort."""

import numpy as np
from jaxtyping import Float, Int

from gaitprint.errors import ShapeError

_ROWS = 1024


def nearest(distances: Float[np.ndarray, "M N"], k: int) -> Int[np.ndarray, "M K"]:
    """Columns of the k smallest entries of each row, nearest first; equal entries stand in column order.

    K is min(k, N). The same as the first k columns of a stable argsort, without sorting whole rows.

    Raises:
        ShapeError: k < 1, or the matrix has no column.
    """
    rows, columns = distances.shape
    if k < 1 or columns < 1:
        raise ShapeError(f"the nearest items need k >= 1 and at least one item, found k = {k} of {columns}")
    k = min(k, columns)
    found = np.empty((rows, k), np.int64)
    for start in range(0, rows, _ROWS):
        found[start : start + _ROWS] = _nearest_block(distances[start : start + _ROWS], k)
    return found


def nearest_others(distances: Float[np.ndarray, "N N"], k: int) -> Int[np.ndarray, "N K"]:
    """As `nearest` in a square matrix of items with themselves, each item itself left out; K is min(k, N - 1).

    An item's duplicates are its neighbours; only the item itself is not.
    """
    items = len(distances)
    if items < 2:
        raise ShapeError(f"neighbours among items need at least two items, found {items}")
    k = min(k, items - 1)
    found = np.empty((items, k), np.int64)
    for start in range(0, items, _ROWS):
        block = distances[start : start + _ROWS].copy()
        block[np.arange(len(block)), start + np.arange(len(block))] = np.inf
        found[start : start + _ROWS] = nearest(block, k)
    return found


def _nearest_block(block: Float[np.ndarray, "m N"], k: int) -> Int[np.ndarray, "m k"]:
    """All entries up to the k-th smallest value, then sorted by (row, value, column) and cut to k."""
    limit = np.partition(block, k - 1, axis=1)[:, k - 1 : k]
    rows, columns = np.nonzero(block <= limit)
    # last key first: by row, then by value, then by column
    order = np.lexsort((columns, block[rows, columns], rows))
    starts = np.searchsorted(rows, np.arange(len(block)))
    return np.asarray(columns[order][starts[:, None] + np.arange(k)])
