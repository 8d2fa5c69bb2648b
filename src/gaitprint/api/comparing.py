"""From vectors to answers: distances, ranked lists, yes or no, and why."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.api.files import load_calibration
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.calibration_file import CalibrationFile
from gaitprint.evaluation.decision import Decision, decide
from gaitprint.retrieval import pipeline as retrieval
from gaitprint.retrieval.ranking import Ranking, ranking
from gaitprint.types import Embeddings, Silhouettes


def distances(
    probes: Embeddings, gallery: Embeddings, pipeline: dict[str, Any] | None = None
) -> Float32[np.ndarray, "Q G"]:
    """Compute the distance of every probe to every gallery walk, small is alike; Euclidean where no pipeline is given.

    Raises:
        ArtefactError: made by different networks. ConfigError: an unknown step or setting. DataError: a side is empty.
    """
    return retrieval.Pipeline.from_settings(pipeline or {}).distances(probes, gallery)


def compare(a: Embeddings, b: Embeddings, pipeline: dict[str, Any] | None = None) -> float:
    """Compute the distance of two single walks, small is alike; Euclidean where no pipeline is given.

    Raises:
        ArtefactError: they were embedded by different networks.
    """
    return retrieval.compare(retrieval.Pipeline.from_settings(pipeline or {}), a, b)


def rank(probe: Embeddings, gallery: Embeddings, top: int = 5, pipeline: dict[str, Any] | None = None) -> Ranking:
    """For each probe find the `top` nearest gallery walks, nearest first, ties in gallery order.

    Args:
        probe: vectors of unknown walks.
        gallery: vectors of known ones, by the same networks.
        top: length of the lists.
        pipeline: transforms and a scorer, for example ``{"scorer": {"name": "part-mean"}}``.

    Raises:
        ArtefactError: made by different networks. ConfigError: an unknown step or setting.
    """
    found = retrieval.Pipeline.from_settings(pipeline or {}).distances(probe, gallery)
    return ranking(found, probe.records, gallery.records, top)


def verify(
    probe: Embeddings,
    person: Embeddings,
    calibration: str | Path | CalibrationFile,
    *,
    prior: float = 0.5,
    least: float = 0.5,
) -> Decision:
    """Decide whether a walk is of the person that one or several other walks are of.

    The distances are those of the pipeline that the calibration was made for.

    Args:
        probe: the vector of one walk.
        person: vectors of one or several walks of one person; see `gaitprint.evaluation.decision.decide`.
        calibration: the file of `gaitprint verify --calibration`, or what `load_calibration` gave.
        prior: the probability of one person before anything is seen: one in a hundred passers-by is 0.01.
        least: the probability from which on the answer is yes.

    Returns:
        A `Decision`: true or false in an `if`, with the probability and the distances it rests on.

    Raises:
        ArtefactError: other networks made the vectors, or the file is missing or damaged. ProtocolError: more than one
            probe, or walks of several people. ConfigError: a probability that the calibration cannot carry.
    """
    held = calibration if isinstance(calibration, CalibrationFile) else load_calibration(calibration)
    people = sorted({str(r.subject) for r in person.records if r.subject is not None})
    if len(probe) != 1 or not len(person) or len(people) > 1:
        raise ProtocolError(
            f"one walk is verified against walks of one person, found {len(probe)} probes and walks of "
            f"{len(people) or 'no'} people ({', '.join(people[:3])}): use rank() to search among many"
        )
    held.check_source(probe.source)
    found = distances(probe, person, held.pipeline)
    return decide(held.calibration, found[0].tolist(), prior, least)


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
