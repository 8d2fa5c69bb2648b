"""What the reference toolkit calls the tensors of its DeepGaitV2, GaitBase and GaitSet, and what we call them.

How far a block shrinks its map stands in no shape: the published strides are taken.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from gaitprint.interop.weight_keys import KeyPlan, neck_keys, norm_keys

STAGES = (1, 2, 3, 4)
_BASE = "Backbone.forward_block."
"""Before the names of GaitBase's backbone."""
_NO_RESIDUAL = "kernels or a head of another number of axes than a residual network of the toolkit"


@dataclass(frozen=True)
class ResidualKeys(KeyPlan):
    """Of a DeepGaitV2 or a GaitBase."""

    kind: str
    blocks: tuple[int, ...]
    wrong_shapes: ClassVar[str] = _NO_RESIDUAL

    def settings(self, state: dict[str, Tensor]) -> dict[str, Any]:
        """See `KeyPlan`."""
        firsts = [sum(self.blocks[:stage]) for stage in range(len(self.blocks))]
        kernels = [state[f"blocks.{first}.second.weight"] for first in firsts]
        linear = state["head.linear.weight"]
        if linear.ndim != 3 or any(kernel.ndim != 5 for kernel in kernels):
            raise ValueError(self.wrong_shapes)
        return {
            "channels": [kernel.shape[0] for kernel in kernels],
            "blocks": list(self.blocks),
            "parts": linear.shape[0],
        }

    def summary(self, settings: dict[str, Any]) -> str:
        """See `KeyPlan`."""
        shape = f"blocks {settings['blocks']}, channels {settings['channels']}, strides [1, 2, 2, 1] as published"
        return f"{self.title}, {self.kind}, {shape}"


@dataclass(frozen=True)
class DeepGaitKeys(ResidualKeys):
    """Of a DeepGaitV2."""

    title: ClassVar[str] = "DeepGaitV2"

    @property
    def network(self) -> str:
        """See `KeyPlan`."""
        return "deepgait"

    def settings(self, state: dict[str, Tensor]) -> dict[str, Any]:
        """See `KeyPlan`."""
        return {"kind": self.kind, **super().settings(state)}


@dataclass(frozen=True)
class GaitBaseKeys(ResidualKeys):
    """Of a GaitBase."""

    title: ClassVar[str] = "GaitBase"

    @property
    def network(self) -> str:
        """See `KeyPlan`."""
        return "gaitbase"

    def settings(self, state: dict[str, Tensor]) -> dict[str, Any]:
        """See `KeyPlan`."""
        return {**super().settings(state), "embedding": state["head.linear.weight"].shape[2]}


@dataclass(frozen=True)
class GaitSetKeys(KeyPlan):
    """Of a GaitSet, whose pyramid has the published scales."""

    title: ClassVar[str] = "GaitSet"
    wrong_shapes: ClassVar[str] = "kernels or a head of another number of axes than the toolkit's GaitSet"

    @property
    def network(self) -> str:
        """See `KeyPlan`."""
        return "gaitset"

    def settings(self, state: dict[str, Tensor]) -> dict[str, Any]:
        """See `KeyPlan`."""
        kernels = [state[f"frames.{block}.1.weight"] for block in range(3)]
        linear = state["head.linear.weight"]
        if linear.ndim != 3 or any(kernel.ndim != 5 for kernel in kernels):
            raise ValueError(self.wrong_shapes)
        return {"channels": [kernel.shape[0] for kernel in kernels], "embedding": linear.shape[2]}

    def summary(self, settings: dict[str, Any]) -> str:
        """See `KeyPlan`."""
        return f"GaitSet, channels {settings['channels']}, bands [16, 8, 4, 2, 1] as published"


def plan_of_frames(keys: frozenset[str]) -> KeyPlan | None:
    """The network that has these keys; None: none of those known here."""
    if "layer0.forward_block.0.weight" in keys and "FCs.fc_bin" in keys:
        kind = "p3d" if any(".shortcut3d." in key for key in keys) else "3d"
        if any(key.startswith("layer2.forward_block.") for key in keys):
            kind = "2d"
        frames = [f"layer{stage}." + ("forward_block." if stage == 1 or kind == "2d" else "") for stage in STAGES]
        trunk = {"layer0.forward_block.0.weight": "stem.weight"} | norm_keys("layer0.forward_block.1", "stem.norm")
        blocks, more = _blocks(keys, frames, kind)
        return DeepGaitKeys("separate-bnneck", trunk | more | _HEAD, neck_keys(), kind, blocks)
    if f"{_BASE}layer1.0.conv1.weight" in keys:
        trunk = {f"{_BASE}conv1.conv.weight": "stem.weight"} | norm_keys(f"{_BASE}bn1", "stem.norm")
        blocks, more = _blocks(keys, [f"{_BASE}layer{stage}." for stage in STAGES], "2d")
        return GaitBaseKeys("separate-bnneck", trunk | more | _HEAD, neck_keys(), "2d", blocks)
    if "set_block1.forward_block.0.conv.weight" in keys:
        return GaitSetKeys("plain", _gaitset_trunk(), {})
    return None


def _gaitset_trunk() -> dict[str, str]:
    names = {"Head.fc_bin": "head.linear.weight"}
    for ours, theirs in (("frames", "set_block{}.forward_block"), ("whole", "gl_block{}")):
        first = 1 if ours == "frames" else 2
        for block in range(first, 4):
            # between the two there is an activation, which counts
            for index, place in enumerate((0, 2)):
                names[f"{theirs.format(block)}.{place}.conv.weight"] = f"{ours}.{block - first}.{index}.weight"
    return names


_HEAD = {"FCs.fc_bin": "head.linear.weight"}


def _blocks(keys: frozenset[str], prefixes: list[str], kind: str) -> tuple[tuple[int, ...], dict[str, str]]:
    """How many blocks each stage has, and their names."""
    counts, names = list[int](), dict[str, str]()
    for stage, prefix in enumerate(prefixes):
        pattern = re.compile(re.escape(prefix) + r"(\d+)\.")
        count = len({found[1] for key in keys if (found := pattern.match(key))})
        # at least one, so that a stage that is not there is missed by its names
        for index in range(max(1, count)):
            theirs, ours = f"{prefix}{index}", f"blocks.{sum(counts) + index}"
            names |= _block(theirs, ours, wrapped=kind == "p3d" and stage > 0)
            if f"{theirs}.downsample.0.weight" in keys:
                names |= _normed(f"{theirs}.downsample.0", f"{theirs}.downsample.1", f"{ours}.shortcut")
        counts.append(max(1, count))
    return tuple(counts), names


def _block(theirs: str, ours: str, wrapped: bool) -> dict[str, str]:
    """A block's two convolutions, and, where they are wrapped, the one over time between them."""
    names = dict[str, str]()
    for number, name in ((1, "first"), (2, "second")):
        layer = f"{theirs}.conv{number}"
        pair = (f"{layer}.forward_block.0", f"{layer}.forward_block.1") if wrapped else (layer, f"{theirs}.bn{number}")
        names |= _normed(*pair, f"{ours}.{name}")
    if wrapped:
        names |= _normed(f"{theirs}.shortcut3d", f"{theirs}.sbn", f"{ours}.temporal")
    return names


def _normed(convolution: str, norm: str, ours: str) -> dict[str, str]:
    return {f"{convolution}.weight": f"{ours}.weight"} | norm_keys(norm, f"{ours}.norm")
