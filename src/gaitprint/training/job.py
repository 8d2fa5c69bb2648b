"""One run of training: what is settled before its first iteration, and what it leaves after its last."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gaitprint.atomic_files import sha256_json
from gaitprint.config import settings_to_dict
from gaitprint.models.card import ModelDescription
from gaitprint.models.model_file import load_state, read_card, save_model
from gaitprint.models.seen_subjects import SeenSubjects
from gaitprint.silhouettes.clips import to_clip
from gaitprint.store import SequenceSet, Store
from gaitprint.training.checkpoint import newest_checkpoint
from gaitprint.training.description import describe_best, describe_trained, seen_before
from gaitprint.training.history import last_means
from gaitprint.training.loop import build_network
from gaitprint.training.manifest import RunManifest
from gaitprint.training.objective import Objective
from gaitprint.training.precision import Precision
from gaitprint.training.recipe import Recipe
from gaitprint.training.sampler import BatchSampler
from gaitprint.training.step import check_passes
from gaitprint.training.training_data import seen_in


@dataclass(frozen=True, eq=False)
class TrainingJob:
    """What decides a run; two that agree in `fingerprint` are the same run."""

    out: Path
    """Its folder."""
    recipe: Recipe
    named: str
    """The recipe's name or path, as it was asked for."""
    stores: tuple[Store, ...]
    sampler: BatchSampler
    seed: int
    start: str
    """`scratch`, or the digest of the weights it goes on from."""
    precision: Precision
    beside: tuple[str, ...] = ()
    """What was made in its folder before it began: a store that was drawn, a run that came first."""

    @property
    def dataset(self) -> str:
        """The name of its data set, of several joined by `+`."""
        return dataset_of(self.stores)

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of recipe, data, seed and start."""
        return sha256_json([self.recipe.fingerprint, self.sampler.sequences.fingerprint, self.seed, self.start])

    @property
    def binding(self) -> tuple[Path, str, dict[str, Any], str, str, tuple[str, ...]]:
        """What `bound_folder` needs to know."""
        facts = {"run": self.fingerprint, "recipe": settings_to_dict(self.recipe), "precision": self.precision.name}
        what = "a run under another recipe, data set, seed or start"
        return self.out, "recipe.json", facts, "run", what, self.beside

    @property
    def model(self) -> Path:
        """The model file, there once the run is finished."""
        return self.out / "model.safetensors"

    @property
    def record(self) -> Path:
        """What the run did, written last."""
        return self.out / "run.json"

    def finished(self, history: list[dict[str, Any]]) -> bool:
        """Whether the last line of a history is the recipe's last iteration."""
        return bool(history) and history[-1]["iteration"] == self.recipe.training.iterations

    def manifest(self) -> RunManifest:
        """Everything that stays the same over the run's sessions."""
        return RunManifest(
            run=self.fingerprint,
            recipe=self.recipe,
            recipe_name=self.named,
            store=", ".join(str(store.root) for store in self.stores),
            dataset=self.dataset,
            data=self.sampler.sequences.fingerprint,
            subjects=tuple(self.sampler.subjects),
            sequences=len(self.sampler.sequences.records),
            seed=self.seed,
            start=self.start,
        )

    def save(
        self, network: nn.Module, history: list[dict[str, Any]], aside: SequenceSet | None, init: Path | None
    ) -> None:
        """Write the model file, that of the best weights where subjects were held out, and the figure.

        The network holds the best weights afterwards.
        """
        from gaitprint.report.figures import write_training_figure  # late: every start and rank would pay for it

        seen = seen_before(init) + seen_in(self.stores, self.sampler.subjects, "trained")
        final = last_means(history)
        trained = describe_trained(
            self.recipe, self.dataset, self.sampler, self.seed, self.start, self.precision, final, seen
        )
        save_model(self.model, network, trained)
        people = () if aside is None else sorted({r.subject for r in aside.records if r.subject is not None})
        self._save_best(network, trained, seen + seen_in(self.stores, people, "chose"))
        write_training_figure(self.out / "training.png", history)

    def _save_best(self, network: nn.Module, trained: ModelDescription, seen: SeenSubjects) -> None:
        """The weights that did best on the subjects held out, as a model file."""
        checkpoint, _ = newest_checkpoint(self.out / "best")
        if checkpoint is None:
            return
        # checkpoints of the best weights hold `model.*` alone
        network.load_state_dict({k.partition(".")[2]: v for k, v in checkpoint.tensors.items()})
        best = {"validation_rank1": checkpoint.state.notes["score"], "iteration": checkpoint.state.iteration}
        save_model(self.out / "best.safetensors", network, describe_best(trained, seen, best))


def dataset_of(stores: Sequence[Store]) -> str:
    """The name of what is learnt from several stores."""
    return "+".join(store.dataset for store in stores)


def first_network(
    recipe: Recipe, sampler: BatchSampler, seed: int, dataset: str, init: Path | None
) -> tuple[nn.Module, str]:
    """A recipe's network with the weights that a run begins with, and what those are: see `TrainingJob.start`.

    Args:
        sampler: whose subjects it learns to tell apart.
        seed: of fresh weights.
        dataset: as `dataset_of`.
        init: a model file to go on from, its classifier too unless the card says that it knows other people.

    Raises:
        GaitprintError: the network cannot take these clips or be trained so, or has other weights than the file.
    """
    sequences = sampler.sequences
    clip = torch.from_numpy(to_clip(sequences.frames(0)[:1], recipe.preprocessing))
    network = build_network(recipe, len(sampler.subjects), seed)
    Objective(recipe.losses).check(network, clip[None, None])
    check_passes(network, recipe.training)
    if init is None:
        return network, "scratch"
    # the same number of classes says nothing: row i of the classifier must be the same person
    same = read_card(init).classifies(dataset, sampler.subjects)
    return network, load_state(network, init, keep_classifier=same)
