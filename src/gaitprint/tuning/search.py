"""The staged search on one set of subjects: each round tries a small grid around what the rounds before have found."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float64

from gaitprint.evaluation.statistics.subject_folds import simplest_within_error
from gaitprint.retrieval.tunable import DataShape, Table
from gaitprint.tuning import grids
from gaitprint.tuning.scores import key_of
from gaitprint.tuning.simplicity import FAMILIES, PLAIN, family, resolved, simplicity
from gaitprint.tuning.steps import TunedSteps

ROUNDS = 6
"""Of a search."""
Measure = Callable[[Sequence[Table], str], Float64[np.ndarray, "C S"]]
"""Figures of pipelines for each subject; the text says what the round is about."""


class Tried:
    """Every pipeline tried on a set of subjects, with its figures."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self.tables: dict[str, Table] = {}
        self.scores: dict[str, Float64[np.ndarray, " S"]] = {}

    def run(self, tables: Sequence[Table], label: str) -> None:
        """Measure those that are new."""
        # by resolved settings: two ways to write one pipeline are measured once
        new = {key_of(full): full for full in map(resolved, tables)}
        new = {key: table for key, table in new.items() if key not in self.tables}
        if not new:
            return
        for key, values in zip(new, self._measure(list(new.values()), label), strict=True):
            self.tables[key], self.scores[key] = new[key], values

    def best(self, name: str, count: int) -> list[Table]:
        """Pick the pipelines of a family with the highest means, to search around."""
        keys = self._of(name)
        return [self.tables[k] for k in sorted(keys, key=lambda k: -float(self.scores[k].mean()))[:count]]

    def chosen(self, *names: str) -> Table:
        """The simplest of some families that their best does not beat by more than one standard error."""
        keys = [key for name in names for key in self._of(name)]
        scores = np.stack([self.scores[k] for k in keys])
        return self.tables[keys[simplest_within_error(scores, [simplicity(self.tables[k]) for k in keys])]]

    def _of(self, name: str) -> list[str]:
        return [key for key, table in self.tables.items() if family(table) == name]


def search(measure: Measure, shape: DataShape, steps: TunedSteps) -> Tried:
    """Run all rounds of the search.

    1. distances and weights of networks; 2. re-rankings on the one chosen; 3. settings around the best of them; 4. the
    best re-ranking on other distances; 5. expansions, by themselves and before the chosen re-ranking; 6. variations of
    the best expansions, and re-ranking anew after them.

    Args:
        measure: see `Measure`.
        shape: of the data.
        steps: those that take part.
    """
    tried = Tried(measure)
    tried.run([PLAIN, *grids.distances(shape, steps)], "distances")
    alone = tried.chosen(*FAMILIES[:2])
    tried.run(grids.rerankings(alone, steps), "re-ranking")
    # several of the best, since the lambda that suits one k1 need not suit another
    tried.run([t for near in tried.best("re-ranking", 6) for t in grids.refined(near, steps)], "lambda")
    tried.run(grids.other_bases(tried.best("re-ranking", 1)[0], steps), "distances under re-ranking")
    after = alone, tried.chosen("re-ranking")
    tried.run([grids.expanded(start, e) for start in after for e in grids.expansions(shape, steps)], "expansion")
    again = [v for name in FAMILIES[3:] for table in tried.best(name, 2) for v in grids.variations(table, steps)]
    for name in FAMILIES[3:]:
        again += grids.rerankings_after_expansion(tried.best(name, 1)[0], steps)
    tried.run(again, "around the best")
    return tried
