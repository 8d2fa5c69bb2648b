"""From vectors to answers: distances, ranked lists, yes or no, and why."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.api._given import given_embeddings, given_options, given_path, given_pipeline, given_several
from gaitprint.api.files import load_calibration, load_silhouettes
from gaitprint.arguments import shown
from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation.verification.calibration_file import CalibrationFile
from gaitprint.evaluation.verification.decision import Decision, decide
from gaitprint.extras import require_extra
from gaitprint.retrieval import pipeline as retrieval
from gaitprint.retrieval.ranking import Ranking, ranking
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings, Silhouettes

Vectors = Embeddings | str | Path
"""Embeddings, or the path of a file of them."""
Steps = retrieval.Pipeline | PipelineSpec | Mapping[str, Any] | str | Path
"""A pipeline: its steps as `--pipeline` takes them, as in `"unit-length,part-mean"`, a settings file, or its table."""


def distances(probes: Vectors, gallery: Vectors, pipeline: Steps | None = None) -> Float32[np.ndarray, "Q G"]:
    """Compute the distance of every probe to every gallery walk, small is alike; Euclidean where no pipeline is given.

    Raises:
        ArtefactError: made by different networks. ConfigError: an unknown step or setting. DataError: a side is empty.
    """
    sides = given_embeddings(probes, "the probe side"), given_embeddings(gallery, "the gallery side")
    return given_pipeline(pipeline).distances(*sides)


def compare(a: Vectors, b: Vectors, pipeline: Steps | None = None) -> float:
    """Compute the distance of two single walks, small is alike; Euclidean where no pipeline is given.

    Raises:
        ArtefactError: they were embedded by different networks.
    """
    walks = given_embeddings(a, "a walk"), given_embeddings(b, "a walk")
    return retrieval.compare(given_pipeline(pipeline), *walks)


def rank(probe: Vectors, gallery: Vectors, top: int = 5, pipeline: Steps | None = None) -> Ranking:
    """For each probe find the `top` nearest gallery walks, nearest first, ties in gallery order.

    Args:
        probe: vectors of unknown walks.
        gallery: vectors of known ones, by the same networks.
        top: length of the lists.
        pipeline: its steps such as `"part-mean"`, a `PipelineSpec`, a settings file or its table.

    Raises:
        ArtefactError: made by different networks. ConfigError: an unknown step or setting.
    """
    if not isinstance(top, int | np.integer) or isinstance(top, bool) or top < 1:
        raise ConfigError(f"top is how many gallery walks to list, 1 or more, found {shown(top)}")
    probes, known = given_embeddings(probe, "the probe side"), given_embeddings(gallery, "the gallery side")
    found = distances(probes, known, pipeline)
    return ranking(found, probes.records, known.records, int(top))


def verify(
    probe: Vectors,
    person: Vectors,
    calibration: str | Path | CalibrationFile,
    *,
    prior: float = 0.5,
    least: float = 0.5,
) -> Decision:
    """Decide whether a walk is of the person that one or several other walks are of.

    The distances are those of the pipeline that the calibration was made for.

    Args:
        probe: the vector of one walk.
        person: vectors of one or several walks of one person; see `gaitprint.evaluation.verification.decision.decide`.
        calibration: the file of `gaitprint eval verify --calibration`, or what `load_calibration` gave.
        prior: the probability of one person before anything is seen: one in a hundred passers-by is 0.01.
        least: the probability from which on the answer is yes.

    Returns:
        A `Decision`: true or false in an `if`, with the probability and the distances it rests on.

    Raises:
        ArtefactError: other networks made the vectors, or the file is missing or damaged. ProtocolError: more than one
            probe, or walks of several people. ConfigError: a probability higher than the calibration can state.
    """
    likely = given_options(verify, prior=prior, least=least)
    walk, known = given_embeddings(probe, "the probe"), given_embeddings(person, "the person's side")
    held = calibration if isinstance(calibration, CalibrationFile) else load_calibration(calibration)
    people = sorted({str(r.subject) for r in known.records if r.subject is not None})
    if len(walk) != 1 or not len(known) or len(people) > 1:
        raise ProtocolError(
            f"one walk is verified against walks of one person, found {len(walk)} probes and walks of "
            f"{len(people) or 'no'} people ({', '.join(people[:3])}): use rank() to search among many"
        )
    held.check_source(walk.source)
    found = distances(walk, known, held.pipeline)
    return decide(held.calibration, found[0].tolist(), **likely)


def explain(
    probe: Silhouettes | str | Path,
    other: Silhouettes | str | Path | Sequence[Silhouettes | str | Path],
    model: str | Path | Sequence[str | Path],
    **settings: Any,
) -> Any:
    """Which strips of the body and which moments make a walk and another (or several) alike or not.

    Args:
        probe: the walk that is asked about; a path is loaded by `load_silhouettes`.
        other: what it is compared with, likewise.
        model: a model file, or several.
        settings: `out="why.html"` writes a page, `figure="why.png"` a picture, `device="cuda"` computes there; the
            others are fields of `gaitprint.explanation.request.ExplainRequest`: `embeddings=...` says how usual the
            distances are, `pipeline="part-mean"` takes that distance.

    Returns:
        An `ExplainReport`: `against[0].strips` adds up to `against[0].total`.

    Raises:
        GaitprintError: in one line.
    """
    require_extra("torch")
    from gaitprint.stages.explain import explain_walks

    others = [_walk(walk) for walk in given_several(other, Silhouettes, "Silhouettes or a path to compare with")]
    models = [given_path(m, "a model file") for m in given_several(model, (), "a model file")]
    paths = {key: Path(v) if isinstance(v, str) else v for key, v in settings.items() if key in ("out", "figure")}
    steps = {"pipeline": given_pipeline(settings["pipeline"]).spec} if "pipeline" in settings else {}
    return explain_walks(_walk(probe), others, models, **{**settings, **paths, **steps})


def _walk(walk: Any) -> Silhouettes:
    if isinstance(walk, Silhouettes):
        return walk
    if isinstance(walk, str | os.PathLike):
        return load_silhouettes(given_path(walk, "a walk"))
    raise ConfigError(f"explain takes Silhouettes or paths, found {shown(walk)}: make them by load_silhouettes()")
