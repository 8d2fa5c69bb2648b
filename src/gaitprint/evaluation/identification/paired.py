"""Two methods on the same probes: where they differ, by how much, and which differences are more than chance."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.breakdown import subjects_of
from gaitprint.evaluation.identification.groups import KINDS, figure_values, groups_of, used
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import Figures, join_figures, mean_of_figures, table_figures
from gaitprint.evaluation.statistics.interval import LEVEL, RESAMPLES, Interval
from gaitprint.evaluation.statistics.intervals import difference_band
from gaitprint.evaluation.statistics.sign_flip_test import FLIPS, flip_test, holm

REAL = 0.05
"""A difference is called real where its corrected p-value is at most this."""


@dataclass(frozen=True)
class PairedLine:
    """The figures of both on some of the probes, and their difference."""

    kind: Literal["all", "probe set", "view", "condition"]
    probe_set: str
    """Empty for the mean over all of them."""
    name: str
    """Of the view or condition, else empty."""
    before: float
    """Percent."""
    after: float
    points: float
    """After minus before."""
    interval: Interval | None
    """Of `points`, by drawing subjects anew, each with both results; None with a single subject."""
    subjects: int
    changed: int
    """Subjects to whom the two methods are not alike."""
    p: float
    """Of the sign-flip test over subjects, two-sided."""
    corrected: float
    """`p` corrected for the lines of the table (Holm); the first line is the one question asked before, and keeps p."""

    @property
    def verdict(self) -> Literal["gain", "loss", "not shown"]:
        """What may be claimed."""
        if self.corrected > REAL:
            return "not shown"
        return "gain" if self.points > 0 else "loss"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "kind": self.kind,
            "probe_set": self.probe_set,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "points": self.points,
            "interval": None if self.interval is None else [self.interval.low, self.interval.high],
            "subjects": self.subjects,
            "changed": self.changed,
            "p": self.p,
            "corrected_p": self.corrected,
            "verdict": self.verdict,
        }


def compare_evaluations(
    before: Evaluation,
    after: Evaluation,
    generator: np.random.Generator,
    figure: str = "rank-1",
    resamples: int = RESAMPLES,
    flips: int = FLIPS,
    level: float = LEVEL,
) -> tuple[PairedLine, ...]:
    """Differences of a figure: over all, by probe set, and by view and condition where a set has several.

    Subjects are drawn, and their signs flipped, once for all lines.

    Args:
        before: one evaluation.
        after: another, of the same probes under the same protocol.
        generator: the source of chance.
        figure: `rank-K`, or `mAP` or `mINP` where the protocol asks for them.
        resamples: how often the subjects are drawn.
        flips: signs drawn where there are too many to try all.
        level: of confidence.

    Raises:
        ProtocolError: the two met different probes (the first is named), or there is no such figure.
    """
    difference_of_trials = first_difference(before, after)
    if difference_of_trials is not None:
        raise ProtocolError(
            f"the two runs did not meet the same probes: {difference_of_trials}; compare like with like"
        )
    known = subjects_of(before)
    lines, figures = _lines(before, after, figure, known)
    # of both by themselves: a difference of means says nothing of their height
    sides = [_lines(run, None, figure, known)[1].value for run in (before, after)]
    p = flip_test(figures.contribution, generator, flips)
    corrected = np.concatenate([p[:1], holm(p[1:])])
    band = None
    if len(known) > 1:
        band = difference_band(figures, draw_subjects(len(known), generator, resamples, level))
    # contributions of subjects with equal results are sums that cancel, up to rounding
    changed = (np.abs(figures.contribution) > 1e-12).sum(axis=0)
    return tuple(
        PairedLine(
            kind=kind,
            probe_set=probe_set,
            name=name,
            before=float(sides[0][i]),
            after=float(sides[1][i]),
            points=float(figures.value[i]),
            interval=None if band is None else band.interval(i),
            subjects=int(figures.subjects[i]),
            changed=int(changed[i]),
            p=float(p[i]),
            corrected=float(corrected[i]),
        )
        for i, (kind, probe_set, name) in enumerate(lines)
    )


def mean_difference(before: Evaluation, after: Evaluation | None, figure: str = "rank-1") -> Figures:
    """The mean over all probe sets of a figure of `before`; with `after`, of the gain over it."""
    return mean_of_figures(join_figures(_sets(before, after, figure, subjects_of(before))))


def first_difference(before: Evaluation, after: Evaluation) -> str | None:
    """Where two evaluations did not meet the same probes in the same cells, in words; None where they did."""
    names = [[r.name for r in e.results] for e in (before, after)]
    if names[0] != names[1]:
        return f"one has the probe sets {', '.join(names[0])}, the other {', '.join(names[1])}"
    for left, right in zip(before.results, after.results, strict=True):
        if (left.row_names, left.column_names) != (right.row_names, right.column_names):
            return f"{left.name} has other views or draws in the one than in the other"
        sides = [_places(e, r) for e, r in ((before, left), (after, right))]
        for one, other in zip(*sides, strict=False):
            if one != other:
                return (
                    f"the first that differs in {left.name} is {_place(one)} in the one, {_place(other)} in the other"
                )
        if len(sides[0]) != len(sides[1]):
            which, longer = ("one", sides[0]) if len(sides[0]) > len(sides[1]) else ("other", sides[1])
            return f"only the {which} has {_place(longer[min(map(len, sides))])} in {left.name}"
        # the probability of guessing right depends on the gallery alone: where it differs, so did what was searched
        other_gallery = np.flatnonzero(left.trials.chance != right.trials.chance)
        if len(other_gallery):
            return f"{_place(sides[0][other_gallery[0]])} met another gallery in the other"
    return None


def _places(evaluation: Evaluation, result: Any) -> list[tuple[str, str | None, str, str]]:
    """Probe, its subject, and the cell it met, of every trial."""
    trials = result.trials
    records = evaluation.records
    return [
        (records[p].key, records[p].subject, result.row_names[r], result.column_names[c])
        for p, r, c in zip(trials.probe.tolist(), trials.row.tolist(), trials.column.tolist(), strict=True)
    ]


def _place(place: tuple[str, str | None, str, str]) -> str:
    key, subject, row, column = place
    cell = " x ".join(name for name in (row, column) if name)
    return f"{key} of subject {subject}" + (f" in cell {cell}" if cell else "")


Line = tuple[Literal["all", "probe set", "view", "condition"], str, str]


def _lines(
    before: Evaluation, after: Evaluation | None, figure: str, known: Int[np.ndarray, " S"]
) -> tuple[list[Line], Figures]:
    """Names and figures of all lines, of `before` alone or of the gain."""
    sets = _sets(before, after, figure, known)
    lines: list[Line] = [("all", "", "")]
    parts = [mean_of_figures(join_figures(sets))]
    several = len(sets) > 1
    for i, result in enumerate(before.results):
        if several:
            lines.append(("probe set", result.name, ""))
            parts.append(sets[i])
        for kind in KINDS:
            groups = groups_of(before, result, kind)
            for group in groups if len(groups) > 1 else ():
                lines.append((kind, result.name, group.name))
                parts.append(_figure(before, after, i, figure, known, group.trials))
    return lines, join_figures(parts)


def _sets(before: Evaluation, after: Evaluation | None, figure: str, known: Int[np.ndarray, " S"]) -> list[Figures]:
    all_trials = [np.ones(len(r.trials), bool) for r in before.results]
    return [_figure(before, after, i, figure, known, use_trials) for i, use_trials in enumerate(all_trials)]


def _figure(
    before: Evaluation,
    after: Evaluation | None,
    place: int,
    figure: str,
    known: Int[np.ndarray, " S"],
    use_trials: np.ndarray,
) -> Figures:
    result, protocol = before.results[place], before.protocol
    values, have = figure_values(figure, protocol, result.trials)
    use = have & used(protocol, result.trials) & use_trials
    if after is not None:
        values = figure_values(figure, protocol, after.results[place].trials)[0] - values
    return table_figures(values, result.trials, use, result.counted, known).mean
