"""What a comparison must answer: finite distances, one for every probe and gallery item, whole or in rows."""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

from gaitprint.errors import ShapeError
from gaitprint.types import Compare, Comparison, Embeddings

Blocks = Iterator[tuple[slice, Float[np.ndarray, "q G"]]]
"""Some probes, and their distances to the whole gallery."""

BLOCK = 1 << 24
"""Distances asked for at once (64 MB)."""


def checked(compare: Compare) -> Callable[[Embeddings, Embeddings], Blocks]:
    """`compare` block by block, each checked for shape and finiteness."""

    def blocks(probes: Embeddings, gallery: Embeddings) -> Blocks:
        answer = compare(probes, gallery)
        expected = (len(probes), len(gallery))
        rows = answer.rows if isinstance(answer, Comparison) else lambda start, stop: np.asarray(answer)[start:stop]
        _check_shape(tuple(answer.shape) if isinstance(answer, Comparison) else np.shape(answer), expected)
        step = max(1, BLOCK // max(len(gallery), 1))
        for start in range(0, len(probes), step):
            some = slice(start, min(start + step, len(probes)))
            block = rows(some.start, some.stop)
            _check_block(block, some, probes, gallery)
            yield some, block

    return blocks


def _check_shape(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    if shape != expected:
        raise ShapeError(
            f"the comparison must answer float distances {list(expected)} (probes, gallery), found {list(shape)}"
        )


def _check_block(block: np.ndarray, some: slice, probes: Embeddings, gallery: Embeddings) -> None:
    if not np.issubdtype(block.dtype, np.floating):
        raise ShapeError(f"the comparison must answer float distances, found {block.dtype}")
    _check_shape(block.shape, (some.stop - some.start, len(gallery)))
    if not np.isfinite(block).all():
        row, column = (int(i[0]) for i in np.nonzero(~np.isfinite(block)))
        pair = f"{probes.records[some.start + row].key} and {gallery.records[column].key}"
        raise ShapeError(f"distances must be finite; that of {pair} is {block[row, column]}: check the comparison")
