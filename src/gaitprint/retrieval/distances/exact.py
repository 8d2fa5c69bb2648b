"""Distances between embeddings, computed in double precision and answered as float32; small is alike.

Two rankings are in use and differ: Euclid on the flattened vector (GaitSet, GaitGL) and the mean over parts of the
parts' Euclidean distances (OpenGait). The expansion x2 + y2 - 2xy in float32 puts identical vectors 0.025 apart at
16,384 floats; here vectors are centred, products are float64, and pairs that are nearly equal are done by differences.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Float64
from numpy.typing import NDArray

from gaitprint.errors import ShapeError
from gaitprint.types import PartLayout

Tile = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

_ROWS = 1024
"""Rows of a tile: two tiles of 24,576 doubles a row take 400 MB."""
_NEAR = 1e-8
"""Below this share of the squared lengths the expansion loses float32's digits, and differences are taken."""
_PAIR_VALUES = 1 << 22
"""Doubles held at once while taking differences (32 MB)."""


def centre(y: Float32[np.ndarray, "G D"]) -> Float64[np.ndarray, " D"]:
    """The mean of a side. Who asks for distances to it block by block takes it once and hands it in."""
    return np.asarray(y.mean(axis=0, dtype=np.float64))


def flat_euclidean(
    x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G _"], centre: Float64[np.ndarray, " D"] | None = None
) -> Float32[np.ndarray, "Q G"]:
    """Euclidean distance of whole vectors. Pass the same array twice for an exactly symmetric answer in half the time.

    `centre` is that of y, where it is known already.

    Raises:
        ShapeError: the widths differ, or a side is empty.
    """
    return _by_tiles(x, y, lambda a, b: np.sqrt(_squared(a, b)), centre)


def flat_euclidean_squared(
    x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G _"], centre: Float64[np.ndarray, " D"] | None = None
) -> Float32[np.ndarray, "Q G"]:
    """Squared Euclidean distance of whole vectors, what k-reciprocal re-ranking was published with."""
    return _by_tiles(x, y, _squared, centre)


def part_mean_euclidean(
    x: Float32[np.ndarray, "Q D"],
    y: Float32[np.ndarray, "G _"],
    layout: PartLayout,
    centre: Float64[np.ndarray, " D"] | None = None,
) -> Float32[np.ndarray, "Q G"]:
    """Mean over the parts of all blocks of the parts' Euclidean distances (the reference toolkit's `euc`).

    Raises:
        ShapeError: the widths differ from each other or from the layout's, or a side is empty.
    """
    slices = part_slices(layout, x.shape[1])

    def tile(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros((len(a), len(b)))
        for part in slices:
            squares = _squared(np.ascontiguousarray(a[:, part]), np.ascontiguousarray(b[:, part]))
            total += np.sqrt(squares, out=squares)
        return total / len(slices)

    return _by_tiles(x, y, tile, centre)


def part_mean_cosine(
    x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G _"], layout: PartLayout
) -> Float32[np.ndarray, "Q G"]:
    """1 - the mean over parts of the parts' cosines (the toolkit's `cos`), in [0, 2]; a part of zeros has cosine 0.

    Raises:
        ShapeError: the widths differ from each other or from the layout's, or a side is empty.
    """
    slices = part_slices(layout, x.shape[1])

    def tile(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        # identical vectors may come out a rounding below 0
        return np.maximum(1.0 - _unit_parts(a, slices) @ _unit_parts(b, slices).T / len(slices), 0.0)

    return _by_tiles(x, y, tile, np.zeros(x.shape[1]))


def part_slices(layout: PartLayout, width: int) -> list[slice]:
    """Where each part of each block stands in a flat vector of `width` floats.

    Raises:
        ShapeError: the layout describes another width.
    """
    if layout.width != width:
        raise ShapeError(f"the part layout holds {layout.width} floats, the vectors {width}: pass their own layout")
    slices, start = [], 0
    for parts, channels in layout.blocks:
        slices += [slice(start + p * channels, start + (p + 1) * channels) for p in range(parts)]
        start += parts * channels
    return slices


def _by_tiles(
    x: Float32[np.ndarray, "Q D"],
    y: Float32[np.ndarray, "G _"],
    tile: Tile,
    middle: Float64[np.ndarray, " D"] | None = None,
) -> Float32[np.ndarray, "Q G"]:
    """Fill [Q, G] tile by tile; where `y` is `x` only the upper triangle is computed, the rest is its mirror.

    `middle`, the right side's mean, is taken away first: that changes no Euclidean distance, and a common offset costs
    no digits. The left side has no part in it, so a probe's distances do not depend on the other probes.
    """
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"vectors to compare have one width, found {x.shape[1]} and {y.shape[1]}: embed both alike")
    if not len(x) or not len(y):
        raise ShapeError(f"distances need at least one vector on each side, found {len(x)} and {len(y)}")
    middle = centre(y) if middle is None else middle
    result = np.empty((len(x), len(y)), np.float32)
    room = np.empty((min(_ROWS, len(y)), y.shape[1]))  # one and the same: fresh memory costs more than the difference
    for i in range(0, len(x), _ROWS):
        a = np.subtract(x[i : i + _ROWS], middle, dtype=np.float64)
        for j in range(i if y is x else 0, len(y), _ROWS):
            b = a if y is x and i == j else np.subtract(y[j : j + _ROWS], middle, out=room[: len(y) - j])
            block = tile(a, b)
            # a product of a block with itself need not be symmetric in its last digit
            if b is a:
                upper = np.triu(block)
                block = upper + np.triu(block, 1).T
            result[i : i + _ROWS, j : j + _ROWS] = block
            if y is x:
                result[j : j + _ROWS, i : i + _ROWS] = block.T
    return result


def _squared(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances [q, g] of centred double vectors."""
    a_squares, b_squares = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
    squares = (-2.0 * a) @ b.T
    squares += a_squares[:, None]
    squares += b_squares
    # one look at the smallest saves the search for near pairs in most tiles
    if squares.min() >= _NEAR * (a_squares.max() + b_squares.max()):
        return squares
    rows, columns = np.nonzero(squares < _NEAR * (a_squares[:, None] + b_squares))
    step = max(1, _PAIR_VALUES // a.shape[1])
    for start in range(0, len(rows), step):
        i, j = rows[start : start + step], columns[start : start + step]
        difference = a[i] - b[j]
        squares[i, j] = np.einsum("ij,ij->i", difference, difference)
    return squares


def _unit_parts(a: NDArray[np.float64], slices: list[slice]) -> NDArray[np.float64]:
    """The vectors with every part at length 1; parts of zeros stay."""
    unit = np.empty_like(a)
    for part in slices:
        lengths = np.linalg.norm(a[:, part], axis=1, keepdims=True)
        unit[:, part] = a[:, part] / np.where(lengths > 0, lengths, 1.0)
    return unit
