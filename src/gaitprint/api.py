"""The short public interface: load silhouettes, embed, compare, rank."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.errors import ConfigError
from gaitprint.retrieval import pipeline as retrieval
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.silhouettes.reading import load_frames
from gaitprint.store import MemorySequences
from gaitprint.types import Embeddings, SequenceRecord, Silhouettes


@dataclass(frozen=True)
class Match:
    """One gallery sequence as an answer to a probe."""

    place: int
    """1 is the nearest."""
    key: str
    subject: str | None
    distance: float
    """Of the pipeline; small is alike."""


def load_silhouettes(
    path: str | Path, *, subject: str | None = None, condition: str = "", view: str = "", size: int = 64
) -> Silhouettes:
    """One walk from a folder of images (PNG, JPEG) or a .pkl, .npy or .npz file, normalised.

    Frames already `size` rows high, all of one width, are taken as normalised. Pickles are read by a restricted reader
    that admits arrays and nothing else.

    Args:
        path: the folder or file.
        subject: who it is, None for unknown.
        condition: such as "nm-01".
        view: such as "090".
        size: height of the normalised frames in pixels.

    Raises:
        DataError: missing, damaged, hostile, or without a usable frame.
    """
    frames = load_frames(Path(path))
    shapes = {f.shape for f in frames}
    normal = len(shapes) == 1 and all(height == size and width <= size for height, width in shapes)
    array = np.stack(frames) if normal else normalize_sequence(frames, size).frames
    return Silhouettes(array, SequenceRecord(str(path), subject, condition, view))


def embed(
    silhouettes: Silhouettes | Sequence[Silhouettes],
    model: str | Path | Sequence[str | Path],
    *,
    fusion: str = "raw",
    device: str = "cpu",
) -> Embeddings:
    """One vector a walk, by one trained network or by several whose vectors are concatenated.

    Args:
        silhouettes: one walk or several, of any lengths.
        model: a model file, or several.
        fusion: `raw` concatenates as the method does, `unit` scales each network's vector to length 1 first.
        device: `cpu`, `cuda`.

    Raises:
        ArtefactError: a model file is missing or damaged. DataError: nothing to embed.
    """
    from gaitprint.inference.fusion import fuse
    from gaitprint.stages.embed import open_embedder

    walks = [silhouettes] if isinstance(silhouettes, Silhouettes) else list(silhouettes)
    models = [model] if isinstance(model, str | Path) else list(model)
    if not walks or not models:
        raise ConfigError("embed needs at least one walk and one model file")
    sequences = MemorySequences(tuple(w.record for w in walks), tuple(w.frames for w in walks))
    each = [open_embedder(Path(m), device).embed(sequences) for m in models]
    return each[0] if len(each) == 1 else fuse(each, fusion)


def compare(a: Embeddings, b: Embeddings, pipeline: dict[str, Any] | None = None) -> float:
    """The distance of two single walks, small is alike; Euclidean where no pipeline is given.

    Raises:
        ArtefactError: they were embedded by different networks.
    """
    return retrieval.compare(retrieval.Pipeline.from_settings(pipeline or {}), a, b)


def rank(
    probe: Embeddings, gallery: Embeddings, top: int = 5, pipeline: dict[str, Any] | None = None
) -> list[list[Match]]:
    """For each probe the `top` nearest gallery walks, nearest first, ties in gallery order.

    Args:
        probe: vectors of unknown walks.
        gallery: vectors of known ones, by the same networks.
        top: length of the lists.
        pipeline: transforms and a scorer, for example ``{"scorer": {"name": "part-mean"}}``.

    Raises:
        ArtefactError: made by different networks. ConfigError: an unknown step or setting.
    """
    distances = retrieval.Pipeline.from_settings(pipeline or {}).distances(probe, gallery)
    rows = retrieval.rank(distances, top)
    return [
        [
            Match(place + 1, gallery.records[g].key, gallery.records[g].subject, float(distances[q, g]))
            for place, g in enumerate(row)
        ]
        for q, row in enumerate(rows)
    ]


def explain(
    probe: Silhouettes,
    other: Silhouettes | Sequence[Silhouettes],
    model: str | Path | Sequence[str | Path],
    **settings: Any,
) -> Any:
    """Which strips of the body and which moments make a walk and another (or several) alike or not.

    Args:
        probe: the walk that is asked about.
        other: what it is compared with.
        model: a model file, or several.
        settings: of `gaitprint.stages.explain.explain`: `out="why.html"` writes a page, `embeddings=...` says how usual
            the distances are, `scorer="part-mean"` takes that distance.

    Returns:
        An `ExplainReport`: `against[0].strips` adds up to `against[0].total`.

    Raises:
        GaitprintError: in one line.
    """
    from gaitprint.stages.explain import explain_walks

    others = [other] if isinstance(other, Silhouettes) else list(other)
    models = [Path(m) for m in ([model] if isinstance(model, str | Path) else model)]
    paths = {key: Path(v) if isinstance(v, str) else v for key, v in settings.items() if key in ("out", "figure")}
    return explain_walks(probe, others, models, **{**settings, **paths})
