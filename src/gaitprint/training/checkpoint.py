"""Checkpoints: one file each, whole or not there, with a digest; the newest sound one is where a run goes on.

A checkpoint is a safetensors file: `model.*` weights and buffers, `optimizer.<parameter>.*` Adam's state keyed by the
parameter's name, and in its metadata the iteration, the run's fingerprint and the SHA-256 of all tensors.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gaitprint.errors import ArtefactError
from gaitprint.networks._weights import tensors_digest
from gaitprint.storage import write_bytes

KEEP = 2
"""Checkpoints kept: the newest and one to fall back to."""


@dataclass(frozen=True)
class RunState:
    """Where a run stands, besides its tensors."""

    iteration: int
    """Optimizer steps done."""
    run: str
    """Fingerprint of recipe, data and seed: only the same run goes on from a checkpoint."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A sound checkpoint as read from disk."""

    state: RunState
    tensors: dict[str, Tensor]


def save_checkpoint(folder: Path, state: RunState, model: nn.Module, optimizer: torch.optim.Optimizer) -> Path:
    """Write `<folder>/<iteration>.safetensors`, then drop all but it and the one before it.

    What is numbered higher was passed over as damaged when the run went on, and what a killed writer began is no use:
    both go too.

    Raises:
        ArtefactError: a weight is not finite; nothing is written.
    """
    tensors = {f"model.{k}": _plain(v) for k, v in model.state_dict().items()}
    names = {id(p): n for n, p in model.named_parameters()}
    for group in optimizer.param_groups:
        for p in group["params"]:
            for key, value in optimizer.state.get(p, {}).items():
                tensors[f"optimizer.{names[id(p)]}.{key}"] = _plain(torch.as_tensor(value))
    broken = [k for k, v in tensors.items() if v.is_floating_point() and not torch.isfinite(v).all()]
    if broken:
        raise ArtefactError(f"checkpoint {state.iteration} is not written: {broken[0]} is not finite")
    metadata = {"gaitprint": json.dumps({**state.__dict__, "sha256": tensors_digest(tensors)})}
    path = Path(folder) / _name(state.iteration)
    write_bytes(path, save(tensors, metadata))
    before = [p for p in sorted(Path(folder).glob("*.safetensors")) if p.name < path.name]
    kept = {path, *before[-(KEEP - 1) :]}
    for other in (*Path(folder).glob("*.safetensors"), *Path(folder).glob(".*.safetensors.*.tmp")):
        if other not in kept:
            other.unlink()
    return path


def newest_checkpoint(folder: Path) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """The newest sound checkpoint, and one line for each damaged one that was passed over."""
    complaints: list[str] = []
    for path in sorted(Path(folder).glob("*.safetensors"), reverse=True):
        try:
            return read_checkpoint(path), tuple(complaints)
        except ArtefactError as error:
            complaints.append(f"{error}: passed over, training goes on from an older one or from the start")
    return None, tuple(complaints)


def read_checkpoint(path: Path) -> Checkpoint:
    """State and tensors of a checkpoint.

    Raises:
        ArtefactError: truncated, changed, renamed, or no checkpoint of ours.
    """
    try:
        with safe_open(str(path), "pt") as stream:
            metadata = json.loads((stream.metadata() or {})["gaitprint"])
            tensors = {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118 - not a dict
        state = RunState(int(metadata["iteration"]), str(metadata["run"]))
        expected = metadata["sha256"]
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise ArtefactError(f"checkpoint {path} is damaged ({error})") from None
    if tensors_digest(tensors) != expected:
        raise ArtefactError(f"checkpoint {path} is damaged (its digest does not fit)")
    if _name(state.iteration) != path.name:
        raise ArtefactError(f"checkpoint {path} is damaged (it says iteration {state.iteration})")
    return Checkpoint(state, tensors)


def restore(checkpoint: Checkpoint, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put a checkpoint's tensors back into a model and an optimizer made by the same recipe.

    Adam's moments take their parameter's memory format, as they have it in a run that was never stopped.

    Raises:
        ArtefactError: the network has other tensors, as one of another version of the package may have.
    """
    parameters = dict(model.named_parameters())
    numbers = {name: i for i, name in enumerate(parameters)}
    weights: dict[str, Tensor] = {}
    state: dict[int, dict[str, Tensor]] = {}
    try:
        for key, value in checkpoint.tensors.items():
            kind, _, rest = key.partition(".")
            if kind == "model":
                weights[rest] = value
                continue
            name, _, entry = rest.rpartition(".")
            like = parameters[name]
            moment = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            state.setdefault(numbers[name], {})[entry] = moment
        model.load_state_dict(weights)
    except (KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].strip()
        number = checkpoint.state.iteration
        raise ArtefactError(f"checkpoint {number} is not of this network ({reason}): train in a new folder") from None
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().clone()


def _name(iteration: int) -> str:
    return f"{iteration:08d}.safetensors"
