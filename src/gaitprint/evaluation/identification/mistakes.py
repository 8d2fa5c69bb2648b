"""The worst mistakes of an evaluation: a wrong person nearer than the right one, and by how much."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult

LISTED = 1000
"""So many of each probe set are kept, the worst first."""


@dataclass(frozen=True)
class Mistake:
    """A probe, the nearest sequence of its own person, and the nearer one of somebody else."""

    probe_set: str
    probe: str
    """Key of the sequence, as are `right` and `wrong`."""
    subject: str
    column: str
    """The gallery's view, or empty for a pooled gallery."""
    right: str
    right_distance: float
    place: int
    """Of the right one in its gallery, from 1."""
    wrong: str
    wrong_subject: str
    wrong_distance: float
    margin: float
    """By how much the wrong one is nearer, in the pipeline's distance."""
    trial: int
    """The row of the trials."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {key: value for key, value in asdict(self).items() if key != "trial"}


def worst_mistakes(evaluation: Evaluation, result: ProbeSetResult, count: int = LISTED) -> tuple[Mistake, ...]:
    """The wrong matches of a probe set by falling margin, each probe once: in the gallery where it fails worst.

    Probes whose person is not in the gallery could not do better and are no mistakes; identical views, where the
    protocol leaves them out, do not count.
    """
    trials, records = result.trials, evaluation.records
    margin = trials.right_distance - trials.wrong_distance
    among = np.flatnonzero(result.counted[trials.row, trials.column] & (trials.rank > 1))
    # the last key counts most: margin, then rank, then two that make the order of equals the same everywhere
    order = among[np.lexsort((trials.column[among], trials.probe[among], -trials.rank[among], -margin[among]))]
    # `np.unique` gives the first place of each probe in `order`, which is its worst
    _, first = np.unique(trials.probe[order], return_index=True)
    mistakes = []
    for i in (int(order[place]) for place in np.sort(first)[:count]):
        probe, right, wrong = (records[int(rows[i])] for rows in (trials.probe, trials.right, trials.wrong))
        mistakes.append(
            Mistake(
                probe_set=result.name,
                probe=probe.key,
                subject=str(probe.subject),
                column=result.column_names[int(trials.column[i])],
                right=right.key,
                right_distance=float(trials.right_distance[i]),
                place=int(trials.rank[i]),
                wrong=wrong.key,
                wrong_subject=str(wrong.subject),
                wrong_distance=float(trials.wrong_distance[i]),
                margin=float(margin[i]),
                trial=i,
            )
        )
    return tuple(mistakes)


def of_different_people(mistakes: Sequence[Mistake], count: int) -> list[Mistake]:
    """The worst `count`, at most one a person as long as there are people enough; the worst first."""
    rounds: dict[str, int] = {}
    ranked = []
    for number, mistake in enumerate(mistakes):
        # everybody's worst mistake comes before anybody's second
        turn = rounds[mistake.subject] = rounds.get(mistake.subject, -1) + 1
        ranked.append((turn, number))
    return [mistakes[number] for _, number in sorted(sorted(ranked)[:count], key=lambda pair: pair[1])]
