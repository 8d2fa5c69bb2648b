"""`gaitprint train`: a store and a recipe in, a model file, a history and a figure out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from torch import nn

from gaitprint.components import find_component
from gaitprint.config import settings_to_dict
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.networks._weights import load_model, load_state, save_model
from gaitprint.report.figures import write_training_figure
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.storage import read_json, sha256_json, write_json
from gaitprint.store import SequenceSet, Store, Subset
from gaitprint.training.loop import Step, build_network, train_network
from gaitprint.training.recipe import Recipe, load_recipe
from gaitprint.training.sampler import BatchSampler


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
    store: Path,
    out: Path,
    *,
    recipe: str = "gaitgl-small",
    overrides: Sequence[str] = (),
    init: Path | None = None,
    split: str | None = None,
    subjects: Sequence[str] | None = None,
    device: str = "cpu",
    seed: int = 0,
    report: Callable[[Step], None] = lambda step: None,
    stop_after: int | None = None,
) -> TrainReport:
    """Train a network on the training subjects of a store; run it again after a kill and it goes on where it was.

    Args:
        store: made by `gaitprint prepare`.
        out: the run's folder: `recipe.json`, `history.jsonl`, `checkpoints/`, and at the end `model.safetensors`,
            `training.png` and `run.json`.
        recipe: a shipped recipe (`gaitprint networks` lists them) or the path of one of your own.
        overrides: `training.iterations=200` and the like.
        init: a model file to start from (fine-tuning); its classifier is dropped where the subjects differ.
        split: a split of the store's data set, its usual one where None.
        subjects: train on these only, whatever the split says.
        device: `cpu`, `cuda`, `cuda:1`.
        seed: decides weights, batches, windows and masks.
        report: called after every iteration.
        stop_after: leave after so many iterations; calling again goes on.

    Raises:
        GaitprintError: in one line, before anything is written.
    """
    started = monotonic()
    chosen = load_recipe(recipe, tuple(overrides))
    check_device(device)
    opened = Store.open(store)
    part = training_part(opened, split, subjects)
    sampler = BatchSampler(part, chosen.training, chosen.preprocessing, seed)
    to_clip(part.frames(0)[:1], chosen.preprocessing)
    network = build_network(chosen, len(sampler.subjects), seed)
    start = "scratch" if init is None else load_state(network, Path(init))
    run = sha256_json([chosen.fingerprint, part.fingerprint, seed, start])
    _claim(out, chosen, run)
    messages: list[str] = []

    def hear(step: Step) -> None:
        messages.extend(step.messages)
        report(step)

    train_network(network, sampler, chosen, out, run, device, hear, stop_after)
    history = read_history(out / "history.jsonl")
    finished = bool(history) and history[-1]["iteration"] == chosen.training.iterations
    final = _final(history)
    model = out / "model.safetensors"
    if finished:
        save_model(model, network, _card(chosen, opened, sampler, seed, start, final))
        write_training_figure(out / "training.png", history)
    result = TrainReport(
        str(model) if finished else "",
        recipe,
        opened.dataset,
        len(sampler.subjects),
        len(part.records),
        int(history[-1]["iteration"]) if history else 0,
        monotonic() - started,
        torch.get_num_threads(),
        final,
        tuple(messages),
    )
    if finished:
        write_json(out / "run.json", result.to_dict())
    return result


def training_part(store: Store, split: str | None, subjects: Sequence[str] | None) -> SequenceSet:
    """The sequences to train on: the named subjects, or the training side of the data set's split.

    Raises:
        DataError: the split is unknown, or nobody is left.
    """
    present = {r.subject for r in store.records if r.subject is not None}
    if subjects is None:
        layout = find_component("dataset", store.dataset).make()
        wanted = set(layout.split(split, sorted(present)).train)
    else:
        wanted = set(subjects)
        unknown = sorted(wanted - present)
        if unknown:
            raise ConfigError(f"subject {unknown[0]!r} is not in the store: it holds {_span(sorted(present))}")
    part = Subset(store, lambda r: r.subject in wanted)
    if not part.records:
        raise ConfigError(f"nobody to train on: the store holds {_span(sorted(present))}, none of the training split")
    return part


def check_device(device: str) -> None:
    """Refuse a device that is not there.

    Raises:
        ConfigError: with the way out.
    """
    try:
        kind = torch.device(device).type
    except RuntimeError:
        raise ConfigError(f"no device is called {device!r}: use cpu, cuda or cuda:1") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {device!r} was asked for and torch sees no GPU: use --device cpu")
    if kind not in ("cpu", "cuda"):
        raise ConfigError(f"device {device!r} is not supported: use cpu or cuda")


def read_history(path: Path) -> list[dict[str, float]]:
    """The figures of every iteration of a run."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def load_embedding_network(path: Path, device: str = "cpu") -> tuple[nn.Module, Preprocessing, dict[str, Any]]:
    """A trained network, the preprocessing it needs, and its card."""
    loaded = load_model(path, device)
    return loaded.model, Preprocessing(**loaded.card["preprocessing"]), loaded.card


def _claim(out: Path, recipe: Recipe, run: str) -> None:
    """Make the run's folder, or check that it is this run's."""
    path = Path(out) / "recipe.json"
    if path.is_file():
        held = read_json(path, "the run's recipe")
        if not isinstance(held, dict) or held.get("run") != run:
            raise ArtefactError(
                f"{out} holds a run under another recipe, data set, seed or start: choose a new folder or remove it"
            )
        return
    if Path(out).is_dir() and any(Path(out).iterdir()):
        raise ArtefactError(f"{out} is not empty and holds no run: choose a new folder")
    write_json(path, {"run": run, "recipe": settings_to_dict(recipe)})


def _final(history: list[dict[str, float]]) -> dict[str, float]:
    last = history[-50:]
    return {k: sum(row[k] for row in last) / len(last) for k in last[-1] if k != "iteration"} if last else {}


def _card(
    recipe: Recipe, store: Store, sampler: BatchSampler, seed: int, start: str, final: dict[str, float]
) -> dict[str, Any]:
    plain = settings_to_dict(recipe)
    return {
        "title": recipe.title,
        "preprocessing": plain["preprocessing"],
        "training": {
            "recipe": plain,
            "dataset": store.dataset,
            "data": sampler.sequences.fingerprint,
            "subjects": list(sampler.subjects),
            "seed": seed,
            "start": start,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
        },
        "licence": "that of the training data; synthetic walkers need none",
        "metrics": final,
    }


def _span(subjects: list[str]) -> str:
    return f"{len(subjects)} subjects, {subjects[0]} to {subjects[-1]}" if subjects else "no named subject"
