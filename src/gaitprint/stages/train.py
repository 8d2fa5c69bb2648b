"""`gaitprint train`: a store and a recipe in, a model file, a history and a figure out."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from torch import nn

from gaitprint.atomic_files import sha256_json, unwritable, write_json
from gaitprint.config import settings_to_dict
from gaitprint.devices import check_device
from gaitprint.models.model_file import load_state, read_card, save_model
from gaitprint.output_folder import bound_folder, check_bound_folder
from gaitprint.provenance.seen_subjects import SeenSubjects
from gaitprint.silhouettes.clips import to_clip
from gaitprint.store import Store
from gaitprint.training.checkpoint import newest_checkpoint
from gaitprint.training.history import last_means, read_history
from gaitprint.training.loop import Execution, build_network, train_network
from gaitprint.training.manifest import make_manifest, make_session, write_manifest
from gaitprint.training.objective import Objective
from gaitprint.training.planner import Plan, check_plan, plan
from gaitprint.training.prefetch import StartMethod
from gaitprint.training.process_group import join_process_group
from gaitprint.training.recipe import load_recipe
from gaitprint.training.room import check_start
from gaitprint.training.run_logger import Step
from gaitprint.training.run_precision import run_precision
from gaitprint.training.sampler import BatchSampler
from gaitprint.training.step import check_passes
from gaitprint.training.time_budget import with_iterations, within_minutes
from gaitprint.training.training_card import best_card, remembered, training_card
from gaitprint.training.training_data import hold_out, seen_in, training_sets
from gaitprint.training.validation import Validation


@dataclass(frozen=True)
class TrainReport:
    """What a run did; also written as `run.json` beside the model."""

    model: str
    """The model file, or "" where the run was stopped before its end."""
    recipe: str
    dataset: str
    subjects: int
    sequences: int
    iterations: int
    seconds: float
    """Of this call; a resumed run's earlier calls are not in it."""
    threads: int
    final: dict[str, float]
    """Means over the last 50 iterations of every figure of the history."""
    messages: tuple[str, ...]
    """Alarms, such as collapse or chance-level accuracy."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def train(
    store: Path | Sequence[Path],
    out: Path,
    *,
    recipe: str = "quick",
    overrides: Sequence[str] = (),
    init: Path | None = None,
    split: str | None = None,
    subjects: Sequence[str] | None = None,
    quality: str = "",
    device: str = "cpu",
    seed: int = 0,
    workers: int = 0,
    start_method: StartMethod = "spawn",
    minutes: float | None = None,
    report: Callable[[Step], None] = lambda step: None,
    planned: Callable[[Plan], None] | None = None,
    stop_after: int | None = None,
) -> TrainReport:
    """Train a network on the training subjects of a store; run it again after a kill and it goes on where it was.

    Under torchrun all processes train the one network together; the first of them writes.

    Args:
        store: made by `gaitprint prepare`; several of them are learnt together, and people of different stores are
            different people.
        out: the run's folder: `recipe.json`, `manifest.json`, `history.jsonl`, `tensorboard/`, `checkpoints/`, and at
            the end `model.safetensors`, `training.png` and `run.json`; with subjects held out also `best.safetensors`.
        recipe: a shipped recipe (`gaitprint networks` lists them) or the path of one of your own.
        overrides: `training.iterations=200` and the like.
        init: a model file to start from (fine-tuning); its classifier is dropped where the subjects differ.
        split: a split of the store's data set, its usual one where None.
        subjects: train on these only, whatever the split says.
        quality: train only on sequences that pass, such as `height>=60,holes<0.05`; see `Quality`.
        device: `cpu`, `cuda`, `cuda:1`.
        seed: decides weights, batches, windows and masks.
        workers: processes that make batches; 0 makes them in threads of this one. Changes no byte of the result.
        start_method: how those processes start.
        minutes: train for about so long instead of the recipe's iterations: how many fit is measured when the run
            starts, and stands from then on.
        report: called after every iteration.
        planned: called before the run starts with what it will take.
        stop_after: leave after so many iterations; calling again goes on.

    Raises:
        GaitprintError: in one line, before anything is written.
        RunInterruptedError: SIGTERM or Ctrl-C; a checkpoint has been written.
    """
    started = monotonic()
    chosen = load_recipe(recipe, tuple(overrides))
    check_device(device)
    stores = (store,) if isinstance(store, Path) else tuple(store)
    opened = [Store.open(path) for path in stores]
    dataset = "+".join(one.dataset for one in opened)
    learnt, aside = hold_out(training_sets(opened, split, subjects, quality), chosen.training.held_out)
    augmentations = tuple(choice.build() for choice in chosen.augmentations)
    classes = len({r.subject for r in learnt.records})
    with join_process_group(device) as world, ExitStack() as held:
        check_start(chosen, classes, device, world.size)
        precision = run_precision(chosen, device, out, world)
        under = (device, world.size, precision)
        if world.rank == 0:
            chosen = within_minutes(chosen, minutes, out, lambda: plan(chosen, classes, *under))
        if minutes is not None:
            chosen = with_iterations(chosen, world.same(chosen.training.iterations))
        sampler = BatchSampler(
            learnt,
            chosen.training,
            chosen.preprocessing,
            seed,
            augmentations=augmentations,
            rank=world.rank,
            ranks=world.size,
        )
        clip = torch.from_numpy(to_clip(learnt.frames(0)[:1], chosen.preprocessing))
        network = build_network(chosen, len(sampler.subjects), seed)
        Objective(chosen.losses).check(network, clip[None, None])
        check_passes(network, chosen.training)
        start = "scratch" if init is None else _start_from(network, Path(init), dataset, sampler.subjects)
        run = sha256_json([chosen.fingerprint, learnt.fingerprint, seed, start])
        if world.rank == 0:
            facts = {"run": run, "recipe": settings_to_dict(chosen), "precision": precision.name}
            mine = (out, "recipe.json", facts, "run", "a run under another recipe, data set, seed or start")
            check_bound_folder(*mine)
            if planned is not None:
                made = plan(chosen, classes, *under)
                check_plan(made, device)
                planned(made)
            held.enter_context(bound_folder(*mine))
        manifest = make_manifest(
            chosen,
            recipe,
            run=run,
            store=", ".join(map(str, stores)),
            dataset=dataset,
            data=learnt.fingerprint,
            subjects=sampler.subjects,
            sequences=len(learnt.records),
            seed=seed,
            start=start,
        )
        messages: list[str] = []

        def hear(step: Step) -> None:
            messages.extend(step.messages)
            report(step)

        def begun(iteration: int) -> None:
            if iteration < chosen.training.iterations:
                write_manifest(out, manifest, make_session(iteration, device, precision, world.size))

        validate = None if aside is None else Validation(aside, chosen.preprocessing, device)
        how = Execution(device, precision, world, workers, start_method, stop_after, hear, validate, begun)
        try:
            train_network(network, sampler, chosen, out, run, how)
        except OSError as error:
            raise unwritable(out, error, "run again, it goes on") from None
        history = read_history(out / "history.jsonl")
        finished = bool(history) and history[-1]["iteration"] == chosen.training.iterations
        final = last_means(history)
        model, written = out / "model.safetensors", out / "run.json"
        # Called once more after its end, a run leaves the record of its training as it is.
        fresh = finished and world.rank == 0 and not (model.is_file() and written.is_file())
        if fresh:
            seen = remembered(init) + seen_in(opened, sampler.subjects, "trained")
            card = training_card(chosen, dataset, sampler, seed, start, precision, final, seen)
            save_model(model, network, card)
            aside_people = () if aside is None else sorted({r.subject for r in aside.records if r.subject is not None})
            _save_best(out, network, card, seen + seen_in(opened, aside_people, "chose"))
            from gaitprint.report.figures import write_training_figure  # late: every start and rank would pay for it

            write_training_figure(out / "training.png", history)
        result = TrainReport(
            str(model) if finished else "",
            recipe,
            dataset,
            len(sampler.subjects),
            len(learnt.records),
            int(history[-1]["iteration"]) if history else 0,
            monotonic() - started,
            torch.get_num_threads(),
            final,
            tuple(messages),
        )
        if fresh:
            write_json(written, result.to_dict())
        return result


def _start_from(network: nn.Module, init: Path, dataset: str, subjects: tuple[str, ...]) -> str:
    """Load a model file's weights, its classifier only where the card does not say that it knows other people."""
    made = read_card(init).get("training")
    training: dict[str, Any] = made if isinstance(made, dict) else {}
    same = "subjects" not in training or (training.get("dataset"), training["subjects"]) == (dataset, list(subjects))
    return load_state(network, init, keep_classifier=same)


def _save_best(out: Path, network: nn.Module, card: dict[str, Any], seen: SeenSubjects) -> None:
    """The weights that did best on the subjects held out, as a model file; the network holds them afterwards."""
    found, _ = newest_checkpoint(out / "best")
    if found is None:
        return
    network.load_state_dict({k.partition(".")[2]: v for k, v in found.tensors.items()})
    best = {"validation_rank1": found.state.notes["score"], "iteration": found.state.iteration}
    save_model(out / "best.safetensors", network, best_card(card, seen, best))
