"""What is said of a trained network: what it was made of, and everybody it has seen."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from gaitprint.config import settings_to_dict
from gaitprint.models.card import ModelDescription
from gaitprint.models.model_file import read_card
from gaitprint.models.seen_subjects import SeenSubjects
from gaitprint.training.precision import Precision
from gaitprint.training.recipe import Recipe
from gaitprint.training.run_logger import TIMED
from gaitprint.training.sampler import BatchSampler


def describe_trained(
    recipe: Recipe,
    dataset: str,
    sampler: BatchSampler,
    seed: int,
    start: str,
    precision: Precision,
    final: dict[str, float],
    seen: SeenSubjects,
) -> ModelDescription:
    """What `save_model` is to write.

    Args:
        recipe: of the run.
        dataset: name of the data set, of several joined by `+`.
        sampler: whose subjects were trained on.
        seed: of the run.
        start: `scratch`, or the digest of the weights it went on from.
        precision: what it was computed in.
        final: last figures.
        seen: everybody these weights have seen, those they went on from included.
    """
    plain = settings_to_dict(recipe)
    return ModelDescription(
        recipe.preprocessing,
        title=recipe.title,
        training={
            "recipe": plain,
            "dataset": dataset,
            "data": sampler.sequences.fingerprint,
            "subjects": list(sampler.subjects),
            "seen": seen.to_dict(),
            "seed": seed,
            "start": start,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "precision": precision.name,
        },
        licence="that of the training data; synthetic walkers need none",
        metrics={k: v for k, v in final.items() if k not in TIMED},
    )


def describe_best(trained: ModelDescription, seen: SeenSubjects, metrics: dict[str, Any]) -> ModelDescription:
    """The same of the run's best weights, which the people held out have chosen."""
    return replace(trained, training={**trained.training, "seen": seen.to_dict()}, metrics=metrics)


def seen_before(init: Path | None) -> SeenSubjects:
    """The people whom a run's initial weights have seen: those of a model file, else nobody."""
    return SeenSubjects() if init is None else read_card(init).seen
