"""Checkpoints: one file each, whole or not there, with a digest; the newest sound one is where a run goes on.

A checkpoint is a safetensors file: `model.*` weights and buffers, `optimizer.<parameter>.*` Adam's state keyed by the
parameter's name, and in its metadata the iteration, the run's fingerprint and the SHA-256 of all tensors.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gaitprint.errors import ArtefactError
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


def save_checkpoint(folder: Path, state: RunState, model: nn.Module, optimizer: torch.optim.Optimizer) -> Path:
    """Write `<folder>/<iteration>.safetensors`, then drop all but the newest two.

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
    metadata = {"gaitprint": json.dumps({**state.__dict__, "sha256": digest(tensors)})}
    path = Path(folder) / f"{state.iteration:08d}.safetensors"
    write_bytes(path, save(tensors, metadata))
    for old in sorted(Path(folder).glob("*.safetensors"))[:-KEEP]:
        old.unlink()
    return path


def newest_checkpoint(folder: Path) -> tuple[Path | None, tuple[str, ...]]:
    """The newest sound checkpoint, and one line for each damaged one that was passed over."""
    complaints: list[str] = []
    for path in sorted(Path(folder).glob("*.safetensors"), reverse=True):
        try:
            read_checkpoint(path)
        except ArtefactError as error:
            complaints.append(str(error))
            continue
        return path, tuple(complaints)
    return None, tuple(complaints)


def read_checkpoint(path: Path) -> tuple[RunState, dict[str, Tensor]]:
    """State and tensors of a checkpoint.

    Raises:
        ArtefactError: truncated, changed, or no checkpoint of ours.
    """
    try:
        with safe_open(str(path), "pt") as stream:
            metadata = json.loads((stream.metadata() or {})["gaitprint"])
            tensors = {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118 - not a dict
        state = RunState(int(metadata["iteration"]), str(metadata["run"]))
        expected = metadata["sha256"]
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise ArtefactError(f"checkpoint {path} is damaged ({error}): remove it") from None
    if digest(tensors) != expected:
        raise ArtefactError(f"checkpoint {path} is damaged (its digest does not fit): remove it")
    return state, tensors


def restore(tensors: dict[str, Tensor], model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put a checkpoint's tensors back into a model and an optimizer made by the same recipe."""
    model.load_state_dict({k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")})
    state: dict[int, dict[str, Any]] = {}
    numbers = {n: i for i, (n, _) in enumerate(model.named_parameters())}
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            name, _, entry = key.removeprefix("optimizer.").rpartition(".")
            state.setdefault(numbers[name], {})[entry] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes, in name order."""
    total = hashlib.sha256()
    for key in sorted(tensors):
        value = tensors[key].detach().cpu().contiguous()
        total.update(f"{key} {value.dtype} {list(value.shape)}\n".encode())
        total.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().clone()
