"""`gaitprint eval ablate`: what each step of the method brings, on one's own data, and whether it does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from gaitprint.errors import ConfigError
from gaitprint.evaluation.identification.mean_figures import difference, mean_figure, mean_interval
from gaitprint.evaluation.identification.warnings import chance_warnings, data_warnings
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.experiments.ablation import AblationResult, AblationRow, AblationSettings, Variant
from gaitprint.experiments.identification import measure
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.inference.fusion import fuse
from gaitprint.pages.ablation import ablation_page
from gaitprint.pages.match_sheets import check_store
from gaitprint.report.html import check_report_place, write_report
from gaitprint.store import Store
from gaitprint.types import Embeddings

__all__ = ["AblationResult", "AblationRow", "AblationSettings", "Variant", "ablate", "further_rows", "method_rows"]


def ablate(
    embeddings: Mapping[str, Path | Embeddings],
    request: EvaluationRequest = EvaluationRequest(),
    settings: AblationSettings = AblationSettings(),
    *,
    report: Path | None = None,
    store: Path | None = None,
) -> AblationResult:
    """The method's ablation: one network, + re-ranking, + query expansion, + the other network(s).

    Args:
        embeddings: by network, each network's of the same sequences; the first is the method's first.
        request: protocol, sequences, seed, resamples and budget; its progress is told (rows done, rows in all, the
            row's label). The pipelines are the ablation's own.
        settings: of the method's steps, and which rows are wanted.
        report: the HTML page to write, none where None.
        store: where the page takes silhouettes from.

    Raises:
        GaitprintError: in one line.
    """
    if not embeddings:
        raise ConfigError(
            "an ablation needs the embeddings of at least one network, by name: gaitgl=FILE gaitmask=FILE"
        )
    request.check_no_pipeline("an ablation")
    rules = request.rules
    opened_store = None if store is None else Store.open(store)
    data = {name: request.filter.open(e) for name, e in embeddings.items()}
    if report is not None:
        check_report_place(report)
    if opened_store is not None:
        check_store(opened_store, next(iter(data.values())))
    networks = tuple(data)
    sets: dict[tuple[str, ...], Embeddings] = {(name,): e for name, e in data.items()}
    for one, other in combinations(networks, 2):
        if np.array_equal(data[one].vectors, data[other].vectors):
            raise ConfigError(f"{one} and {other} hold the same vectors: name the embeddings of two networks")
    if len(networks) > 1:
        sets[networks] = fuse(list(data.values()), settings.fusion)

    variants = method_rows(networks) + (further_rows(networks) if settings.further else ())
    specs = [settings.steps(expanded=v.expanded, reranked=v.reranked) for v in variants]
    asked = [replace(request, pipeline=spec, budget=request.budget.quiet()) for spec in specs]
    rows: list[AblationRow] = []
    for row_request in asked:
        _ = row_request.steps  # a bad setting is refused before the first row is measured
    for number, (variant, row_request) in enumerate(zip(variants, asked, strict=True)):
        request.budget.progress(number, len(variants), variant.label)
        rows.append(_measured(variant, row_request, sets[variant.networks], rows[:1]))
    request.budget.progress(len(variants), len(variants), "")

    full = len(method_rows(networks)) - 1
    best = int(np.argmax([row.mean for row in rows]))
    result = AblationResult(
        protocol=rules,
        rows=tuple(rows),
        best=best,
        full=full,
        notes=_notes(rows, best, full, request),
        warnings=(*people_warnings(list(data.values())), *_warnings(rows)),
    )
    if report is not None:
        write_report(report, ablation_page(result, data, settings.fusion, opened_store, request))
    return result


def method_rows(networks: tuple[str, ...]) -> tuple[Variant, ...]:
    """The method's own table; its last row is the full method."""
    first = networks[:1]
    rows: tuple[Variant, ...] = (
        Variant(first[0], first, expanded=False, reranked=False),
        Variant("+ re-ranking", first, expanded=False, reranked=True),
        Variant("+ query expansion", first, expanded=True, reranked=True),
    )
    if len(networks) > 1:
        rows += (Variant(f"+ {' + '.join(networks[1:])}", networks, expanded=True, reranked=True),)
    return (*rows[:-1], replace(rows[-1], label=f"{rows[-1].label} (full method)"))


def further_rows(networks: tuple[str, ...]) -> tuple[Variant, ...]:
    """What the method's table leaves out: each step and network by itself."""
    rows = [Variant(f"{networks[0]}, expanded only", networks[:1], expanded=True, reranked=False)]
    rows += [Variant(name, (name,), expanded=False, reranked=False) for name in networks[1:]]
    if len(networks) > 1:
        fused = " + ".join(networks)
        rows.append(Variant(fused, networks, expanded=False, reranked=False))
        rows.append(Variant(f"{fused}, re-ranked", networks, expanded=False, reranked=True))
        rows.append(Variant(f"{fused}, expanded only", networks, expanded=True, reranked=False))
    return tuple(rows)


def _measured(
    variant: Variant, request: EvaluationRequest, data: Embeddings, first: Sequence[AblationRow]
) -> AblationRow:
    evaluation, steps = measure(request, data), request.steps
    chance = request.seed, request.resamples
    return AblationRow(
        variant=variant,
        distance=steps.scorer.distance,
        transductive=steps.transductive,
        pipeline=steps.settings,
        evaluation=evaluation,
        mean=mean_figure(evaluation),
        interval=mean_interval(evaluation, *chance),
        gain=difference(evaluation, first[0].evaluation, *chance) if first else None,
    )


def _notes(rows: Sequence[AblationRow], best: int, full: int, request: EvaluationRequest) -> tuple[str, ...]:
    """Whether the full method is best, and every step of it that lowers the figure."""
    notes = []
    whole, top = rows[full], rows[best]
    if top.mean > whole.mean:
        gap = difference(top.evaluation, whole.evaluation, request.seed, request.resamples)
        notes.append(
            f"The full method ({whole.description}) does not come out best: it reaches {whole.mean:.1f} %, "
            f"{top.description} {top.mean:.1f} % ({_points(top.mean - whole.mean, gap)})."
        )
    else:
        notes.append(f"The full method ({whole.description}) comes out best with {whole.mean:.1f} %.")
    for before, after in pairwise(rows[: full + 1]):
        if after.mean < before.mean:
            gap = difference(after.evaluation, before.evaluation, request.seed, request.resamples)
            step = after.label.removesuffix(" (full method)")
            notes.append(
                f"The step '{step}' lowers the figure from {before.mean:.1f} to {after.mean:.1f} % "
                f"({_points(after.mean - before.mean, gap)})."
            )
    return tuple(notes)


def _points(points: float, interval: Interval | None) -> str:
    if interval is None:
        return f"{points:+.1f} points, no interval"
    return f"{points:+.1f} points, 95 % interval {interval.low:+.1f} to {interval.high:+.1f}"


def _warnings(rows: Sequence[AblationRow]) -> tuple[str, ...]:
    warnings = []
    if any(row.transductive for row in rows):
        warnings.append(
            "Rows marked transductive rank every probe with the help of all other probes: compare them with each "
            "other, not with published figures of single probes."
        )
    for row in rows:
        if not row.transductive:
            warnings += chance_warnings(row.label, row.evaluation)
    return (*warnings, *data_warnings([row.evaluation for row in rows]))
