"""A deploy form as a safetensors file: its arrays, and how they are put together in the card."""

from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.card_file import read_card_file, write_card_file
from gaitprint.deploy.form import Branch, Branches, Convolution, DeployForm, Layer, MaxPool, Residual, Triples
from gaitprint.errors import ArtefactError
from gaitprint.exported.card import FORMAT, MAKER, VERSION, ExportCard

_PLAIN = ("height", "parts", "power", "lengthen_three")
"""What a form has beside arrays."""


def save_form(path: Path, form: DeployForm, card: ExportCard) -> None:
    """Write the whole file, or nothing.

    Raises:
        DataError: the folder cannot be written to.
    """
    arrays: dict[str, np.ndarray] = {}

    def kept(name: str, array: np.ndarray | None) -> str | None:
        if array is None:
            return None
        arrays[name] = np.asarray(array, "<f4")
        return name

    layers = [_layer_to_dict(layer, f"layers.{i}", kept) for i, layer in enumerate(form.layers)]
    plain = {key: getattr(form, key) for key in _PLAIN}
    head = {"head": kept("head", form.head), "head_bias": kept("head_bias", form.head_bias)}
    write_card_file(
        path,
        FORMAT,
        VERSION,
        {**card.to_dict(), "form": {"layers": layers, "bands": list(form.bands), **plain, **head}},
        arrays,
    )


def load_form(path: Path) -> tuple[DeployForm, ExportCard]:
    """Read and check a file of `save_form`.

    Raises:
        ArtefactError: missing, foreign, damaged, of another version, or it does not fit together.
    """
    values, arrays = read_card_file(path, FORMAT, VERSION, "deploy form", f"{MAKER} ... form.safetensors")
    card = ExportCard.from_dict(values, path)
    try:
        said = values["form"]
        layers = tuple(_layer_from_dict(layer, arrays) for layer in said["layers"])
        head, bias = arrays[said["head"]], _array(said["head_bias"], arrays)
        bands = tuple(said.get("bands", ()))  # files of before have none
        form = DeployForm(layers, head=head, head_bias=bias, bands=bands, **{key: said[key] for key in _PLAIN})
    except (KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{path} does not fit together ({error}): export it again") from None
    return form, card


def _layer_to_dict(layer: Layer, name: str, kept: Any) -> dict[str, Any]:
    if isinstance(layer, MaxPool):
        return {"kind": "max-pool"}
    if isinstance(layer, Triples):
        return {"kind": "triples", **_weights(layer, name, kept)}
    if isinstance(layer, Convolution):
        return {"kind": "convolution", **_weights(layer, name, kept), "stride": layer.stride, "slope": layer.slope}
    if isinstance(layer, Residual):
        body = [_layer_to_dict(convolution, f"{name}.{i}", kept) for i, convolution in enumerate(layer.body)]
        shortcut = None if layer.shortcut is None else _layer_to_dict(layer.shortcut, f"{name}.shortcut", kept)
        return {"kind": "residual", "body": body, "shortcut": shortcut}
    groups = [
        [{**_weights(b, f"{name}.{g}.{i}", kept), "strips": b.strips} for i, b in enumerate(group)]
        for g, group in enumerate(layer.groups)
    ]
    return {"kind": "branches", "groups": groups}


def _weights(layer: Branch | Convolution | Triples, name: str, kept: Any) -> dict[str, Any]:
    return {"weight": kept(f"{name}.weight", layer.weight), "bias": kept(f"{name}.bias", layer.bias)}


def _layer_from_dict(said: dict[str, Any], arrays: dict[str, np.ndarray]) -> Layer:
    kind = said["kind"]
    if kind == "max-pool":
        return MaxPool()
    if kind == "triples":
        return Triples(arrays[said["weight"]], _array(said["bias"], arrays))
    if kind == "convolution":
        return _convolution(said, arrays)
    if kind == "residual":
        shortcut = None if said["shortcut"] is None else _convolution(said["shortcut"], arrays)
        return Residual(tuple(_convolution(c, arrays) for c in said["body"]), shortcut)
    if kind != "branches":
        raise ValueError(f"a layer of kind {kind!r}")
    groups = [
        tuple(Branch(arrays[b["weight"]], _array(b["bias"], arrays), b["strips"]) for b in group)
        for group in said["groups"]
    ]
    return Branches(tuple(groups))


def _convolution(said: dict[str, Any], arrays: dict[str, np.ndarray]) -> Convolution:
    return Convolution(arrays[said["weight"]], _array(said["bias"], arrays), said["stride"], said["slope"])


def _array(name: str | None, arrays: dict[str, np.ndarray]) -> np.ndarray | None:
    return None if name is None else arrays[name]
