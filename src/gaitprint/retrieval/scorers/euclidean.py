"""Scorer: Euclid on the flattened vectors, the method's own ranking."""

from dataclasses import dataclass

from gaitprint.components import Component
from gaitprint.retrieval.bases.metric_scorer import MetricScorer
from gaitprint.retrieval.distances.metrics import EuclideanMetric
from gaitprint.retrieval.tunable import ScorerTuning


@dataclass(frozen=True)
class EuclideanSettings:
    """Nothing can be set."""


@dataclass(frozen=True)
class Euclidean(MetricScorer):
    """Each probe is compared by itself."""

    settings: EuclideanSettings
    metric = EuclideanMetric


component = Component(EuclideanSettings, Euclidean, tuning=ScorerTuning(place=0, base="euclidean_squared"))
