"""Packing: product quantisation. Each part is cut into pieces, and a piece is named by the nearest of 256 centres.

Jegou, Douze and Schmid, Product quantization for nearest neighbor search, 2011: codebooks by k-means, and the
asymmetric distance, in which the probe stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int, UInt8
from sklearn.cluster import MiniBatchKMeans

from gaitprint.errors import ConfigError, ShapeError
from gaitprint.quantization.packing import Codes, Form

_ROWS = 1024
_BATCH = 2048
"""Vectors that k-means looks at together."""


@dataclass(frozen=True, eq=False)
class Product:
    """A codebook for each piece: `centres[k, piece]` is what the code k stands for."""

    pieces: tuple[slice, ...]
    centres: Float32[np.ndarray, "C W"]

    def __post_init__(self) -> None:
        if not 1 <= len(self.centres) <= 256 or not np.isfinite(self.centres).all():
            raise ShapeError(f"a codebook holds 1 to 256 finite centres, found {list(self.centres.shape)}")
        if self.centres.shape[1] != self.pieces[-1].stop:
            raise ShapeError(f"centres of {self.pieces[-1].stop} floats are wanted, found {list(self.centres.shape)}")

    @property
    def form(self) -> Form:
        return {"codes": (np.dtype("u1"), len(self.pieces))}

    @property
    def learned(self) -> Mapping[str, np.ndarray]:
        return {"centres": self.centres}

    def pack(self, vectors: Float32[np.ndarray, "N W"]) -> Codes:
        """Each piece's nearest centre, the first of equals."""
        codes = np.empty((len(vectors), len(self.pieces)), np.uint8)
        for first in range(0, len(vectors), _ROWS):
            block = vectors[first : first + _ROWS].astype(np.float64)
            for m, piece in enumerate(self.pieces):
                book = self.centres[:, piece].astype(np.float64)
                #
                # x - c
                # ^2 less
                # x
                # ^2, which is the same for all centres
                squares = np.einsum("cw,cw->c", book, book) - 2.0 * block[:, piece] @ book.T
                codes[first : first + _ROWS, m] = squares.argmin(axis=1)
        return {"codes": codes}

    def unpack(self, codes: Codes) -> Float32[np.ndarray, "N W"]:
        """The centres that the codes name.

        Raises:
            ShapeError: a code names no centre.
        """
        numbers = codes["codes"]
        if numbers.max(initial=0) >= len(self.centres):
            raise ShapeError(f"the codebooks hold {len(self.centres)} centres, a code names number {numbers.max()}")
        result = np.empty((len(numbers), self.centres.shape[1]), np.float32)
        for m, piece in enumerate(self.pieces):
            result[:, piece] = self.centres[numbers[:, m], piece]
        return result

    def tables(self, probes: Float32[np.ndarray, "Q W"]) -> Float32[np.ndarray, "Q M C"]:
        """Squared distance of each probe's piece to each centre of the piece's codebook."""
        found = np.empty((len(probes), len(self.pieces), len(self.centres)), np.float32)
        for m, piece in enumerate(self.pieces):
            difference = probes[:, None, piece].astype(np.float64) - self.centres[None, :, piece]
            found[:, m] = np.einsum("qcw,qcw->qc", difference, difference)
        return found


def asymmetric_squared(
    tables: Float32[np.ndarray, "Q M C"], codes: UInt8[np.ndarray, "M N"]
) -> Float32[np.ndarray, "Q N"]:
    """Squared distances of probes to templates: for each piece, one look into its table. Codes come piece by piece."""
    total = np.zeros((len(tables), codes.shape[1]), np.float32)
    for table, row in zip(tables, total, strict=True):
        for m in range(len(codes)):
            row += table[m].take(codes[m])
    return total


def fit_product(
    vectors: Float32[np.ndarray, "N W"], pieces: tuple[slice, ...], centres: int, generator: np.random.Generator
) -> Product:
    """Codebooks by mini-batch k-means; where training holds fewer different pieces than centres, the books are smaller.

    All books get the same number of centres, that of the smallest.
    """
    if not len(vectors):
        raise ShapeError("codebooks need training vectors, found none: fit on more sequences")
    seeds = generator.integers(2**31, size=len(pieces))
    different = [np.unique(vectors[:, piece], axis=0) for piece in pieces]
    count = min(centres, *(len(d) for d in different))
    book = np.empty((count, vectors.shape[1]), np.float32)
    for piece, own, seed in zip(pieces, different, seeds, strict=True):
        if count == len(own):
            book[:, piece] = own
            continue
        means = MiniBatchKMeans(count, batch_size=_BATCH, n_init=1, random_state=int(seed), max_no_improvement=20)
        book[:, piece] = means.fit(vectors[:, piece].astype(np.float64)).cluster_centers_
    return Product(pieces, book)


def cut(parts: list[slice], pieces: int) -> tuple[slice, ...]:
    """Each part in so many pieces, of one length or, where that does not go up, of lengths that differ by one.

    >>> cut([slice(0, 5)], 2)
    (slice(0, 3, None), slice(3, 5, None))

    Raises:
        ConfigError: a part has fewer floats than pieces.
    """
    found: list[slice] = []
    for part in parts:
        floats = part.stop - part.start
        if floats < pieces:
            raise ConfigError(f"a part of {floats} floats cannot be cut in {pieces} pieces: ask for {floats} at most")
        ends: Int[np.ndarray, " M"] = np.cumsum([floats // pieces + (i < floats % pieces) for i in range(pieces)])
        found += [slice(part.start + int(a), part.start + int(b)) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    return tuple(found)
