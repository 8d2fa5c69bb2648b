"""Which of two pipelines is simpler, and to which family a pipeline belongs."""

from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.retrieval.tunable import Complexity, Table, scorer_tuning, transform_tuning

FAMILIES = ("plain", "distance", "re-ranking", "expansion", "expansion + re-ranking")
"""From the simplest to the richest. `distance` is any other way of comparing pair by pair: another base distance,
unit length, weights of networks."""

PLAIN: Table = PipelineSpec().to_table()
"""Euclid of whole vectors: what is written where nothing helps."""


def resolved(table: Table) -> Table:
    """The table with every setting said, so that equal pipelines have equal tables.

    Raises:
        ConfigError, ComponentError: it is no pipeline.
    """
    return Pipeline.from_settings(table).settings


def settings_of(step: Table) -> Table:
    """A step's settings without its name."""
    return {key: value for key, value in step.items() if key != "name"}


def is_expansion(step: Table) -> bool:
    """Whether a transform says that it mixes sequences."""
    tuning = transform_tuning(step["name"])
    return tuning is not None and tuning.family == "expansion"


def is_reranking(step: Table) -> bool:
    """Whether a scorer says that it re-ranks."""
    tuning = scorer_tuning(step["name"])
    return tuning is not None and tuning.family == "re-ranking"


def family(table: Table) -> str:
    """One of `FAMILIES`."""
    expanded, reranked = any(map(is_expansion, table["transforms"])), is_reranking(table["scorer"])
    if expanded or reranked:
        return "expansion + re-ranking" if expanded and reranked else "expansion" if expanded else "re-ranking"
    plain = not table["transforms"] and table["scorer"]["name"] == PLAIN["scorer"]["name"]
    return "plain" if plain else "distance"


def simplicity(table: Table) -> Complexity:
    """A key that is smaller for the simpler of two pipelines, of a resolved table.

    In this order: fewer steps that mix sequences, fewer transforms, then what the scorer and each transform says of its
    settings.
    """
    transforms, scorer = table["transforms"], table["scorer"]
    mixing = sum(map(is_expansion, transforms)) + is_reranking(scorer)
    key: Complexity = float(mixing), float(len(transforms))
    compared = scorer_tuning(scorer["name"])
    if compared is not None:
        key += compared.complexity(settings_of(scorer))
    for step in transforms:
        changed = transform_tuning(step["name"])
        if changed is not None:
            key += changed.complexity(settings_of(step))
    return key
