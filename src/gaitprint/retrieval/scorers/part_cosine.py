"""Scorer: 1 - the mean over parts of the parts' cosines."""

from dataclasses import dataclass

from gaitprint.components import Component
from gaitprint.retrieval.bases.metric_scorer import MetricScorer
from gaitprint.retrieval.distances.metrics import PartCosineMetric
from gaitprint.retrieval.tunable import ScorerTuning


@dataclass(frozen=True)
class PartCosineSettings:
    """Nothing can be set."""


@dataclass(frozen=True)
class PartCosine(MetricScorer):
    """Each probe is compared by itself."""

    settings: PartCosineSettings
    metric = PartCosineMetric


component = Component(PartCosineSettings, PartCosine, tuning=ScorerTuning(place=2, base="part_cosine", scale_free=True))
