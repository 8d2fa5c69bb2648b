"""`gaitprint eval ablate`: what each step of the method brings, on one's own data, and whether it does."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.errors import ConfigError
from gaitprint.evaluation.identification.evaluate import evaluate as measure
from gaitprint.evaluation.identification.mean_figures import difference, mean_figure, mean_interval
from gaitprint.evaluation.identification.warnings import chance_warnings, data_warnings
from gaitprint.evaluation.protocol.protocol import Protocol, load_protocol
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.experiments.ablation import AblationResult, AblationRow, Variant
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.inference.fusion import fuse
from gaitprint.inference.selection import filter_embeddings, open_embeddings
from gaitprint.pages.ablation import ablation_page
from gaitprint.pages.match_sheets import check_store
from gaitprint.report.html import check_report_place, write_report
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.store import Store
from gaitprint.types import Embeddings

__all__ = ["AblationResult", "AblationRow", "Variant", "ablate", "further_rows", "method_rows"]


def _silent(done: int, total: int, what: str) -> None:
    """Progress that nobody asked for."""
    del done, total, what


def ablate(
    embeddings: Mapping[str, Path | Embeddings],
    *,
    protocol: str | Path = "casia-b",
    subjects: Sequence[str] | None = None,
    views: Sequence[str] | None = None,
    conditions: Sequence[str] | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    reranking: dict[str, Any] | None = None,
    expansion: dict[str, Any] | None = None,
    fusion: str = "raw",
    further: bool = True,
    report: Path | None = None,
    store: Path | None = None,
    seed: int = 0,
    resamples: int = 1000,
    progress: Callable[[int, int, str], None] = _silent,
    work: ComputeBudget | None = None,
) -> AblationResult:
    """The method's ablation: one network, + re-ranking, + query expansion, + the other network(s).

    Args:
        embeddings: by network, each network's of the same sequences; the first is the method's first.
        protocol: the name of ours, or a TOML file.
        subjects: only these; None: all. The same for `views` and `conditions`.
        views: as above.
        conditions: as above.
        lists: named lists of keys that the protocol asks for.
        reranking: settings of the scorer `k-reciprocal`; None: its defaults.
        expansion: settings of `cluster-expansion`; None: its defaults.
        fusion: `raw` as the method does, or `unit`.
        further: also the rows that the method's own table leaves out.
        report: the HTML page to write, none where None.
        store: where the page takes silhouettes from.
        seed: of the intervals and of the matches shown.
        resamples: of the bootstrap over subjects.
        progress: called with (rows done, rows in all, the row's label).
        work: memory and cores of comparing; None: the usual.

    Raises:
        GaitprintError: in one line.
    """
    if not embeddings:
        raise ConfigError(
            "an ablation needs the embeddings of at least one network, by name: gaitgl=FILE gaitmask=FILE"
        )
    rules = load_protocol(protocol)
    opened_store = None if store is None else Store.open(store)
    data = {name: filter_embeddings(open_embeddings(e), subjects, views, conditions) for name, e in embeddings.items()}
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
        sets[networks] = fuse(list(data.values()), fusion)

    variants = method_rows(networks) + (further_rows(networks) if further else ())
    pipelines = [_pipeline(variant, reranking or {}, expansion or {}) for variant in variants]
    rows: list[AblationRow] = []
    for number, (variant, steps) in enumerate(zip(variants, pipelines, strict=True)):
        progress(number, len(variants), variant.label)
        rows.append(_measured(variant, steps, sets[variant.networks], rules, lists, rows[:1], seed, resamples, work))
    progress(len(variants), len(variants), "")

    full = len(method_rows(networks)) - 1
    best = int(np.argmax([row.mean for row in rows]))
    result = AblationResult(
        protocol=rules,
        rows=tuple(rows),
        best=best,
        full=full,
        notes=_notes(rows, best, full, seed, resamples),
        warnings=(*people_warnings(list(data.values())), *_warnings(rows)),
    )
    if report is not None:
        write_report(report, ablation_page(result, data, fusion, opened_store, seed, resamples))
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
    return (*rows[:-1], dataclasses.replace(rows[-1], label=f"{rows[-1].label} (full method)"))


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


def _pipeline(variant: Variant, reranking: dict[str, Any], expansion: dict[str, Any]) -> Pipeline:
    transforms = [{"name": "cluster-expansion", **expansion}] if variant.expanded else []
    scorer = {"name": "k-reciprocal", **reranking} if variant.reranked else {"name": "euclidean"}
    return Pipeline.from_settings({"transforms": transforms, "scorer": scorer})


def _measured(
    variant: Variant,
    steps: Pipeline,
    data: Embeddings,
    rules: Protocol,
    lists: Mapping[str, Sequence[str]] | None,
    first: list[AblationRow],
    seed: int,
    resamples: int,
    work: ComputeBudget | None,
) -> AblationRow:
    evaluation = measure(
        data,
        rules,
        partial(steps.comparison, work=work),
        generator=np.random.Generator(np.random.PCG64(seed)),
        lists=lists,
        label=steps.label,
        transductive=steps.transductive,
        resamples=resamples,
    )
    return AblationRow(
        variant=variant,
        distance=steps.scorer.distance,
        transductive=steps.transductive,
        pipeline=steps.settings,
        evaluation=evaluation,
        mean=mean_figure(evaluation),
        interval=mean_interval(evaluation, seed, resamples),
        gain=difference(evaluation, first[0].evaluation, seed, resamples) if first else None,
    )


def _notes(rows: Sequence[AblationRow], best: int, full: int, seed: int, resamples: int) -> tuple[str, ...]:
    """Whether the full method is best, and every step of it that lowers the figure."""
    notes = []
    whole, top = rows[full], rows[best]
    if top.mean > whole.mean:
        gap = difference(top.evaluation, whole.evaluation, seed, resamples)
        notes.append(
            f"The full method ({whole.description}) does not come out best: it reaches {whole.mean:.1f} %, "
            f"{top.description} {top.mean:.1f} % ({_points(top.mean - whole.mean, gap)})."
        )
    else:
        notes.append(f"The full method ({whole.description}) comes out best with {whole.mean:.1f} %.")
    for before, after in pairwise(rows[: full + 1]):
        if after.mean < before.mean:
            gap = difference(after.evaluation, before.evaluation, seed, resamples)
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
