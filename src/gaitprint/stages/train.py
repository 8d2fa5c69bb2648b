"""`gaitprint model train`: a store and a recipe in, a model file, a history and a figure out."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from gaitprint.atomic_files import unwritable, write_json
from gaitprint.config import require
from gaitprint.output_folder import bound_folder, check_bound_folder
from gaitprint.stages.drawn_store import FIRST, NAME, draw_store, is_drawn_here, with_split
from gaitprint.store import Store
from gaitprint.training.history import last_means, read_history
from gaitprint.training.job import TrainingJob, dataset_of, first_network
from gaitprint.training.loop import Execution, train_network
from gaitprint.training.manifest import make_session, write_manifest
from gaitprint.training.planner import Plan, plan, plan_within_memory
from gaitprint.training.process_group import ProcessGroup, join_process_group
from gaitprint.training.recipe import Recipe, load_recipe
from gaitprint.training.request import TrainingRequest
from gaitprint.training.resources import TrainingResources
from gaitprint.training.room import check_start
from gaitprint.training.run_logger import Step
from gaitprint.training.run_precision import run_precision
from gaitprint.training.sampler import BatchSampler
from gaitprint.training.time_budget import with_iterations, within_minutes
from gaitprint.training.training_data import hold_out, training_sets
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
    request: TrainingRequest = TrainingRequest(),
    *,
    resources: TrainingResources = TrainingResources(),
    report: Callable[[Step], None] = lambda step: None,
    planned: Callable[[Plan], None] | None = None,
    drawing: Callable[[int, int, str], None] = lambda done, total, what: None,
    stop_after: int | None = None,
) -> TrainReport:
    """Train a network on the training subjects of a store; run it again after a kill and it goes on where it was.

    Under torchrun all processes train the one network together; the first of them writes.

    Args:
        store: made by `gaitprint data prepare`; several of them are learnt together, and people of different stores are
            different people. The word "synthetic" is what the recipe's table `[data]` draws first, into `store/`.
        out: the run's folder: `recipe.json`, `manifest.json`, `history.jsonl`, `tensorboard/`, `checkpoints/`, and at
            the end `model.safetensors`, `training.png` and `run.json`; with subjects held out also `best.safetensors`;
            where the recipe has one that comes first, the folder of that run, `first/`.
        request: the recipe, whom it is trained on, from which weights and for how long.
        resources: where it computes, and who makes its batches.
        report: called after every iteration.
        planned: called before the run starts with what it will take.
        drawing: called after each sequence drawn, with how many are done, of how many, and its key.
        stop_after: leave after so many iterations; calling again goes on.

    Raises:
        GaitprintError: in one line, before anything is written.
        RunInterruptedError: SIGTERM or Ctrl-C; a checkpoint has been written.
    """
    started = monotonic()
    chosen, seed, device = _chosen(request), request.seed, resources.device
    selection, paths = request.selection, (store,) if isinstance(store, Path) else tuple(store)
    drawn = is_drawn_here(paths)
    if drawn:
        paths = (draw_store(chosen, out, os.environ.get("WORLD_SIZE", "1") == "1", drawing),)
        selection = with_split(chosen, selection)
    if chosen.first and request.init is None:
        told = {"resources": resources, "report": report, "planned": planned, "stop_after": stop_after}
        before = _train_first(chosen, paths, out, replace(request, selection=selection), told)
        if not before.model:
            return before
        request = replace(request, init=Path(before.model))
    stores = tuple(Store.open(path) for path in paths)
    learnt, aside = hold_out(training_sets(stores, selection), chosen.training.held_out)
    sampling = partial(BatchSampler, augmentations=tuple(choice.build() for choice in chosen.augmentations))
    classes = len({r.subject for r in learnt.records})
    with join_process_group(device) as world, ExitStack() as held:
        check_start(chosen, classes, device, world.size)
        precision = run_precision(chosen, device, out, world)
        under = (device, world.size, precision)
        if request.minutes is not None:
            chosen = _within(request.minutes, chosen, out, world, lambda: plan(chosen, classes, *under))
        sampler = sampling(learnt, chosen.training, chosen.preprocessing, seed, rank=world.rank, ranks=world.size)
        network, start = first_network(chosen, sampler, seed, dataset_of(stores), request.init)
        beside = (NAME,) * drawn + (FIRST,) * bool(chosen.first)
        job = TrainingJob(out, chosen, request.recipe, stores, sampler, seed, start, precision, beside)
        if world.rank == 0:
            check_bound_folder(*job.binding)
            if planned is not None:
                planned(plan_within_memory(chosen, classes, *under))
            held.enter_context(bound_folder(*job.binding))
        notes = _Notes(job, device, world.size, report)
        validate = None if aside is None else Validation(aside, chosen.preprocessing, device)
        how = Execution(resources, precision, world, stop_after, notes.hear, validate, notes.begin)
        try:
            train_network(network, sampler, chosen, out, job.fingerprint, how)
        except OSError as error:
            raise unwritable(out, error, "run again, it goes on") from None
        history = read_history(out / "history.jsonl")
        # Called once more after its end, a run leaves the record of its training as it is.
        fresh = world.rank == 0 and job.finished(history) and not (job.model.is_file() and job.record.is_file())
        if fresh:
            job.save(network, history, aside, request.init)
        result = notes.result(history, monotonic() - started)
        if fresh:
            write_json(job.record, result.to_dict())
        return result


def _train_first(
    recipe: Recipe, stores: Sequence[Path], out: Path, request: TrainingRequest, told: dict[str, Any]
) -> TrainReport:
    """Train the recipe that comes before, in the run's folder; once finished it is not trained again."""
    before = replace(request, recipe=recipe.first, overrides=(), minutes=None)
    return train(stores, out / FIRST, before, **told)


def _chosen(request: TrainingRequest) -> Recipe:
    """The recipe that is asked for; what comes before it must end, or it would be trained for ever."""
    recipe = load_recipe(request.recipe, tuple(request.overrides))
    chain = [recipe.first]
    while following := load_recipe(chain[-1]).first if chain[-1] and request.init is None else "":
        require(
            following not in chain, f"recipes come before each other without end: {' <- '.join([*chain, following])}"
        )
        chain.append(following)
    return recipe


def _within(minutes: float, recipe: Recipe, out: Path, world: ProcessGroup, measured: Callable[[], Plan]) -> Recipe:
    """The recipe with as many iterations as the first process finds to fit."""
    if world.rank == 0:
        recipe = within_minutes(recipe, minutes, out, measured)
    return with_iterations(recipe, world.broadcast(recipe.training.iterations))


class _Notes:
    """What a run says while it goes on, and what its report makes of it."""

    def __init__(self, job: TrainingJob, device: str, processes: int, report: Callable[[Step], None]) -> None:
        self._job, self._device, self._processes, self._report = job, device, processes, report
        self._manifest = job.manifest()
        self._messages: list[str] = []

    def hear(self, step: Step) -> None:
        """Keep an iteration's alarms and hand it on."""
        self._messages.extend(step.messages)
        self._report(step)

    def begin(self, iteration: int) -> None:
        """Write that another session begins here, unless the run is finished."""
        job = self._job
        if iteration < job.recipe.training.iterations:
            session = make_session(iteration, self._device, job.precision, self._processes)
            write_manifest(job.out, self._manifest, session)

    def result(self, history: list[dict[str, Any]], seconds: float) -> TrainReport:
        """What the run did by now."""
        job = self._job
        return TrainReport(
            model=str(job.model) if job.finished(history) else "",
            recipe=job.named,
            dataset=job.dataset,
            subjects=len(job.sampler.subjects),
            sequences=len(job.sampler.sequences.records),
            iterations=int(history[-1]["iteration"]) if history else 0,
            seconds=seconds,
            threads=torch.get_num_threads(),
            final=last_means(history),
            messages=tuple(self._messages),
        )
