"""From embeddings, a protocol and a way to compare: error rates of pairs and of searches with strangers."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from jaxtyping import Int

from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.selection import subject_numbers
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.interval import RESAMPLES
from gaitprint.evaluation.verification.calibrating import calibrate
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.evaluation.verification.open_set import search_splits
from gaitprint.evaluation.verification.pair_errors import count_pairs, pair_rates, survey, threshold_grid
from gaitprint.evaluation.verification.pair_source import HELD, PairSource
from gaitprint.evaluation.verification.pairs import PairSet, pair_sets
from gaitprint.evaluation.verification.reliability import deal_folds
from gaitprint.evaluation.verification.result import ALL, Verification
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.evaluation.verification.summary import (
    pair_curves,
    search_curves,
    set_figures,
    threshold_table,
    wanted_thresholds,
)
from gaitprint.types import Distances, Embeddings


def verify(
    embeddings: Embeddings,
    protocol: Protocol,
    distances: Distances,
    settings: VerifySettings,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    calibration: Calibration | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Measure how well pairs are told apart, and known people from strangers.

    Every comparison is gone over in blocks; what is kept are counts by subject and threshold.

    Args:
        embeddings: of all sequences the protocol selects from.
        protocol: from `load_protocol`, its lists filled by `with_lists`.
        distances: how probes and gallery are compared, and what is said of it; where a pair hangs on nobody else,
            nothing is compared anew for every split.
        settings: what is asked.
        seed: of strangers, folds and intervals.
        resamples: of the bootstrap over subjects.
        calibration: one from elsewhere, to be tried on all pairs here; None: fit and cross-fit one.
        progress: told how many comparisons with strangers are done, of how many.

    Raises:
        ProtocolError: a selection is empty, or there are no pairs of one subject, or of two.
        ShapeError: the distances have another shape or are not finite.
    """
    sets = pair_sets(protocol, embeddings.records)
    numbers, people = _taking_part(sets, subject_numbers(embeddings.records))
    source = PairSource(embeddings, protocol, numbers, distances.compare, tuple(sets) if len(sets) <= HELD else ())

    # folds first, then draws of subjects, from one generator: their order is part of what a seed stands for
    chance = np.random.Generator(np.random.PCG64(seed))
    folds = deal_folds(people, settings.folds, chance)
    draws = draw_subjects(people, chance, resamples, settings.level)

    draw = partial(search_splits, share=settings.strangers, splits=settings.splits, seed=seed)
    searches, size = draw(sets, numbers, source, alone=distances.pairwise, progress=progress)
    scores = survey(sets, source)
    rates = {name: pair_rates(*both) for name, both in scores.items()}
    grid = threshold_grid(scores, wanted_thresholds(rates, searches, settings))
    counts = count_pairs(sets, source, grid, folds)
    # before the intervals are computed, which take memory of their own
    source.forget()

    names = [name for name in counts if name] if len(counts) > 2 else []
    figures, curves = [], {}
    for name in (*names, ""):
        pairs = pair_curves(counts[name], draws)
        searched = search_curves(searches[name], grid, draws, people)
        title = name or (ALL if names else next(n for n in counts if n))
        figures.append(
            set_figures(title, rates[name], pairs, searched, searches[name], protocol, settings, size.people)
        )
        curves[name] = (pairs, searched)
    fitted, missing = calibrate(counts[""], scores[""], folds, draws, settings, calibration)
    return Verification(
        protocol=protocol,
        source=embeddings.source,
        label=distances.label,
        transductive=distances.transductive is True,
        subjects=people,
        sets=tuple(figures),
        thresholds=threshold_table(rates[""], searches[""], *curves[""], settings),
        gallery=size,
        share=settings.strangers,
        splits=settings.splits,
        same=scores[""][0],
        other=scores[""][1],
        calibration=fitted,
        calibration_missing=missing,
    )


def _taking_part(sets: Sequence[PairSet], numbers: Int[np.ndarray, " N"]) -> tuple[Int[np.ndarray, " N"], int]:
    """Numbers without gaps of the subjects in any set, -1 of all others; and how many those subjects are."""
    taking = np.unique(np.concatenate([numbers[rows] for p in sets for rows in (p.probes, p.gallery)]))
    return np.where(np.isin(numbers, taking), np.searchsorted(taking, numbers), -1), len(taking)
