"""Do no harm: a family is taken only if it beats the one taken so far on subjects that did not choose it."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.evaluation.statistics.subject_folds import Fold, paired_gain
from gaitprint.retrieval.tunable import Table
from gaitprint.tuning.result import FamilyResult
from gaitprint.tuning.scores import Scores, SubjectSet, key_of
from gaitprint.tuning.search import Tried
from gaitprint.tuning.simplicity import FAMILIES

RESAMPLES = 2000


def measured(
    scores: Scores, folds: Sequence[Fold], choices: Sequence[Mapping[str, Table]], subjects: Sequence[str]
) -> dict[str, Float64[np.ndarray, " S"]]:
    """Rank-1 of each subject by family, under what others chose; the mean over repeats."""
    place = {name: i for i, name in enumerate(subjects)}
    total = {name: np.zeros(len(subjects)) for name in FAMILIES}
    for fold, chosen in zip(folds, choices, strict=True):
        figures = scores.of(SubjectSet(fold.measuring, fold.repeat), [chosen[name] for name in FAMILIES])
        # every subject measures once a repeat, so sums over folds of one repeat never overlap
        rows = [place[s] for s in fold.measuring]
        for name, values in zip(FAMILIES, figures, strict=True):
            total[name][rows] += values
    repeats = max(fold.repeat for fold in folds)
    return {name: values / repeats for name, values in total.items()}


def decide(
    figures: Mapping[str, Float64[np.ndarray, " S"]],
    everybody: Tried,
    choices: Sequence[Mapping[str, Table]],
    seed: int,
) -> tuple[FamilyResult, ...]:
    """Families from the simplest to the richest, each against the last one taken.

    A family is taken if the 95% interval of its paired gain over subjects lies above 0. Subjects measure once a
    repeat, each time under the choice of others; the interval is over subjects, not over repeats.
    """
    plain = FAMILIES[0]
    taken, results = plain, []
    for name in FAMILIES:
        chosen = everybody.chosen(name)
        over = gain = None
        against = ""
        if name != plain:
            against = taken
            over, gain = _gain(figures[name], figures[plain], seed), _gain(figures[name], figures[taken], seed)
            # against the last family that was taken, not against plain: a step has to earn its place beside the
            # simpler ones
            if gain.low > 0:
                taken = name
        results.append(
            FamilyResult(
                family=name,
                chosen=chosen,
                chosen_by=tuple(choice[name] for choice in choices),
                figure=float(figures[name].mean()),
                over_plain=over,
                against=against,
                gain=gain,
                taken=taken == name,
                inside=float(everybody.scores[key_of(chosen)].mean()),
            )
        )
    return tuple(results)


def _gain(ours: Float64[np.ndarray, " S"], theirs: Float64[np.ndarray, " S"], seed: int) -> Interval:
    return paired_gain(ours, theirs, np.random.Generator(np.random.PCG64(seed)), RESAMPLES)
