"""Model files: one safetensors file that says what it is.

The metadata entry `gaitprint` holds the card as JSON: format, version, network, settings, classes, what the caller
knows (preprocessing, training, licence, metrics) and the SHA-256 of all tensors and of the card itself, both verified
when they are read.
"""

import hashlib
import json
import logging
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gaitprint.atomic_files import write_bytes
from gaitprint.config import settings_to_dict
from gaitprint.devices import DEVICE
from gaitprint.errors import ArtefactError, ComponentError, ConfigError
from gaitprint.models.card import FORMAT, ModelCard, ModelDescription
from gaitprint.models.making import make_network
from gaitprint.models.shipped import find_model, shipped_names
from gaitprint.models.view_offsets import NO_OFFSETS, PREFIX, ViewOffsets
from gaitprint.tensor_headers import check_header
from gaitprint.texts import listing

_LOG = logging.getLogger(__name__)
_OURS = "gaitprint.networks."


@dataclass(frozen=True)
class LoadedModel:
    """A network in evaluation mode, the card of its file, and what it subtracts from vectors of a view."""

    model: nn.Module
    card: ModelCard
    offsets: ViewOffsets = NO_OFFSETS


def save_model(
    path: Path, model: nn.Module, description: ModelDescription, offsets: ViewOffsets = NO_OFFSETS
) -> ModelCard:
    """Write a network made by a component, whole or not at all, and return the card that the file has.

    Args:
        description: what the network does not say itself; a whole card may not contradict it.
        offsets: what is subtracted from vectors of each view, see `gaitprint model adapt --how views`.

    Raises:
        ArtefactError: a weight is not finite, or the description is not JSON or contradicts the model.
    """
    tensors = {k: v.detach().cpu().contiguous().clone() for k, v in model.state_dict().items()}
    tensors |= {PREFIX + view: torch.from_numpy(np.array(o)) for view, o in sorted(offsets.by_view.items())}
    _check_finite(tensors, f"{path} is not written")
    facts: dict[str, Any] = {
        "network": type(model).__module__.removeprefix(_OURS),
        "settings": settings_to_dict(model.settings),
        "classes": model.classes,
        "sha256": tensors_digest(tensors),
    }
    for key, value in facts.items():
        if (stated := getattr(description, key, value)) != value:
            raise ArtefactError(f"{path} is not written: its card says {key} = {stated!r}, the model {value!r}")
    own: dict[str, Any] = {f.name: getattr(description, f.name) for f in fields(ModelDescription)}
    card = ModelCard(**own, **facts)
    try:
        text = json.dumps(card.to_dict(), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ArtefactError(f"{path} is not written: its card is not plain JSON ({error})") from None
    # a quotation mark within the card takes two bytes in the header
    check_header(Path(path), len(json.dumps(text, ensure_ascii=False).encode("utf-8")) + 1000 * len(tensors))
    write_bytes(Path(path), save(tensors, {"gaitprint": text}))
    return ModelCard.from_dict(json.loads(text), Path(path))


def load_model(path: Path, device: str = DEVICE) -> LoadedModel:
    """Read a model file and build its network, in evaluation mode on `device`.

    Raises:
        ArtefactError: missing, truncated, changed, of another version, or its tensors are not the network's.
    """
    card, tensors = read_model_file(path)
    offsets = ViewOffsets({k.removeprefix(PREFIX): tensors.pop(k).numpy() for k in _offset_keys(tensors)})
    model = _build(Path(path), card)
    differences = _differences(model, tensors)
    if differences:
        raise ArtefactError(f"{path} does not fit the network its card names: {listing(differences)}")
    model.load_state_dict(tensors)
    _LOG.info("read the model %s: %s, sha256 %s", path, card.network, card.sha256[:12])
    return LoadedModel(model.to(device).eval(), card, offsets)


def load_state(model: nn.Module, path: Path, keep_classifier: bool = True) -> str:
    """Start a network from a model file of the same shape; answers the file's SHA-256 of tensors.

    The classifier (and a neck that only the classifier sees) stays as it is where the file's does not fit, for its
    classes are other people.

    Args:
        keep_classifier: False leaves it as it is in any case: as many subjects may be other people.

    Raises:
        ArtefactError: as `load_model`, or the networks differ elsewhere.
    """
    card, tensors = read_model_file(path)
    for key in _offset_keys(tensors):  # measured by the weights as they were
        del tensors[key]
    expected = model.state_dict()
    if not keep_classifier or _optional_differs(expected, tensors):
        optional = _optional_keys(model)
        tensors = {k: v for k, v in tensors.items() if not k.startswith(optional)}
        tensors.update({k: v for k, v in expected.items() if k.startswith(optional)})
    differences = _differences(model, tensors)
    if differences:
        raise ArtefactError(f"{path} is no start for this network: {listing(differences)}")
    model.load_state_dict(tensors)
    return card.sha256


def read_card(path: Path) -> ModelCard:
    """The card of a model file, or of shipped weights by their name, alone; its tensors are not read.

    Raises:
        ArtefactError: missing, damaged, or no model file of ours.
    """
    path = find_model(path)
    try:
        with safe_open(str(path), "pt") as stream:
            return _card(Path(path), stream.metadata())
    except (SafetensorError, OSError) as error:
        raise _unreadable(Path(path), error) from None


def read_model_file(path: Path) -> tuple[ModelCard, dict[str, Tensor]]:
    """Card and tensors, checked against each other, of a model file or of shipped weights by their name.

    Raises:
        ArtefactError: missing, damaged, changed, not finite, or no model file of ours.
    """
    path = find_model(path)
    try:
        with safe_open(str(path), "pt") as stream:
            card = _card(Path(path), stream.metadata())
            tensors = {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise _unreadable(Path(path), error) from None
    digest = tensors_digest(tensors)
    if digest != card.sha256:
        raise ArtefactError(
            f"{path} is damaged or was changed: its card says sha256 {card.sha256[:12]}..., its tensors have "
            f"{digest[:12]}...; get the file again"
        )
    _check_finite(tensors, f"{path} is not used")
    return card, tensors


def tensors_digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes of tensors, in the order of names."""
    digest = hashlib.sha256()
    for key in sorted(tensors):
        tensor = tensors[key].detach().cpu().contiguous()
        digest.update(f"{key} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _offset_keys(tensors: dict[str, Tensor]) -> list[str]:
    return [key for key in tensors if key.startswith(PREFIX)]


def _build(path: Path, card: ModelCard) -> nn.Module:
    try:
        return make_network(card.network, card.settings, card.classes, torch.Generator().manual_seed(0))
    except (ComponentError, ConfigError) as error:
        raise ArtefactError(f"{path} cannot be built: {error}") from None


def _card(path: Path, metadata: dict[str, str] | None) -> ModelCard:
    if not metadata or "gaitprint" not in metadata:
        raise ArtefactError(f"{path} has no card: it is no model file of ours; import others' with `model convert`")
    try:
        card = json.loads(metadata["gaitprint"])
    except (ValueError, RecursionError):
        card = None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        way = "give the run's model.safetensors" if '"environment":' in metadata["gaitprint"] else "get the file again"
        raise ArtefactError(f"{path} has no readable card of a {FORMAT}: {way}")
    return ModelCard.from_dict(card, path)


def _unreadable(path: Path, error: Exception) -> ArtefactError:
    if not path.exists():
        ours = "".join(f", name the shipped {name!r}" for name in shipped_names()[:1])
        return ArtefactError(f"no model file at {path}: check the path{ours}, or train one by `gaitprint model train`")
    if path.is_dir():
        return ArtefactError(f"{path} is a folder: give a file, such as {path / 'model.safetensors'}")
    return ArtefactError(f"{path} is no sound safetensors file ({error}): get the file again")


def _check_finite(tensors: dict[str, Tensor], consequence: str) -> None:
    broken = [k for k, v in tensors.items() if v.is_floating_point() and not torch.isfinite(v).all()]
    if broken:
        raise ArtefactError(f"{consequence}: {listing(broken)} not finite; go back to an earlier checkpoint")


def _differences(model: nn.Module, tensors: dict[str, Tensor]) -> list[str]:
    """Key by key what the network and the tensors do not share."""
    expected = model.state_dict()
    lines = []
    for key in sorted(expected.keys() | tensors.keys()):
        if key not in tensors:
            lines.append(f"{key} {list(expected[key].shape)} is missing")
        elif key not in expected:
            lines.append(f"{key} {list(tensors[key].shape)} is not the network's")
        elif expected[key].shape != tensors[key].shape:
            lines.append(f"{key} is {list(tensors[key].shape)}, wanted {list(expected[key].shape)}")
    return lines


def _optional_keys(model: nn.Module) -> tuple[str, ...]:
    """Prefixes of the tensors only a classifier needs."""
    separate = settings_to_dict(model.settings).get("head") == "separate-bnneck"
    return ("head.classifier.", "head.norm.") if separate else ("head.classifier.",)


def _optional_differs(expected: dict[str, Tensor], tensors: dict[str, Tensor]) -> bool:
    key = "head.classifier.weight"
    here, there = expected.get(key), tensors.get(key)
    if here is None or there is None:
        return here is not there
    return here.shape != there.shape
