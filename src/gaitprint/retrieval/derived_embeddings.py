"""Embeddings made from embeddings: new vectors, the same records and source, and a note of what was done."""

import numpy as np
from jaxtyping import Float32

from gaitprint.components import name_of
from gaitprint.config import require, settings_to_dict
from gaitprint.retrieval.contracts import Transform
from gaitprint.types import Embeddings, SequenceRecord

_ROWS = 1024
"""Rows gone over at once in double precision."""


def derive(embeddings: Embeddings, vectors: Float32[np.ndarray, "N D"], step: Transform) -> Embeddings:
    """`embeddings` with other vectors; `settings["transforms"]` grows by the step that made them."""
    earlier = embeddings.settings.get("transforms", [])
    note = {"name": name_of(step), **settings_to_dict(step.settings)}
    done = [*earlier, note] if isinstance(earlier, list) else [note["name"]]
    noted = {**embeddings.settings, "transforms": done}
    return Embeddings(vectors, embeddings.records, embeddings.layout, embeddings.source, noted)


def split(
    union: Float32[np.ndarray, "N D"], probe: Embeddings, gallery: Embeddings, step: Transform
) -> tuple[Embeddings, Embeddings]:
    """The rows of a union, probes first, as probe and gallery again."""
    probes = len(probe)
    return derive(probe, union[:probes], step), derive(gallery, union[probes:], step)


def unnamed(vectors: Float32[np.ndarray, "n D"], like: Embeddings) -> Embeddings:
    """Vectors as embeddings of sequences of which nobody has said whose they are."""
    records = tuple(SequenceRecord(str(i), None, "", "") for i in range(len(vectors)))
    return Embeddings(vectors, records, like.layout, like.source, like.settings)


def require_one(inductive: bool, probe: Embeddings, name: str) -> None:
    """Raise ConfigError where a step that looks at one probe at a time is handed several."""
    require(
        not inductive or len(probe) == 1,
        f"{name} with inductive has another gallery for each probe, found {len(probe)} probes: "
        "hand in one, or ask Pipeline.distances",
    )


def unit_rows(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """Every row at Euclidean length 1; a row of zeros stays. Lengths are double."""
    result = np.empty_like(vectors)
    for start in range(0, len(vectors), _ROWS):
        block = vectors[start : start + _ROWS]
        # squares of vectors that are divided by their largest entry neither run over nor vanish
        peak = np.abs(block).max(axis=1, keepdims=True).astype(np.float64)
        lengths = np.sqrt(np.square(block / np.where(peak > 0, peak, 1.0)).sum(axis=1, keepdims=True)) * peak
        np.divide(block, np.where(lengths > 0, lengths, 1.0), out=result[start : start + _ROWS], casting="same_kind")
    return result
