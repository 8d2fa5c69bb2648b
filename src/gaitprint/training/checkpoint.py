"""Checkpoints: one file each, whole or not there, with a digest; the newest sound one is where a run goes on.

A checkpoint is a safetensors file: `model.*` weights and buffers, `optimizer.<parameter>.*` the optimizer's state keyed
by the parameter's name, whatever else the run has in hand (`average.*`), and in its metadata a card: the iteration, the
run's fingerprint, notes and the environment. The SHA-256 beside the card covers the card and all tensors. One file and
not a folder, for a rename makes one file whole at once and one digest seals it: a folder has states in between, and
needs a manifest to notice them.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import gaitprint
from gaitprint.errors import ArtefactError, DataError
from gaitprint.models.model_file import tensors_digest
from gaitprint.training._tensor_file import read_tensors, tensor_file_size, write_tensors

KEEP = 2
"""Checkpoints kept: the newest and one to fall back to."""

_NAME = re.compile(r"[0-9]{8,}\.safetensors")


@dataclass(frozen=True)
class CheckpointHeader:
    """Where a run stands, besides its tensors."""

    iteration: int
    """Optimizer steps done."""
    run: str
    """Fingerprint of recipe, data and seed: only the same run goes on from a checkpoint."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What else a run must remember to go on to the same bits, as plain JSON."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A sound checkpoint as read from disk."""

    state: CheckpointHeader
    tensors: dict[str, Tensor]
    environment: dict[str, Any] = field(default_factory=dict)
    """Versions, threads and device it was written with: for people, since others may give other bits."""


def checkpoint_path(folder: Path, iteration: int) -> Path:
    """The file of a checkpoint in its folder."""
    return Path(folder) / f"{iteration:08d}.safetensors"


def save_checkpoint(folder: Path, state: CheckpointHeader, tensors: Mapping[str, Tensor]) -> Path:
    """Write `<folder>/<iteration>.safetensors`, read it back, and only then drop all but it and the one before it.

    What is numbered higher was passed over as damaged when the run went on, and what a killed writer began is no use:
    both go too. Files of other names stay.

    Raises:
        ArtefactError: a tensor is not finite, or the notes are not plain JSON; nothing is written.
        DataError: no room, a folder that cannot be written to, or a disk that gives back other bytes than it got. The
            older checkpoints are kept.
    """
    path = checkpoint_path(folder, state.iteration)
    # all on the processor before the file is begun: what can fail fails while nothing is written
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    for key, value in plain.items():
        if not _is_finite(value):
            raise ArtefactError(f"checkpoint {state.iteration} is not written: {key} is not finite")
    metadata = _sealed(state, plain, _environment(tensors))
    _check_room(path, tensor_file_size(plain, metadata))
    try:
        write_tensors(path, plain, metadata)
    except DataError as error:
        raise DataError(f"{error}, then run again: it goes on") from None
    _read_back(path, metadata["sha256"])
    _prune(path)
    return path


def newest_checkpoint(folder: Path) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """The newest sound checkpoint, and one line for each damaged one that was passed over."""
    files = sorted(Path(folder).glob("*.safetensors"))
    complaints = [
        f"{path} is no checkpoint's name (expected {checkpoint_path(Path(), 500)} or alike): passed over"
        for path in files
        if not _NAME.fullmatch(path.name)
    ]
    for path in sorted((p for p in files if _NAME.fullmatch(p.name)), key=_number, reverse=True):
        try:
            return read_checkpoint(path), tuple(complaints)
        except ArtefactError as error:  # gone at the end of this block, and the tensors that were read with it
            complaints.append(f"{error}: passed over, training goes on from an older one or from the start")
    return None, tuple(complaints)


def read_checkpoint(path: Path) -> Checkpoint:
    """State and tensors of a checkpoint.

    Raises:
        ArtefactError: truncated, changed, renamed, or no checkpoint of ours.
    """
    return _read(Path(path))[0]


def _is_finite(tensor: Tensor) -> bool:
    """A finite sum has finite terms and is quick; the sum of finite terms may be too large, so then each is asked."""
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor.sum()) or torch.isfinite(tensor).all())


def _environment(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    device = next((t.device for t in tensors.values() if t.device.type != "cpu"), None)
    if device is None:
        name = f"cpu {torch.backends.cpu.get_cpu_capability()}"
    else:
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    versions = {"gaitprint": gaitprint.__version__, "torch": str(torch.__version__)}
    return {**versions, "threads": torch.get_num_threads(), "device": name}


def _sealed(state: CheckpointHeader, tensors: dict[str, Tensor], environment: dict[str, Any]) -> dict[str, str]:
    card = {**state.__dict__, "environment": environment}
    try:
        text = json.dumps(card, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode("utf-8")
    except (TypeError, ValueError) as error:
        raise ArtefactError(
            f"checkpoint {state.iteration} is not written: its notes are not plain JSON ({error})"
        ) from None
    return {"gaitprint": text, "sha256": _seal(text, tensors)}


def _seal(card: str, tensors: dict[str, Tensor]) -> str:
    """SHA-256 of the card as it is written and of all tensors: no other spelling of the same card passes."""
    return hashlib.sha256(f"{tensors_digest(tensors)}\n{card}".encode()).hexdigest()


def _read(path: Path) -> tuple[Checkpoint, str]:
    """A checkpoint that fits its digest and its name, and the digest."""
    try:
        metadata, tensors = read_tensors(path)
        if not metadata.keys() >= {"gaitprint", "sha256"}:
            raise ValueError("it is a safetensors file without a checkpoint's card")
        text, expected = metadata["gaitprint"], metadata["sha256"]
        if _seal(text, tensors) != expected:
            raise ValueError("its digest does not fit")
        card = json.loads(text)
        state = CheckpointHeader(int(card["iteration"]), str(card["run"]), dict(card["notes"]))
        environment = dict(card["environment"])
        if checkpoint_path(path.parent, state.iteration).name != path.name:
            raise ValueError(f"it says iteration {state.iteration}")
    except (OSError, LookupError, ValueError, TypeError, RecursionError) as error:
        raise ArtefactError(f"checkpoint {path} is damaged ({error})") from None
    return Checkpoint(state, tensors, environment), expected


def _check_room(path: Path, needed: int) -> None:
    above = next((p for p in path.absolute().parents if p.is_dir()), Path())
    try:
        free = shutil.disk_usage(above).free
    except OSError:
        return  # a file system that does not say: writing will show
    if free < needed:
        raise DataError(
            f"{path} is not written: it takes {needed:,} bytes and the disk has {free:,} free; make room and run "
            "again, it goes on"
        )


def _read_back(path: Path, expected: str) -> None:
    try:
        _forget(path)
        if _read(path)[1] == expected:
            return
        reason = "another file is there"
    except (ArtefactError, OSError) as error:
        reason = str(error)
    with suppress(OSError):
        path.unlink()
    raise DataError(
        f"{path} did not come back from the disk as it was written ({reason}); it is dropped and the older ones are "
        "kept: check the disk and run again, it goes on"
    )


def _forget(path: Path) -> None:
    """Have the system read the file from the disk next time, not from what it remembers of writing it (Linux)."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _prune(newest: Path) -> None:
    named = [p for p in newest.parent.glob("*.safetensors") if _NAME.fullmatch(p.name)]
    # numerically: names of nine digits would sort before those of eight
    before = sorted((p for p in named if _number(p) < _number(newest)), key=_number)
    kept = {newest, *before[-(KEEP - 1) :]}
    # only after the new one has been read back: until then the older ones are all there is
    for other in (*named, *newest.parent.glob(".*.safetensors.*.tmp")):
        if other not in kept:
            with suppress(OSError):  # a folder in its place, say: the new checkpoint is sound all the same
                other.unlink()


def _number(path: Path) -> int:
    return int(path.stem)
