"""Searching templates without restoring them all: block by block, the probe in full precision.

Distances are those of the probe's own vector to the restored ones (asymmetric), in float32: an estimate that chooses
whom to compare exactly. For a gallery whose vectors are kept too, on disk for example, `rescored` does that.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int, Shaped

from gaitprint.errors import ShapeError
from gaitprint.quantization.codec import Codec
from gaitprint.quantization.packing import Codes
from gaitprint.quantization.product import Product, asymmetric_squared
from gaitprint.retrieval.distances.metric import Metric

BLOCK = 1 << 19
"""Floats unpacked at once: 2 MB, which stay in the cache between unpacking and the product."""


_Query = Callable[[slice], Float32[np.ndarray, "Q n"]]
"""Squared distances of the probes to some templates."""


@dataclass(frozen=True, eq=False)
class TemplateIndex:
    """Templates ready to be searched."""

    codec: Codec
    arrays: Codes
    """The codes; those of codebooks lie piece by piece."""
    squares: Float32[np.ndarray, " n"]
    """Squared length of each template's floats; codebooks need none: empty."""
    count: int
    """N."""

    @classmethod
    def of(cls, codec: Codec, codes: Codes) -> "TemplateIndex":
        """Prepare codes for searching.

        Raises:
            ShapeError: these are no codes of this codec, or there are none.
        """
        codec.check_codes(codes)
        count = len(next(iter(codes.values())))
        if not count:
            raise ShapeError("a search needs one template at least, found none")
        if isinstance(codec.packing, Product):
            return cls(codec, {"codes": np.ascontiguousarray(codes["codes"].T)}, np.empty(0, np.float32), count)
        squares = np.empty(count, np.float32)
        for rows in _blocks(count, codec):
            floats = codec.packing.unpack(_some(codes, rows))
            squares[rows] = np.einsum("nw,nw->n", floats, floats)
        return cls(codec, codes, squares, count)

    @property
    def nbytes(self) -> int:
        """Bytes held between searches."""
        return sum(a.nbytes for a in (*self.arrays.values(), self.squares))

    def squared(self, probes: Float32[np.ndarray, "Q D"]) -> Float32[np.ndarray, "Q N"]:
        """Squared distances of all pairs."""
        query = self._query(probes)
        return np.concatenate([query(rows) for rows in _blocks(self.count, self.codec)], axis=1)

    def best(
        self, probes: Float32[np.ndarray, "Q D"], k: int
    ) -> tuple[Int[np.ndarray, "Q K"], Float32[np.ndarray, "Q K"]]:
        """The min(k, N) nearest templates of each probe and their squared distances; equals by index.

        Raises:
            ShapeError: k < 1, or probes of another width.
        """
        if k < 1:
            raise ShapeError(f"a search is for one template or more, found {k}")
        k = min(k, self.count)
        query = self._query(probes)
        values = np.full((len(probes), k), np.inf, np.float32)
        items = np.full((len(probes), k), self.count, np.int64)
        for rows in _blocks(self.count, self.codec):
            block = query(rows)
            # strictly nearer than the last so far: of equals the earlier template stays
            near = block < values[:, -1:] if rows.start >= k else np.ones(block.shape, bool)
            for q in np.flatnonzero(near.any(axis=1)):
                found = np.flatnonzero(near[q])
                scores = block[q, found]
                if len(found) > k:  # sorting is for those that may stay
                    may = scores <= np.partition(scores, k - 1)[k - 1]
                    found, scores = found[may], scores[may]
                joined = np.concatenate([values[q], scores])
                order = np.argsort(joined, kind="stable")[:k]
                items[q] = np.concatenate([items[q], rows.start + found])[order]
                values[q] = joined[order]
        return items, values

    def _query(self, probes: Float32[np.ndarray, "Q D"]) -> _Query:
        packing, codec = self.codec.packing, self.codec
        floats = codec.inner(probes)
        # a probe is as far from all templates as it is from the space that they lie in
        offset = probes if codec.principal is None else probes - codec.principal.mean
        length, inside = (np.einsum("qw,qw->q", x, x)[:, None] for x in (offset, floats))
        if isinstance(packing, Product):
            tables, outside = packing.tables(floats), np.maximum(length - inside, 0)
            return lambda rows: outside + asymmetric_squared(tables, self.arrays["codes"][:, rows])
        squares = self.squares
        twice = np.ascontiguousarray(floats.T * np.float32(-2))

        def query(rows: slice) -> Float32[np.ndarray, "Q n"]:
            block = packing.unpack(_some(self.arrays, rows)) @ twice
            block += squares[rows, None]
            result = block.T + length
            return np.asarray(np.maximum(result, 0, out=result))

        return query


def rescored(
    probes: Float32[np.ndarray, "Q D"],
    gallery: Float32[np.ndarray, "N D"],
    shortlist: Int[np.ndarray, "Q K"],
    metric: Metric,
) -> tuple[Int[np.ndarray, "Q K"], Float32[np.ndarray, "Q K"]]:
    """The shortlist in the order of exact distances, equals by index, and these distances."""
    listed = np.sort(shortlist, axis=1)
    rows = np.repeat(np.arange(len(probes)), listed.shape[1])
    exact = metric.pairs(probes, rows, gallery, listed.ravel()).reshape(listed.shape)
    order = np.argsort(exact, axis=1, kind="stable")
    return np.take_along_axis(listed, order, axis=1), np.take_along_axis(exact, order, axis=1)


def block_rows(codec: Codec) -> int:
    """Templates of a block."""
    width = codec.layout.width if codec.principal is None else len(codec.principal.axes)
    return max(1, BLOCK // width)


def _blocks(count: int, codec: Codec) -> list[slice]:
    step = block_rows(codec)
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def _some(codes: Codes, rows: slice) -> dict[str, Shaped[np.ndarray, "n _"]]:
    return {name: array[rows] for name, array in codes.items()}
