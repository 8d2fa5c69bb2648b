"""What a comparison must answer: finite distances, one for every probe and gallery item."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32

from gaitprint.errors import ShapeError
from gaitprint.types import Embeddings

Distances = Callable[[Embeddings, Embeddings], Float32[np.ndarray, "Q G"]]
"""Distances of probes and gallery, small is alike."""


def checked(distances: Distances) -> Callable[[Embeddings, Embeddings], Float[np.ndarray, "Q G"]]:
    """`distances` with its answer checked for shape and finiteness."""

    def compare(probes: Embeddings, gallery: Embeddings) -> Float[np.ndarray, "Q G"]:
        found = np.asarray(distances(probes, gallery))
        if found.shape != (len(probes), len(gallery)) or not np.issubdtype(found.dtype, np.floating):
            raise ShapeError(
                f"the comparison must answer float distances [{len(probes)}, {len(gallery)}] (probes, gallery), "
                f"found {found.dtype} {list(found.shape)}"
            )
        if not np.isfinite(found).all():
            row, column = (int(i[0]) for i in np.nonzero(~np.isfinite(found)))
            pair = f"{probes.records[row].key} and {gallery.records[column].key}"
            raise ShapeError(f"distances must be finite; that of {pair} is {found[row, column]}: check the comparison")
        return found

    return compare
