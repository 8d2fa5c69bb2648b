"""What pipelines reach on sets of subjects, under the protocol itself, sharing what they can."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float32, Float64

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.tunable import Table
from gaitprint.tuning.journal import Journal
from gaitprint.tuning.shared import SharedSides
from gaitprint.types import Comparison, Distances, Embeddings

Told = Callable[[int, int], None]
"""Called with (pipelines done, pipelines in all)."""


@dataclasses.dataclass(frozen=True)
class SubjectSet:
    """Subjects that share a gallery, and the draws they are met in."""

    subjects: tuple[str, ...]
    repeat: int
    """Sets of one repeat have the same draws' seed; 0 is everybody."""

    @property
    def name(self) -> str:
        """Unique in a tuning."""
        return f"{self.repeat}:{','.join(self.subjects)}"


def key_of(table: object) -> str:
    """Settings as text: equal ones give equal text."""
    return json.dumps(table, sort_keys=True)


class Scores:
    """Rank-1 of each subject in percent; noted in the journal, computed once."""

    def __init__(
        self,
        data: Embeddings,
        protocol: Protocol,
        journal: Journal,
        work: ComputeBudget,
    ) -> None:
        self._data, self._journal, self._work = data, journal, work
        # rank-1 alone is tuned on: average precision would take a full sort of every row
        self._protocol = dataclasses.replace(protocol, metrics=())
        self.computed = 0
        """Pipelines measured in this run, counted once a set."""

    def of(
        self, group: SubjectSet, tables: Sequence[Table], told: Told = lambda done, total: None
    ) -> Float64[np.ndarray, "C S"]:
        """Figures of resolved pipelines, subjects in the set's order.

        Raises:
            ProtocolError: a subject of the set is no probe under the protocol.
        """
        keys = [key_of(table) for table in tables]
        missing = {k: t for k, t in zip(keys, tables, strict=True) if self._journal.find(group.name, k) is None}
        if missing:
            self._journal.note(group.name, self._measured(group, missing, told))
            self.computed += len(missing)
        figures = [self._journal.find(group.name, key) for key in keys]
        return np.stack([values for values in figures if values is not None])

    def _measured(
        self, group: SubjectSet, tables: Mapping[str, Table], told: Told
    ) -> dict[str, Float64[np.ndarray, " S"]]:
        subjects = frozenset(group.subjects)
        rows = [i for i, r in enumerate(self._data.records) if r.subject in subjects]
        data = self._data.select(rows)
        rules = self._protocol
        if rules.mode == "draws":  # each repeat draws anew, so that no setting is fitted to one dozen of galleries
            seed = rules.draws.seed + group.repeat
            rules = dataclasses.replace(rules, draws=dataclasses.replace(rules.draws, seed=seed))
        figures = {}
        sides: list[SharedSides] = []
        # equal transforms in a row: `SharedSides` keeps those of one pipeline at a time
        order = sorted(tables, key=lambda key: key_of(tables[key]["transforms"]))
        for number, key in enumerate(order, start=1):
            pipeline = _Asked(Pipeline.from_settings(tables[key]), sides, self._work)
            unread = np.random.Generator(np.random.PCG64(0))  # of an interval that nobody reads
            evaluation = evaluate(data, rules, Distances(pipeline), generator=unread, resamples=1)
            figures[key] = _by_subject(evaluation, group.subjects)
            told(number, len(order))
        return figures


class _Asked:
    """A pipeline as an evaluation asks it: for the same sides in the same order as every other pipeline."""

    def __init__(self, pipeline: Pipeline, sides: list[SharedSides], work: ComputeBudget) -> None:
        self._pipeline, self._sides, self._work, self._calls = pipeline, sides, work, 0

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"] | Comparison:
        if self._calls == len(self._sides):
            self._sides.append(SharedSides(probe, gallery, self._work))
        self._calls += 1
        return self._sides[self._calls - 1].comparison(self._pipeline)


def _by_subject(evaluation: Evaluation, subjects: Sequence[str]) -> Float64[np.ndarray, " S"]:
    """Percent of each subject's counted trials that are right."""
    right, trials = np.zeros(len(subjects)), np.zeros(len(subjects))
    place = {name: i for i, name in enumerate(subjects)}
    # -1 is never used: every counted probe is of the set, or `bincount` would refuse it
    whose = np.array([place.get(r.subject or "", -1) for r in evaluation.records])
    for result in evaluation.results:
        trials_of_set = result.trials
        use = result.counted[trials_of_set.row, trials_of_set.column]
        if evaluation.protocol.unmatched == "left-out":
            use &= trials_of_set.matched
        owner = whose[trials_of_set.probe[use]]
        right += np.bincount(owner, trials_of_set.rank[use] == 1, minlength=len(subjects))
        trials += np.bincount(owner, minlength=len(subjects))
    if not trials.all():
        name = subjects[int(np.argmin(trials))]
        raise ProtocolError(
            f"subject {name!r} is never a probe under protocol {evaluation.protocol.name}, so it can neither choose "
            "nor measure: leave it out by --subjects"
        )
    return np.asarray(100.0 * right / trials)
