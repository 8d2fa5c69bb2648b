"""Scorer: the mean over parts of the parts' Euclidean distances, the reference toolkit's ranking."""

from dataclasses import dataclass

from gaitprint.components import Component
from gaitprint.retrieval.bases.metric_scorer import MetricScorer
from gaitprint.retrieval.distances.metrics import PartMeanMetric
from gaitprint.retrieval.tunable import ScorerTuning


@dataclass(frozen=True)
class PartMeanSettings:
    """Nothing can be set."""


@dataclass(frozen=True)
class PartMean(MetricScorer):
    """Each probe is compared by itself."""

    settings: PartMeanSettings
    metric = PartMeanMetric


component = Component(PartMeanSettings, PartMean, tuning=ScorerTuning(place=1, base="part_mean"))
