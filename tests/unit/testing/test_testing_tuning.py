"""A stranger's step takes part in tuning by what it declares, and the checkers hold it to that."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gaitprint.errors import ConfigError, ContractError
from gaitprint.retrieval.bases.recompute import PairwiseScorer, RecomputeTransform
from gaitprint.retrieval.derived_embeddings import derive
from gaitprint.retrieval.tunable import DataShape, ScorerTuning, TransformTuning
from gaitprint.testing import check_scorer, check_transform
from gaitprint.tuning import grids
from gaitprint.tuning.search import search
from gaitprint.tuning.simplicity import family, resolved, simplicity
from gaitprint.tuning.steps import TunedSteps

SHAPE = DataShape(4, (1,))


@dataclass(frozen=True)
class Settings:
    factor: float = 2.0


@dataclass(frozen=True)
class Blocks(PairwiseScorer):
    settings: Settings
    distance = "sum of absolute differences"

    def matrix(self, probe, gallery):
        return (self.settings.factor * cdist(probe.vectors, gallery.vectors, "cityblock")).astype(np.float32)


@dataclass(frozen=True)
class Scaled(RecomputeTransform):
    settings: Settings
    transductive = False
    per_sequence = True

    def transform(self, probe, gallery, budget):
        first, second = (derive(s, s.vectors * np.float32(self.settings.factor), self) for s in (probe, gallery))
        return first, second


class TwoFactors(ScorerTuning):
    def candidates(self, base):
        return [{"factor": 1.0}, {"factor": 3.0}]


class Misspelt(ScorerTuning):
    def candidates(self, base):
        return [{"faktor": 1.0}]


class Untrue(ScorerTuning):
    def joint(self, scorer, sides):
        return np.zeros((len(sides.probe), len(sides.gallery)), np.float32)


class UntrueTransform(TransformTuning):
    def joint(self, transform, sides):
        return sides.probe, sides.gallery


class Endless(ScorerTuning):
    def complexity(self, settings):
        return (float("inf"),)


def test_a_scorer_takes_part_by_what_it_declares(installed):
    name = installed(Settings, Blocks, tuning=TwoFactors(place=7))
    check_scorer(name)
    assert name not in TunedSteps.of().scorers
    steps = TunedSteps.of((name,))
    tried = [t for t in grids.distances(SHAPE, steps) if t["scorer"]["name"] == name]
    assert [t["scorer"]["factor"] for t in tried] == [1.0, 3.0, 1.0, 3.0]  # as they are, and at unit length
    plain = resolved({"scorer": "part-mean"})
    assert [family(t) for t in (tried[0], plain)] == ["distance", "distance"]
    assert simplicity(plain) < simplicity(resolved(tried[0]))
    # re-ranking knows no distance of that name, and takes its usual one
    assert {t["scorer"]["base"] for t in grids.rerankings(tried[0], steps)} == {"euclidean_squared"}


def test_a_transform_takes_part_before_every_scorer_and_around_the_best(installed):
    name = installed(Settings, Scaled, tuning=TransformTuning())
    check_transform(name)
    steps = TunedSteps.of((name,))
    own = [t for t in grids.distances(SHAPE, steps) if [s["name"] for s in t["transforms"]] == [name]]
    assert [t["scorer"]["name"] for t in own] == ["euclidean", "part-mean", "part-cosine"]
    seen = search(lambda tables, label: np.zeros((len(tables), 2)), SHAPE, steps).tables.values()
    orders = {tuple(s["name"] for s in t["transforms"]) for t in seen}
    assert {(name, "cluster-expansion"), ("cluster-expansion", name)} <= orders


@pytest.mark.parametrize("build", [Blocks, Scaled])
def test_one_that_declares_nothing_does_not(build, installed):
    name = installed(Settings, build)
    with pytest.raises(ConfigError, match=r"somebody.broken does not say what tuning tries of it: give its Component"):
        TunedSteps.of((name,))


@pytest.mark.parametrize(
    ("tuning", "words"),
    [
        (Misspelt(), "all that its tuning tries are settings of it; found ConfigError: .*faktor"),
        (Untrue(), "what its tuning computes jointly are the scorer's own distances"),
        (Endless(), "its tuning says of settings how complex they are, as a tuple of numbers"),
    ],
)
def test_a_scorer_is_held_to_it(tuning, words, installed):
    with pytest.raises(ContractError, match=words):
        check_scorer(installed(Settings, Blocks, tuning=tuning))


def test_a_transform_is_held_to_it(installed):
    with pytest.raises(ContractError, match="what its tuning computes jointly are the transform's own embeddings"):
        check_transform(installed(Settings, Scaled, tuning=UntrueTransform()))
