"""Candidates for neighbours from short codes in inverted lists; the one place that knows the library faiss.

Vectors are turned to their main directions (a sample's), cut into pairs of numbers of four bits, and sorted into lists
around centres (Jégou, Douze & Schmid, PAMI 2011). One pass over the codes of the lists around a row's own names its
candidates (André, Kermarrec & Le Scouarnec, VLDB 2015). An item takes 32 bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from gaitprint.blas import one_blas_thread
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric

_DIRECTIONS = 128
"""Main directions of a code, two numbers of each pair: four bits a pair."""
_ROWS = 1024
"""Rows made ready or asked about at once; fixed, so that no answer hangs on threads or memory."""
_SAMPLE = 1024
"""Rows that the directions are taken from."""
_A_LIST = 64
"""Rows a list that its centre is taken from."""
_SEED = 0


def load_faiss() -> Any:
    """The library.

    Raises:
        ConfigError: it is not installed.
    """
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of its generated wrappers, in newer Pythons
            import faiss
    except ImportError:
        raise ConfigError(
            "search 'approximate' needs faiss, which is not installed: pip install 'gaitprint[faiss]', "
            "or leave search at 'exact'"
        ) from None
    return faiss


class ShortCodes:
    """Codes of N items, and what reads them.

    Args:
        x: the items.
        metric: how they are compared; cosines as Euclid of unit parts, a mean over parts as Euclid of the whole.
        work: memory and cores.

    Raises:
        ConfigError: faiss is not installed.
        ShapeError: a vector is not finite.
    """

    def __init__(self, x: Float32[np.ndarray, "N D"], metric: Metric, work: ComputeBudget) -> None:
        self._faiss = load_faiss()
        self._x, self._metric, self._work = x, metric, work
        self.lists = max(1, int(np.sqrt(len(x))))
        """How many lists there are."""
        with one_blas_thread(), _one_thread(self._faiss):
            self._choose_directions()
        self.short = work.array(len(x), self._basis.shape[1])
        """The items turned to their main directions."""
        self._each_block(self._turn)
        if not all(np.isfinite(self.short[start : start + _ROWS]).all() for start in range(0, len(x), _ROWS)):
            raise ShapeError("neighbours need finite vectors: check the embeddings")
        with one_blas_thread(), _one_thread(self._faiss):
            self._index = self._built()

    @property
    def length(self) -> int:
        """Numbers of four bits in a code."""
        return int(self._basis.shape[1]) // 2

    def near(self, rows: Int[np.ndarray, " m"], lists: int, count: int) -> Int[np.ndarray, "m c"]:
        """Up to `count` candidates of some items from so many lists around each, nearest code first; -1: none left."""
        options = self._faiss.SearchParametersIVF(nprobe=lists)
        with _one_thread(self._faiss):
            return np.asarray(self._index.search(self.short[rows], count, params=options)[1])

    def lists_of(self, items: Int[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
        """In which list each item stands."""
        with _one_thread(self._faiss):
            return np.asarray(self._index.quantizer.search(self.short[items], 1)[1][:, 0])

    def places(self, rows: Int[np.ndarray, " m"]) -> Int[np.ndarray, "m L"]:
        """The place of each list in the order in which a row looks at them."""
        with _one_thread(self._faiss):
            order = self._index.quantizer.search(self.short[rows], self.lists)[1]
        places = np.empty_like(order)
        np.put_along_axis(places, order, np.broadcast_to(np.arange(self.lists), order.shape), axis=1)
        return np.asarray(places)

    def _choose_directions(self) -> None:
        """Main directions, and a turn among them, so that each number of a code stands for as much as any other."""
        rng = np.random.Generator(np.random.PCG64(_SEED))
        some = np.sort(rng.choice(len(self._x), min(_SAMPLE, len(self._x)), replace=False))
        sample = self._metric.euclidean_form(self._x[some]).astype(np.float64)
        self._centre = sample.mean(axis=0)
        sample -= self._centre
        peak = np.abs(sample).max()
        self._scale = 1.0 / peak if peak > 0 else 1.0
        sample *= self._scale
        width = sample.shape[1]
        kept = min(width, _DIRECTIONS, len(sample))
        main = np.eye(width) if width == kept else np.linalg.svd(sample, full_matrices=False)[2][:kept].T
        even = kept + kept % 2
        # main directions carry unequal shares; a random turn among them spreads these over all codes
        turn = np.linalg.qr(rng.normal(size=(even, even)))[0]
        self._basis: Float32[np.ndarray, "D R"] = (main @ turn[:kept]).astype(np.float32)

    def _turn(self, rows: slice) -> int:
        block = np.subtract(self._metric.euclidean_form(self._x[rows]), self._centre, dtype=np.float64)
        block *= self._scale
        self.short[rows] = block.astype(np.float32) @ self._basis
        return 0

    def _each_block(self, one: Any) -> None:
        blocks = [slice(start, start + _ROWS) for start in range(0, len(self._x), _ROWS)]
        list(self._work.each(one, blocks))

    def _built(self) -> Any:
        width = self._basis.shape[1]
        # Clustering takes its own sample of what it is given, with its own fixed seed.
        centres = self._faiss.IndexFlatL2(width)
        index = self._faiss.IndexIVFPQFastScan(centres, width, self.lists, width // 2, 4)
        index.cp.niter, index.cp.max_points_per_centroid, index.cp.seed = 10, _A_LIST, _SEED
        index.pq.cp.niter, index.pq.cp.seed = 8, _SEED
        rng = np.random.Generator(np.random.PCG64(_SEED))
        count = min(len(self._x), max(_A_LIST * self.lists, 1 << 12))
        index.train(self.short[np.sort(rng.choice(len(self._x), count, replace=False))])
        for start in range(0, len(self._x), 1 << 16):
            index.add(np.ascontiguousarray(self.short[start : start + (1 << 16)]))
        return index


@contextmanager
def _one_thread(faiss: Any) -> Iterator[None]:
    """faiss with this thread alone: blocks of rows are spread over the cores by us, and sums have one order."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
