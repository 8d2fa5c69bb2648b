"""From counts by subject to the figures of a probe selection and the table of thresholds."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32, Int

from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.statistics.bootstrap import Resamples, shares_of_pairs, shares_of_subjects
from gaitprint.evaluation.statistics.sample_size import THIRTY, ErrorRate, bound, figure, subjects_for
from gaitprint.evaluation.verification.open_set import Searches, search_counts, thresholds_for
from gaitprint.evaluation.verification.operating import Curves, equal_error, missed_at
from gaitprint.evaluation.verification.pair_errors import PairCounts, PairRates
from gaitprint.evaluation.verification.result import SetFigures, ThresholdRow
from gaitprint.evaluation.verification.settings import VerifySettings

LADDER = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0001)
"""False match rates that get a row of the table unasked, where the subjects carry them."""
STRANGER_POINTS = 128


def wanted_thresholds(
    rates: Mapping[str, PairRates], searches: Mapping[str, Searches], settings: VerifySettings
) -> list[float]:
    """Thresholds that must stand in the grid: of every rate stated, and along the distances of searches."""
    thresholds = list(settings.thresholds)
    shares = np.linspace(0.0, 1.0, STRANGER_POINTS)
    for curve in rates.values():
        thresholds += [curve.threshold_for(x) for x in (*settings.false_match, *LADDER)]
        thresholds.append(curve.equal_error()[0])
    for some in searches.values():
        thresholds += thresholds_for(some.nearest[some.stranger], settings.false_positive)
        for values in (some.nearest[some.stranger], some.found[~some.stranger]):
            finite = values[np.isfinite(values)]
            if len(finite):
                # distances that occur, not means of two: a threshold between them decides alike
                thresholds += np.quantile(finite, shares, method="inverted_cdf").tolist()
    return thresholds


def pair_curves(counts: PairCounts, draws: Resamples) -> Curves:
    """FMR and FNMR at the thresholds of the grid."""
    false, true = shares_of_pairs(counts.touching, draws), shares_of_subjects(counts.same, draws)
    return Curves(counts.thresholds, false, true, draws, ("FMR", "FNMR"))


def search_curves(searches: Searches, grid: Float32[np.ndarray, " K"], draws: Resamples, subjects: int) -> Curves:
    """FPIR and FNIR at the thresholds of the grid."""

    def counted(use: np.ndarray, distance: Float32[np.ndarray, " M"]) -> Int[np.ndarray, "S L"]:
        return search_counts(searches.subject[use], distance[use], grid, subjects)

    false = shares_of_subjects(counted(searches.stranger, searches.nearest), draws)
    true = shares_of_subjects(counted(~searches.stranger, searches.found), draws)
    return Curves(grid, false, true, draws, ("FPIR", "FNIR"))


def set_figures(
    name: str,
    rates: PairRates,
    pairs: Curves,
    known: Curves,
    searches: Searches,
    protocol: Protocol,
    settings: VerifySettings,
    people: float,
) -> SetFigures:
    """All figures of one probe selection; among `people`, of whom the first so many are everybody."""
    least = bound(min(pairs.false.subjects, pairs.true.subjects))
    false, missed = pairs.false.observed, 1.0 - pairs.true.observed
    carried = (false >= least) & (missed >= least)
    carried &= (pairs.false.touched >= THIRTY) & (pairs.true.spared >= THIRTY)
    return SetFigures(
        name=name,
        subjects=pairs.true.subjects,
        same_pairs=rates.same_pairs,
        other_pairs=rates.other_pairs,
        known=int((~searches.stranger).sum()),
        strangers=int(searches.stranger.sum()),
        equal_error=equal_error(pairs, *rates.equal_error()),
        misses=tuple(missed_at(pairs, x) for x in settings.false_match),
        not_found=tuple(missed_at(known, x) for x in settings.false_positive),
        ranks=tuple((k, _rank_figure(searches, k, known.draws)) for k in protocol.ranks if k == 1 or k < people),
        false_match=false,
        false_non_match=missed,
        det_carried=carried,
    )


def threshold_table(
    rates: PairRates, searches: Searches, pairs: Curves, searched: Curves, settings: VerifySettings
) -> tuple[ThresholdRow, ...]:
    """A row for every rate and distance asked for, for the equal error rate, and for others that are carried."""
    people = min(pairs.false.subjects, pairs.true.subjects)
    rows = [(t, "as asked") for t in settings.thresholds]
    ladder = dict.fromkeys((*(x for x in LADDER if subjects_for(x) <= people), *settings.false_match))
    rows += [(rates.threshold_for(x), f"FMR {100 * x:.3g} %") for x in ladder]
    for x in settings.false_positive:
        rows += [(t, f"FPIR {100 * x:.3g} %") for t in thresholds_for(searches.nearest[searches.stranger], [x])]
    rows.append((rates.equal_error()[0], "equal error"))
    table: dict[float, list[str]] = {}
    for threshold, why in sorted(rows):
        table.setdefault(threshold, []).append(why)
    return tuple(_row(t, ", ".join(why), pairs, searched) for t, why in table.items())


def _row(threshold: float, why: str, pairs: Curves, searched: Curves) -> ThresholdRow:
    at, there = pairs.place_of(threshold), searched.place_of(threshold)
    return ThresholdRow(
        threshold,
        why,
        pairs.false_figure(at),
        pairs.missed_figure(at),
        searched.false_figure(there),
        searched.missed_figure(there),
    )


def _rank_figure(searches: Searches, k: int, draws: Resamples) -> ErrorRate:
    """The share found among the first k people; it is the misses that are counted."""
    known = ~searches.stranger
    # a threshold of 0 then parts those found (distance 1) from those missed (0)
    missed = (searches.rank[known] > k).astype(np.float32)
    counts = search_counts(searches.subject[known], 1.0 - missed, np.zeros(1, np.float32), draws.weights.shape[1])
    shares = shares_of_subjects(counts, draws)
    low, high = draws.ends(shares.drawn[:, 0])
    return figure(
        float(shares.observed[0]),
        float(low),
        float(high),
        subjects=shares.subjects,
        erring=int(shares.touched[0]),
        level=draws.level,
        what=f"not among the first {k}",
    ).complement()
