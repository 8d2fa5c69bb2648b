"""Choosing among settings by figures of subjects: who chooses never measures, and no gain is believed below its error.

A setting learns nothing from subjects, so among those who choose each subject is a fold of its own: figures and errors
are over subjects. Whoever measures shares no gallery with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from gaitprint.config import require
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import Figures
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.evaluation.statistics.intervals import difference_band


@dataclass(frozen=True)
class Fold:
    """Subjects who choose and others who measure."""

    repeat: int
    """Counted from 1."""
    choosing: tuple[str, ...]
    measuring: tuple[str, ...]


def subject_folds(
    subjects: Sequence[str], folds: int, repeats: int, generator: np.random.Generator
) -> tuple[Fold, ...]:
    """Every subject measures once a repeat, and chooses in the other folds of it.

    Raises:
        ConfigError: fewer than two folds. ProtocolError: fewer than two subjects a fold.
    """
    require(folds >= 2, f"folds of subjects are 2 or more, found {folds}")
    require(repeats >= 1, f"repeats are 1 or more, found {repeats}")
    names = sorted(set(subjects))
    if len(names) < 2 * folds:
        raise ProtocolError(
            f"{folds} folds need {2 * folds} subjects at least, so that somebody can be taken for another, found "
            f"{len(names)}: embed more subjects"
        )
    dealt = []
    for repeat in range(1, repeats + 1):
        order = generator.permutation(len(names))
        for number in range(folds):
            # every `folds`-th of a random order: folds differ by one subject at most
            measuring = {names[i] for i in order[number::folds]}
            dealt.append(
                Fold(repeat, tuple(n for n in names if n not in measuring), tuple(n for n in names if n in measuring))
            )
    return tuple(dealt)


def simplest_within_error(scores: Float64[np.ndarray, "C S"], simplicity: Sequence[tuple[object, ...]]) -> int:
    """The simplest setting that the best one does not beat by more than one standard error.

    The rule of Breiman et al. (Classification and Regression Trees, 1984, section 3.4.3), with the error of the paired
    difference over subjects instead of the best one's own.

    Args:
        scores: figure of each setting for each subject.
        simplicity: a key of each setting; the smallest is the simplest.
    """
    means = scores.mean(axis=1)
    best = int(np.argmax(means))
    behind = scores[best] - scores
    error = behind.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
    # the best one is behind itself by 0 with an error of 0, and always among them
    near = [int(i) for i in np.flatnonzero(behind.mean(axis=1) <= error + 1e-9)]
    return min(near, key=lambda i: (simplicity[i], -float(means[i])))


def paired_gain(
    ours: Float64[np.ndarray, " S"],
    theirs: Float64[np.ndarray, " S"],
    generator: np.random.Generator,
    resamples: int = 2000,
) -> Interval:
    """The mean of ours - theirs over subjects with its 95% interval, as of any difference: see `difference_band`.

    Raises:
        ProtocolError: fewer than two subjects.
    """
    gain = (ours - theirs)[:, None]
    draws = draw_subjects(len(gain), generator, resamples)
    mean = gain.mean(axis=0)
    # of a mean of S gains each subject contributes the S-th part of its own
    figures = Figures(mean, gain / len(gain), (gain - mean) / len(gain), np.ones(gain.shape, bool))
    band = difference_band(figures, draws)
    return Interval(float(band.value[0]), float(band.low[0]), float(band.high[0]), band.level, int(band.subjects[0]))
