"""Weights made elsewhere: the reference toolkit's checkpoints and the authors' encoders, under our key names.

Both are files of torch.save, which are pickles: they are read with `weights_only=True` alone, after a look at their
size; what stands beside the weights (a NumPy number, the run's arguments) is replaced, see `_bystanders`.
What the network is follows from keys and shapes, never from a name; a tensor that finds no place is an error.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor

from gaitprint.errors import ConfigError, DataError
from gaitprint.interop.checkpoint_globals import STAND_INS
from gaitprint.interop.residual_keys import plan_of_frames
from gaitprint.interop.weight_keys import AUTHORS_MARK, TOOLKIT_MARK, KeyPlan, authors_plan, toolkit_plan
from gaitprint.models.making import make_network
from gaitprint.texts import listing

MAX_BYTES = 6_000_000_000
"""Above the largest published case: GaitGL with a classifier of 20,000 subjects and its optimizer's state."""

_ENTRIES = ("model", "state_dict", "model_state_dict", "net")
"""Where checkpoints keep their weights, in the order in which they are looked for."""
_WRAPPERS = re.compile(r"^((module|_orig_mod|model|net|network|encoder|backbone)\.)+")
"""Of DataParallel, torch.compile, Lightning and the like; no network's own keys begin so."""
_AVERAGED = "n_averaged"
"""How many weights torch's AveragedModel has taken the mean of."""
_WORDS = " or ".join(map(repr, _ENTRIES))


@dataclass(frozen=True)
class ImportedWeights:
    """What `make_network(network, settings, classes, ...)` loads with `load_state_dict`."""

    network: str
    settings: dict[str, Any]
    state: dict[str, Tensor]
    classes: int | None
    """Of the classifier, where it was kept."""
    notes: tuple[str, ...]
    """For people: what was recognised, and what was dropped."""


def import_weights(path: Path, *, keep_classifier: bool = False, max_bytes: int = MAX_BYTES) -> ImportedWeights:
    """Read a checkpoint of the reference toolkit (.pt) or a GaitGL encoder of its authors (-encoder.ptm).

    Of the toolkit's networks GaitGL, DeepGaitV2, GaitBase and GaitSet are known.

    Args:
        keep_classifier: keep the classifier of the training subjects, which embedding does not need.
        max_bytes: what holds more is refused.

    Raises:
        DataError: missing, too large, no file of torch.save, holding more than tensors and plain values, of an
            unknown network, not finite, or with a tensor that is missing, misshapen or left over.
    """
    path = Path(path)
    tensors, notes = _read(path, max_bytes)
    plan = _plan(frozenset(tensors))
    if plan is None:
        raise DataError(
            f"{path} is no GaitGL, DeepGaitV2, GaitBase or GaitSet known here: give the toolkit's .pt or the GaitGL "
            "authors' .ptm (a model file of gaitprint needs no conversion); its tensors are "
            f"{listing(sorted(tensors))}"
        )
    # any of its keys: a classifier of which a part is missing is an error, not none
    with_classifier = keep_classifier and bool(plan.classifier.keys() & tensors.keys())
    dropped = [] if with_classifier else sorted(plan.classifier.keys() & tensors.keys())
    state = _renamed(path, tensors, plan.trunk | (plan.classifier if with_classifier else {}), frozenset(dropped))
    _check_values(path, state)
    classes = state["head.classifier.weight"].shape[-1] if with_classifier else None
    try:
        settings = plan.settings(state)
    except (IndexError, ValueError):
        raise DataError(f"{path} has {plan.wrong_shapes}") from None
    if with_classifier and plan.head == "separate-bnneck":
        _parts_first(state, state["head.linear.weight"].shape[0])
    _check_shapes(path, plan, settings, classes, state)
    notes.append(plan.summary(settings))
    if dropped:
        values = sum(tensors[key].numel() for key in dropped)
        notes.append(f"dropped the classifier, not needed for embedding: {', '.join(dropped)} ({values} values)")
    return ImportedWeights(plan.network, settings, state, classes, tuple(notes))


def _plan(keys: frozenset[str]) -> KeyPlan | None:
    if any(key.startswith(AUTHORS_MARK) for key in keys):
        return authors_plan()
    if any(key.startswith(TOOLKIT_MARK) for key in keys):
        return toolkit_plan(keys)
    return plan_of_frames(keys)


def _read(path: Path, max_bytes: int) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors by their keys, without a wrapper's prefix, and what else was in the file."""
    if not path.is_file():
        raise DataError(f"no weights file at {path}: check the path")
    # before torch opens it, which reads whole storages into memory
    size = _unpacked_size(path)
    if size > max_bytes:
        raise DataError(f"{path} holds {size} bytes, more than the {max_bytes} allowed for weights")
    try:
        with catch_warnings(), torch.serialization.safe_globals(STAND_INS):  # type: ignore[arg-type] # a pair of stand-in and name is one
            simplefilter("ignore")  # of other versions of pickle: what matters is whether it is read
            value = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        refers = re.search(r"(?:GLOBAL|global:|function) (?:GLOBAL )?([\w.]+)", str(error))
        what = f" (it refers to {refers[1][:80]})" if refers else ""
        raise DataError(
            f"{path} is damaged or holds more than tensors and plain values{what}: it is not unpickled; where it was "
            "made, save the weights alone with torch.save(model.state_dict(), ...)"
        ) from None
    except Exception as error:  # a file from outside can make the reader raise anything
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path} is no sound file of torch.save ({first[:200]})") from None
    value, notes = _weights_within(value)
    if not isinstance(value, dict) or not value or not all(isinstance(v, Tensor) for v in value.values()):
        raise DataError(f"{path} is no state dict: expected tensors by name, or a checkpoint with an entry {_WORDS}")
    # a tensor may claim more values than its storage holds
    if sum(v.numel() * v.element_size() for v in value.values()) > max_bytes:
        raise DataError(f"{path} declares tensors of more than the {max_bytes} bytes allowed for weights")
    named: dict[str, Tensor] = {}
    for key, tensor in value.items():
        name = _WRAPPERS.sub("", str(key))
        if name == _AVERAGED:
            continue
        if name in named:
            raise DataError(f"{path} holds two tensors {name!r}, one behind a wrapper's prefix: save one network alone")
        named[name] = tensor
    return named, notes


def _weights_within(value: Any) -> tuple[Any, list[str]]:
    """The table of tensors of a checkpoint, and what to say of it: its iteration, and tables that are left out."""
    entry = next((e for e in _ENTRIES if isinstance(value, dict) and isinstance(value.get(e), dict)), None)
    if entry is None:
        return value, []
    iteration = value.get("iteration")
    if isinstance(iteration, Tensor) and iteration.numel() == 1:
        iteration = iteration.item()
    notes = [f"a checkpoint of iteration {iteration}"] if isinstance(iteration, int) else []
    others = [str(k) for k, v in value.items() if k != entry and _is_state(v)]
    if others:
        notes.append(f"took the weights of {entry!r}, left out those of {listing(others)}")
    return value[entry], notes


def _is_state(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(v, Tensor) for v in value.values())


def _unpacked_size(path: Path) -> int:
    """Bytes of a file, or of what a zip archive (the usual form) unpacks to."""
    size = path.stat().st_size
    if not zipfile.is_zipfile(path):
        return size
    try:
        with zipfile.ZipFile(path) as archive:
            return max(size, sum(entry.file_size for entry in archive.infolist()))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise DataError(f"{path} is no sound file of torch.save (its archive is damaged)") from None


def _renamed(
    path: Path, tensors: dict[str, Tensor], wanted: dict[str, str], dropped: frozenset[str]
) -> dict[str, Tensor]:
    lines = [f"{key} is missing" for key in wanted if key not in tensors]
    lines += [f"{k} {list(v.shape)} has no place" for k, v in tensors.items() if k not in wanted and k not in dropped]
    if lines:
        raise DataError(f"{path} does not match the network its keys name: {listing(lines)}")
    # copies: views of one storage would keep all of the file in memory
    state = {ours: tensors[theirs].detach().clone() for theirs, ours in wanted.items()}
    # convolutions of frames have four axes there: here their kernel is one frame long
    return {key: tensor[:, :, None] if tensor.ndim == 4 else tensor for key, tensor in state.items()}


def _check_values(path: Path, state: dict[str, Tensor]) -> None:
    wrong = [k for k, v in state.items() if v.is_floating_point() and not torch.isfinite(v).all()]
    if wrong:
        raise DataError(f"{path} holds tensors that are not finite ({listing(wrong)}): take an earlier checkpoint")
    wrong = [
        f"{k} of type {v.dtype}"
        for k, v in state.items()
        if v.dtype != (torch.int64 if k.endswith("num_batches_tracked") else torch.float32)
    ]
    if wrong:
        raise DataError(f"{path} holds tensors that are not float32: {listing(wrong)}; save them after model.float()")


def _parts_first(state: dict[str, Tensor], parts: int) -> None:
    """The toolkit's separate BatchNorm counts channels first, ours parts first."""
    for entry in ("weight", "bias", "running_mean", "running_var"):
        key = f"head.norm.{entry}"
        if state[key].numel() % parts == 0:
            state[key] = state[key].reshape(-1, parts).T.reshape(-1).contiguous()


def _check_shapes(
    path: Path, plan: KeyPlan, settings: dict[str, Any], classes: int | None, state: dict[str, Tensor]
) -> None:
    try:
        with torch.device("meta"):  # shapes alone: a hostile file could name a network larger than any memory
            network = make_network(plan.network, settings, classes, torch.Generator("cpu"))
    except ConfigError as error:
        raise DataError(f"{path} has shapes that no {plan.title} has: {error}") from None
    expected = network.state_dict()
    lines = [
        f"{key} is {list(value.shape)}, wanted {list(expected[key].shape)}"
        for key, value in state.items()
        if value.shape != expected[key].shape
    ]
    if lines:
        raise DataError(f"{path} has tensors of the wrong shape: {listing(lines)}")
