"""From trials to the figures of one probe selection, with every empty cell named."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.result import Counts, ProbeSetResult
from gaitprint.evaluation.protocol.metrics import rank_hits
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.trials import Trials, cell_means, mean_of_rows
from gaitprint.evaluation.statistics.bands import Bands, all_bands


@dataclass(frozen=True, eq=False)
class Cells:
    """The table that a probe selection's figures are means of."""

    rows: tuple[str, ...]
    """Names of probe views, of draws, or one empty name."""
    columns: tuple[str, ...]
    """Names of gallery views, or one empty name."""
    counted: Bool[np.ndarray, "R C"]
    """Cells that count: not those of identical views."""


def summarise(
    name: str,
    protocol: Protocol,
    cells: Cells,
    trials: Trials,
    gallery: int,
    generator: np.random.Generator,
    resamples: int,
    level: float,
) -> ProbeSetResult:
    """Compute the figures of one probe selection.

    Raises:
        ProtocolError: no counted cell holds a probe and a gallery item.
    """
    counted, shape = cells.counted, cells.counted.shape
    matched = trials.matched
    inside = counted[trials.row, trials.column]
    use = matched if protocol.unmatched == "left-out" else np.ones(len(trials), bool)
    if not (use & inside).any():
        raise ProtocolError(_nothing(name, protocol, bool(inside.any())))
    hits = 100.0 * rank_hits(trials.rank, protocol.length)
    table = np.stack([cell_means(hits[:, k], trials, use, shape) for k in range(protocol.length)], axis=-1)
    # within cells, then over the cells of a row, then over rows: another order weighs views by their number of probes
    row_curves, cmc = mean_of_rows(np.moveaxis(table, -1, 0), counted)
    matched_count = int((matched & inside).sum())
    precision_rows, precision = _mean(100.0 * trials.average_precision, trials, counted)
    _, penalty = _mean(100.0 * trials.inverse_penalty, trials, counted)
    rows_without, without = _mean(hits[:, 0], trials, counted)
    chance = mean_of_rows(cell_means(100.0 * trials.chance, trials, use, shape), counted)[1]

    bands = all_bands(protocol, trials, use, counted, generator, resamples, level)
    empty = _empty_cells(table[:, :, 0], cells, trials)
    ask = protocol.metrics if matched_count else ()
    missed = int((~matched & inside).sum())
    return ProbeSetResult(
        name=name,
        row_names=cells.rows,
        column_names=cells.columns,
        counted=counted,
        table=table,
        rows=row_curves[0],
        mean=float(cmc[0]),
        rows_matched=rows_without,
        mean_matched=without if matched_count else None,
        cmc=cmc,
        precision_rows=precision_rows if "mAP" in ask else None,
        mean_average_precision=precision if "mAP" in ask else None,
        mean_inverse_penalty=penalty if "mINP" in ask else None,
        chance=float(chance),
        interval=None if bands is None else bands.cmc.interval(),
        # rows are draws there
        spread=float(row_curves[0].std(ddof=1)) if protocol.mode == "draws" and shape[0] > 1 else None,
        counts=Counts(
            probes=len(np.unique(trials.probe)),
            gallery=gallery,
            subjects=len(np.unique(trials.subject)),
            trials=int(inside.sum()),
            unmatched=missed,
            left_out=missed if protocol.unmatched == "left-out" else 0,
        ),
        notes=(*empty, *_certainty(bands, float(cmc[0]))),
        trials=trials,
        bands=bands,
    )


def _certainty(bands: Bands | None, rank1: float) -> tuple[str, ...]:
    """What must be said where there is no interval, or where it has no width."""
    if bands is None:
        return ("a single subject: no interval can be given",)
    if rank1 < 100.0:
        return ()
    subjects = bands.cmc.subjects[0]
    # the rule of three, see `sample_size`
    bound = "100" if subjects <= 3 else f"{300.0 / subjects:.2g}"
    return (f"no error among {subjects} subjects: the error rate is below {bound}% (3/n)",)


def _mean(
    values: Float64[np.ndarray, " M"], trials: Trials, counted: Bool[np.ndarray, "R C"]
) -> tuple[Float64[np.ndarray, " R"], float]:
    """Row means and mean of a figure that only matched probes have."""
    rows, mean = mean_of_rows(cell_means(values, trials, trials.matched, counted.shape), counted)
    return rows, float(mean)


def _empty_cells(
    table: Float64[np.ndarray, "R C"],
    cells: Cells,
    trials: Trials,
) -> tuple[str, ...]:
    """One sentence for every empty row and column, and for single empty cells."""
    empty, rows, columns = np.isnan(table) & cells.counted, cells.rows, cells.columns
    filled = np.zeros(table.shape, bool)
    filled[trials.row, trials.column] = True
    tail = "the mean is over the others"
    notes = []
    for i, name in enumerate(rows):
        if not filled[i].any():
            notes.append(f"no probe at view {name}: its row is empty, {tail}")
    for j, name in enumerate(columns):
        if not filled[:, j].any():
            notes.append(f"no gallery sequence at view {name}: its column is empty, {tail}")
    for i, j in zip(*np.nonzero(empty & filled), strict=True):
        where = f"row {rows[i] or 'all'}" + (f", gallery view {columns[j]}" if columns[j] else "")
        notes.append(f"no probe of {where} has its subject in the gallery (unmatched are left out): {tail}")
    return tuple(notes)


def _nothing(name: str, protocol: Protocol, any_counted: bool) -> str:
    if any_counted:
        return (
            f"protocol {protocol.name}: no probe of {name} has its subject in its gallery, and unmatched probes are "
            "left out: nothing to count; check that probes and gallery hold the same subjects"
        )
    return (
        f"protocol {protocol.name}: no cell of {name} counts: probes and gallery share no two different views; "
        "use a pooled protocol, or set `identical_views = true`"
    )
