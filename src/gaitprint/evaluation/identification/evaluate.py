"""From embeddings, a protocol and a way to compare: the figures of the protocol."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int

from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult
from gaitprint.evaluation.identification.summary import Cells, summarise
from gaitprint.evaluation.protocol.distance_blocks import Blocks, checked
from gaitprint.evaluation.protocol.draws import draw_trials
from gaitprint.evaluation.protocol.metrics import rank_probes
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.selection import (
    Sides,
    choose_sides,
    compared_pairs,
    require_subjects,
    short_view,
    subject_numbers,
)
from gaitprint.evaluation.protocol.trials import Trials, join_rows, make_trials
from gaitprint.evaluation.statistics.interval import LEVEL, RESAMPLES
from gaitprint.texts import natural_order
from gaitprint.types import Distances, Embeddings, SequenceRecord


def evaluate(
    embeddings: Embeddings,
    protocol: Protocol,
    distances: Distances,
    *,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Evaluation:
    """Measure embeddings under a protocol.

    `distances` compares once a probe selection, its probes of all views with its whole gallery; view by view, the cells
    are parts of that one matrix. A transductive method (query expansion, re-ranking) therefore sees the union of all
    views, never one cell alone. In the mode `draws` it compares once a draw and sees only that draw.

    Args:
        embeddings: of all sequences the protocol selects from; others do no harm.
        protocol: from `load_protocol`, its lists filled by `with_lists`.
        distances: how probes and gallery are compared, and what is said of it; `Pipeline.as_distances` makes it.
        generator: for the intervals only; draws have the protocol's own seed.
        resamples: of the bootstrap over subjects.
        level: of confidence.

    Raises:
        ProtocolError: a selection is empty, a selected sequence has no subject, or nothing can be counted.
        ShapeError: the distances have another shape or are not finite.
    """
    records = embeddings.records
    codes = subject_numbers(records)
    results: list[ProbeSetResult] = []
    if protocol.mode == "draws":
        for name in protocol.probes:
            trials, size = draw_trials(embeddings, protocol, name, codes, checked(distances.compare))
            rows = tuple(str(i + 1) for i in range(protocol.draws.repetitions))
            cells = Cells(rows, ("",), np.ones((len(rows), 1), bool))
            results.append(summarise(name, protocol, cells, trials, size, generator, resamples, level))
    else:
        sides = choose_sides(protocol, records)
        views = _views(protocol, records, sides)
        for side in sides:
            require_subjects(protocol, side.name, side.probes, records, "probes")
            require_subjects(protocol, side.name, side.gallery, records, "gallery sequences")
            trials, columns = _trials(side, protocol, views, embeddings, codes, checked(distances.compare))
            rows = views if len(columns) > 1 or protocol.average_over == "views" else ("",)
            counted = np.ones((len(rows), len(columns)), bool)
            if protocol.mode == "view-by-view" and not protocol.identical_views:
                np.fill_diagonal(counted, False)
            cells, size = Cells(rows, columns, counted), len(side.gallery)
            results.append(summarise(side.name, protocol, cells, trials, size, generator, resamples, level))
    return Evaluation(protocol, embeddings.source, distances.label, distances.transductive, tuple(results), records)


def _trials(
    side: Sides,
    protocol: Protocol,
    views: tuple[str, ...],
    embeddings: Embeddings,
    codes: Int[np.ndarray, " N"],
    distances: Callable[[Embeddings, Embeddings], Blocks],
) -> tuple[Trials, tuple[str, ...]]:
    """The trials of one probe selection and the names of the columns."""
    probes, gallery = embeddings.select(side.probes), embeddings.select(side.gallery)
    place = {view: i for i, view in enumerate(views)}
    probe_view = np.array([place[short_view(protocol, r.view)] for r in probes.records])
    gallery_view = np.array([place[short_view(protocol, r.view)] for r in gallery.records])
    subjects = codes[side.probes]
    precision = bool(protocol.metrics)
    pooled = protocol.mode == "pooled"
    by_column = {0: np.arange(len(gallery))} if pooled else _by_view(gallery_view)
    # a pooled protocol that averages over views has a row for each probe view and a single column
    row = np.zeros_like(probe_view) if pooled and protocol.average_over != "views" else probe_view
    parts: dict[int, list[Trials]] = {column: [] for column in by_column}
    for some, block in distances(probes, gallery):
        valid = compared_pairs(protocol, probes.records[some], gallery.records) if pooled else None
        for column, items in by_column.items():
            part = block if pooled else block[:, items]
            ranks = rank_probes(part, subjects[some], codes[side.gallery[items]], valid, precision)
            trials = make_trials(ranks, side.probes[some], side.gallery[items], subjects[some], row[some], column)
            parts[column].append(trials)
    joined = join_rows([part for column in parts for part in parts[column]])
    return joined, ("",) if pooled else views


def _by_view(view: Int[np.ndarray, " G"]) -> dict[int, Int[np.ndarray, " G_of_view"]]:
    """The gallery items of each view that has some."""
    return {int(v): np.flatnonzero(view == v) for v in np.unique(view)}


def _views(protocol: Protocol, records: Sequence[SequenceRecord], sides: Sequence[Sides]) -> tuple[str, ...]:
    rows = {int(i) for side in sides for i in (*side.probes, *side.gallery)}
    return tuple(sorted({short_view(protocol, records[i].view) for i in rows}, key=natural_order))
