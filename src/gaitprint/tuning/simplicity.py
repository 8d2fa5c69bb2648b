"""Which of two pipelines is simpler, and to which family a pipeline belongs."""

from typing import Any

from gaitprint.retrieval.pipeline import Pipeline

Table = dict[str, Any]
"""A pipeline's settings, as `Pipeline.from_settings` takes them."""

FAMILIES = ("plain", "distance", "re-ranking", "expansion", "expansion + re-ranking")
"""From the simplest to the richest. `distance` is any other way of comparing pair by pair: another base distance,
unit length, weights of networks."""
EXPANSIONS = ("cluster-expansion", "alpha-expansion", "seeded-expansion")
_SCORERS = ("euclidean", "part-mean", "part-cosine", "k-reciprocal")
_BASES = ("euclidean_squared", "euclidean", "part_mean", "part_cosine")
_CLUSTERINGS = ("neighbours", "mutual", "components", "dbscan", "agglomerative")

PLAIN: Table = {"transforms": [], "scorer": {"name": "euclidean"}}
"""Euclid of whole vectors: what is written where nothing helps."""


def resolved(table: Table) -> Table:
    """The table with every setting said, so that equal pipelines have equal tables.

    Raises:
        ConfigError, ComponentError: it is no pipeline.
    """
    return Pipeline.from_settings(table).settings


def family(table: Table) -> str:
    """One of `FAMILIES`."""
    expanded = any(step["name"] in EXPANSIONS for step in table["transforms"])
    reranked = table["scorer"]["name"] == "k-reciprocal"
    if expanded or reranked:
        return "expansion + re-ranking" if expanded and reranked else "expansion" if expanded else "re-ranking"
    return "plain" if not table["transforms"] and table["scorer"]["name"] == "euclidean" else "distance"


def simplicity(table: Table) -> tuple[float, ...]:
    """A key that is smaller for the simpler of two pipelines, of a resolved table.

    In this order: fewer steps that mix sequences, fewer transforms, a plainer distance, less unequal weights of
    networks; then of re-ranking a larger share of the plain distance, fewer encodings averaged, shorter lists; then of
    expansion fewer repetitions, no weights by likeness, fewer members, the sample itself among them, a plainer
    clustering. Last are clusters that grow from the gallery, and of them those that suppose equal numbers.
    """
    transforms, scorer = table["transforms"], table["scorer"]
    expansions = [step for step in transforms if step["name"] in EXPANSIONS]
    reranked = scorer["name"] == "k-reciprocal"
    weights = [w for step in transforms if step["name"] == "block-weights" for w in step["weights"]]
    # a network left out (weight 0) counts as a ratio of 100, not as infinite
    unequal = max(weights) / max(min(weights), 0.01) if weights else 1.0
    key = (
        float(len(expansions) + reranked),
        float(len(transforms)),
        float(_BASES.index(scorer["base"]) if reranked else _SCORERS.index(scorer["name"])),
        unequal,
        -scorer["lambda_"] if reranked else -1.0,
        float(scorer["k2"] if reranked else 0),
        float(scorer["k1"] if reranked else 0),
    )
    if not expansions:
        return key
    return key + _of_expansion(expansions[0])


def _of_expansion(step: Table) -> tuple[float, ...]:
    if step["name"] == "seeded-expansion":
        limited = float(step["max_probes_ratio"] > 0)
        return float(step["rounds"]), 2.0 + limited, float(step["k1"]), float(step["k2"]), 0.0
    if step["name"] == "alpha-expansion":
        return float(step["rounds"]), 1.0, float(step["k"]), 0.0, float(len(_CLUSTERINGS))
    listed = step["clustering"] in ("neighbours", "mutual")
    return (
        float(step["rounds"]),
        float(step["alpha"] > 0),
        float(step["k"] if listed else 100),
        float(not step["include_self"]),
        float(_CLUSTERINGS.index(step["clustering"])),
    )
