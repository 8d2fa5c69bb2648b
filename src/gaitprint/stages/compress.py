"""`gaitprint gallery compress`: what smaller templates cost in rank-1, and the templates themselves."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.card_file import check_card_place
from gaitprint.components import name_of
from gaitprint.errors import ArtefactError, ConfigError, ProtocolError
from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.identification.mean_figures import difference, mean_figure, mean_interval
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.quantization import codec_file
from gaitprint.quantization import templates as templates_file
from gaitprint.quantization.codec import Codec, fit_codec
from gaitprint.quantization.codec_file import save_codec
from gaitprint.quantization.settings import named
from gaitprint.quantization.shortlist import Rescored
from gaitprint.quantization.templates import make_templates, save_templates
from gaitprint.types import Compare, Comparison, Distances, Embeddings

UNTRAINED = ("fp16", "int8", "int8-part")
"""Codecs that learn nothing."""
DEFAULT = (*UNTRAINED, "pca-256", "pca-128", "pca-64", "pca-128-int8", "pq-8", "pq-2", "pca-128-pq-32")
"""Codecs that are shown where none is named."""


@dataclass(frozen=True)
class CodecFigures:
    """What one codec costs. Percent and points; differences are to the plain vectors, on the same probes."""

    name: str
    made: str
    """What was made of it: fewer components or centres than asked for, where training holds no more."""
    template_bytes: int
    share: float
    """Of the plain vector's bytes."""
    rank1: float
    difference: Interval | None
    rescored: float
    """Rank-1 after the nearest templates were compared anew with their plain vectors."""
    rescored_difference: Interval | None


@dataclass(frozen=True, eq=False)
class CompressionReport:
    """All codecs beside the plain vectors."""

    protocol: str
    distance: str
    source: str
    plain: float
    """Rank-1 of the plain vectors, percent."""
    interval: Interval | None
    plain_bytes: int
    shortlist: int
    """Nearest templates that are compared anew."""
    trained_on: int
    """Subjects; 0 where nothing was learned."""
    figures: tuple[CodecFigures, ...]
    files: dict[str, int]
    """Written files and their bytes."""
    warnings: tuple[str, ...] = ()
    """Of whom the figures are, where that must be said."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**{k: v for k, v in vars(self).items() if k not in ("figures", "interval")},
                "warnings": list(self.warnings),
                "interval": None if self.interval is None else asdict(self.interval),
                "codecs": [asdict(f) for f in self.figures]}  # fmt: skip


def compress(
    embeddings: Path,
    request: EvaluationRequest = EvaluationRequest(),
    *,
    fit: Path | None = None,
    codecs: Sequence[str] = (),
    shortlist: int = 100,
    out: Path | None = None,
) -> CompressionReport:
    """Measure codecs under a protocol: the gallery is kept as templates, probes stay as they are.

    Args:
        embeddings: of the people to be tested; made by `gaitprint model embed`.
        request: protocol, sequences, seed, resamples, budget, and a pipeline that compares one pair at a time.
        fit: embeddings by the same networks of other people, on which codecs are fitted; None: none that learns.
        codecs: names such as `pca-128-int8`; none: a selection.
        shortlist: nearest templates of the whole gallery that are compared anew with their plain vectors.
        out: folder for the codec and the templates of what was tested; one codec must be named.

    Raises:
        GaitprintError: in one line; a subject is both trained on and tested.
    """
    pipeline = request.steps
    if not pipeline.pairwise:
        sees = "all probes" if pipeline.transductive else "other sequences"
        steps = " > ".join(name_of(step) for step in pipeline.steps)
        raise ConfigError(f"templates are compared one by one, {steps} sees {sees}: use euclidean or part-mean")
    if shortlist < 1:
        raise ConfigError(f"a shortlist holds one template or more, found {shortlist}")
    wanted = [named(name) for name in codecs or (DEFAULT if fit is not None else UNTRAINED)]
    if fit is None and (learning := next((w for w in wanted if w.learns), None)):
        raise ConfigError(f"the codec {learning.name} learns: give --fit with embeddings of other people")
    if out is not None:
        if len(codecs) != 1:
            raise ConfigError(f"--out holds one codec and its templates: name one with --codec, found {len(codecs)}")
        check_card_place(Path(out) / "templates.safetensors", templates_file.FORMAT, "template")
        check_card_place(Path(out) / "codec.safetensors", codec_file.FORMAT, "codec")
    rules = request.rules
    data = request.filter.open(embeddings)
    training = data.select(np.arange(0)) if fit is None else load_embeddings(fit)
    if fit is not None:
        _check_apart(training, data)

    def measured(compare: Compare) -> Evaluation:
        distances = Distances(compare, pipeline.label)
        return evaluate(data, rules, distances, generator=request.generator(), resamples=1)

    chance = request.seed, request.resamples
    plain = measured(partial(pipeline.comparison, work=request.budget))
    figures, codec = [], None
    for settings in wanted:
        codec = fit_codec(settings, training, request.generator())
        figures.append(_figures(codec, data, shortlist, plain, measured, request))
    return CompressionReport(
        protocol=rules.name,
        distance=pipeline.scorer.distance,
        source=data.source,
        plain=mean_figure(plain),
        interval=mean_interval(plain, *chance),
        plain_bytes=4 * data.layout.width,
        shortlist=shortlist,
        trained_on=len({r.subject for r in training.records}),
        figures=tuple(figures),
        files={} if out is None or codec is None else _written(Path(out), codec, data),
        warnings=tuple(people_warnings([data])),
    )


def _figures(
    codec: Codec,
    data: Embeddings,
    shortlist: int,
    plain: Evaluation,
    measured: Callable[[Compare], Evaluation],
    request: EvaluationRequest,
) -> CodecFigures:
    compare = partial(request.steps.comparison, work=request.budget)

    def templates(probe: Embeddings, gallery: Embeddings) -> Comparison:
        return compare(probe, codec.restored(gallery))

    def anew(probe: Embeddings, gallery: Embeddings) -> Comparison:
        return Rescored(templates(probe, gallery), compare(probe, gallery), shortlist)

    first, second = measured(templates), measured(anew)
    chance = request.seed, request.resamples
    return CodecFigures(
        name=codec.settings.name,
        made=codec.description,
        template_bytes=codec.template_bytes,
        share=codec.template_bytes / (4 * data.layout.width),
        rank1=mean_figure(first),
        difference=difference(first, plain, *chance),
        rescored=mean_figure(second),
        rescored_difference=difference(second, plain, *chance),
    )


def _check_apart(training: Embeddings, data: Embeddings) -> None:
    """Nobody may be in both; of two data sets that say they differ, subjects of one name are two people."""
    unknown = next((r.key for r in training.records if r.subject is None), None)
    if unknown is not None:
        raise ProtocolError(f"--fit holds {unknown}, whose subject is unknown: fit on sequences with known subjects")
    if not len(training):
        raise ProtocolError("--fit holds no sequence: embed some of other people")
    if (training.source, training.layout) != (data.source, data.layout):
        raise ArtefactError(
            f"--fit was made by {training.source[:12]!r}, the embeddings by {data.source[:12]!r}: embed both with the "
            "same networks and preprocessing"
        )
    sets = training.settings.get("dataset"), data.settings.get("dataset")
    if None not in sets and sets[0] != sets[1]:
        return
    tested = {r.subject for r in data.records}
    both = sorted({r.subject for r in training.records if r.subject is not None and r.subject in tested})
    if both:
        raise ProtocolError(
            f"{len(both)} subjects are in --fit and among those tested ({both[0]}, ...): a codec is fitted on other "
            "people; use `gaitprint model embed --part train`"
        )


def _written(folder: Path, codec: Codec, data: Embeddings) -> dict[str, int]:
    """The codec last: where it is, the templates are."""
    templates, own = folder / "templates.safetensors", folder / "codec.safetensors"
    return {
        str(templates): save_templates(templates, make_templates(codec, data)),
        str(own): save_codec(own, codec),
    }
