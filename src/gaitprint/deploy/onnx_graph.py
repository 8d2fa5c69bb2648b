"""The deploy form as an ONNX graph, for engines that run it as it is.

Input `clips` [N, T, H, W] with values in [0, 1] and any N, T >= 1, H (a multiple of the form's height) and even W;
output `parts` [N, P, D]. Clips too short for a stride of three are lengthened within.

Source: the operators of https://onnx.ai/onnx/operators, version 18.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gaitprint.deploy.form import EPS, SLOPE, Branch, Branches, Convolution, DeployForm, Residual, Triples

OPSET, IR_VERSION = 18, 9
CLIPS, PARTS = "clips", "parts"
"""The names of the input and the output."""
_CHANNELS, _TIME, _ROWS = 1, 2, 3
"""Axes of a map [N, C, T, H, W]."""


def onnx_model(form: DeployForm) -> onnx.ModelProto:
    """The graph of a form, checked."""
    graph = _Graph()
    residual = isinstance(form.layers[0], Convolution)
    maximum = _residual_maximum(graph, form) if residual else _maximum(graph, form)
    parts = (
        _bands(graph, maximum, form.bands) if form.bands else _generalised_mean(graph, maximum, form.parts, form.power)
    )
    pooled = graph.add("Transpose", parts, perm=[2, 0, 1])
    y = graph.add("Transpose", graph.add("MatMul", pooled, graph.weight(form.head, "head")), perm=[1, 0, 2])
    if form.head_bias is not None:
        y = graph.add("Add", y, graph.weight(form.head_bias, "head_bias"))
    graph.nodes.append(helper.make_node("Identity", [y], [PARTS]))
    model = graph.model(helper.make_tensor_value_info(PARTS, TensorProto.FLOAT, ["N", form.parts, form.head.shape[2]]))
    onnx.checker.check_model(model, full_check=True)
    return model


def _maximum(graph: "_Graph", form: DeployForm) -> str:
    """The maximum over time [N, C, H, W] of maps [N, C, T, H, W]."""
    x = graph.add("Unsqueeze", _lengthened(graph, form.lengthen_three), graph.whole([_CHANNELS]))
    for layer in form.layers:
        if isinstance(layer, Branches):
            x = _branches(graph, x, layer)
        elif isinstance(layer, Triples):
            x = _convolution(graph, x, layer.weight[..., None, None], layer.bias, strides=[3, 1, 1])
        else:
            x = graph.add("MaxPool", x, kernel_shape=[1, 2, 2], strides=[1, 2, 2])
    return graph.add("ReduceMax", x, graph.whole([_TIME]), keepdims=0)


def _residual_maximum(graph: "_Graph", form: DeployForm) -> str:
    """The same of maps [N T, C, H, W], for engines convolve planes faster than volumes."""
    clips, frame = graph.add("Shape", CLIPS, end=2), graph.add("Shape", CLIPS, start=2)
    x = graph.add("Reshape", CLIPS, graph.add("Concat", graph.whole([-1, 1]), frame, axis=0))
    for layer in form.layers:
        if isinstance(layer, Residual):
            y = x
            for convolution in layer.body:
                y = _filtered(graph, y, convolution, clips)
            shortcut = x if layer.shortcut is None else _filtered(graph, x, layer.shortcut, clips)
            x = graph.add("Relu", graph.add("Add", y, shortcut))
        elif isinstance(layer, Convolution):
            x = _filtered(graph, x, layer, clips)
        else:
            raise TypeError(f"a form that begins with a Convolution goes on with such, found {type(layer).__name__}")
    whole = graph.add("Concat", clips, graph.add("Shape", x, start=1), axis=0)
    return graph.add("ReduceMax", graph.add("Reshape", x, whole), graph.whole([1]), keepdims=0)


def _filtered(graph: "_Graph", x: str, layer: Convolution, clips: str) -> str:
    """A convolution [N T, C, H, W]; one over time is one of frames that lie side by side."""
    weight = layer.weight
    if weight.shape[2] > 1:
        x = _beside(graph, x, weight.shape[1], weight.shape[2], clips)
    # channels of the frame before, of the frame, of the frame behind
    flat = weight.transpose(0, 2, 1, 3, 4).reshape(len(weight), -1, *weight.shape[3:])
    constants = [graph.weight(flat, "weight"), *([] if layer.bias is None else [graph.weight(layer.bias, "bias")])]
    pads = [k // 2 for k in flat.shape[2:]] * 2
    y = graph.add("Conv", x, *constants, strides=[layer.stride] * 2, pads=pads)
    if layer.slope == 1:
        return y
    return graph.add("Relu", y) if layer.slope == 0 else graph.add("LeakyRelu", y, alpha=layer.slope)


def _beside(graph: "_Graph", x: str, channels: int, kernel: int, clips: str) -> str:
    """Each frame with its neighbours', [N T, kernel C, H, W]; zeros where there is none."""
    around = kernel // 2
    frame = graph.add("Shape", x, start=2)
    y = graph.add("Reshape", x, graph.add("Concat", clips, graph.whole([channels, -1]), axis=0))
    # a frame of zeros at either end is what the padding over time is
    y = graph.add("Pad", y, graph.whole([0, around, 0, 0, 0, around, 0, 0]))
    end = graph.add("Shape", y, start=1, end=2)
    shifted = []
    for first in range(kernel):
        stop = graph.add("Sub", end, graph.whole([kernel - 1 - first]))
        shifted.append(graph.add("Slice", y, graph.whole([first]), stop, graph.whole([1])))
    beside = graph.add("Concat", *shifted, axis=2)
    return graph.add("Reshape", beside, graph.add("Concat", graph.whole([-1, kernel * channels]), frame, axis=0))


def _bands(graph: "_Graph", maximum: str, bands: Sequence[int]) -> str:
    """The mean plus the maximum of bands of rows, [N, C, H, W] -> [N, C, P]."""
    pooled = []
    for count in bands:
        split = graph.add("Reshape", maximum, graph.whole([0, 0, count, -1]))
        mean, most = (graph.add(kind, split, graph.whole([3]), keepdims=0) for kind in ("ReduceMean", "ReduceMax"))
        pooled.append(graph.add("Add", mean, most))
    return graph.add("Concat", *pooled, axis=2) if len(pooled) > 1 else pooled[0]


class _Graph:
    """Nodes and constants as they come, each with a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        """One node of one output, which is answered."""
        (output,) = self.add_several(operator, inputs, 1, **attributes)
        return output

    def add_several(self, operator: str, inputs: Sequence[str], count: int, **attributes: object) -> list[str]:
        name = f"{operator.lower()}_{len(self.nodes)}"
        outputs = [name] if count == 1 else [f"{name}_{i}" for i in range(count)]
        self.nodes.append(helper.make_node(operator, list(inputs), outputs, name=name, **attributes))
        return outputs

    def weight(self, values: np.ndarray, name: str) -> str:
        """A constant of float32."""
        return self._constant(np.asarray(values, np.float32), f"{name}_{len(self._constants)}")

    def whole(self, values: Sequence[int] | int) -> str:
        """A constant of whole numbers; equal ones are one."""
        array = np.array(values, np.int64)
        return self._constant(array, "_".join(["scalar" if array.ndim == 0 else "whole", *map(str, array.ravel())]))

    def _constant(self, array: np.ndarray, name: str) -> str:
        self._constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def model(self, output: onnx.ValueInfoProto) -> onnx.ModelProto:
        clips = helper.make_tensor_value_info(CLIPS, TensorProto.FLOAT, ["N", "T", "H", "W"])
        graph = helper.make_graph(self.nodes, "gaitprint", [clips], [output], list(self._constants.values()))
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="gaitprint")


def _lengthened(graph: _Graph, lengthen_three: bool) -> str:
    """What `DeployForm.lengthened` does: L of T frames, the first ones again."""
    frames = graph.add("Shape", CLIPS, start=1, end=2)
    lengths = graph.whole([0, 3, 4, 4 if lengthen_three else 3])
    enough = graph.add("Gather", lengths, graph.add("Min", frames, graph.whole([3])))
    length = graph.add("Squeeze", graph.add("Max", frames, enough))
    counted = graph.add("Range", graph.whole(0), length, graph.whole(1))
    return graph.add("Gather", CLIPS, graph.add("Mod", counted, frames), axis=1)


def _convolution(graph: _Graph, x: str, weight: np.ndarray, bias: np.ndarray | None, **attributes: object) -> str:
    constants = [graph.weight(weight, "weight"), *([] if bias is None else [graph.weight(bias, "bias")])]
    return graph.add("LeakyRelu", graph.add("Conv", x, *constants, **attributes), alpha=SLOPE)


def _branches(graph: _Graph, x: str, layer: Branches) -> str:
    """Groups stacked on height, the branches of each added."""
    placed = sorted(((_kind(b), g, b) for g, group in enumerate(layer.groups) for b in group), key=lambda p: p[:2])
    sums: dict[int, str] = {}
    for _, alike in groupby(placed, key=lambda p: p[0]):
        same = list(alike)
        for (_, group, _), y in zip(same, _maps(graph, x, [branch for *_, branch in same]), strict=True):
            sums[group] = graph.add("Add", sums[group], y) if group in sums else y
    stacked = [sums[group] for group in sorted(sums)]
    return stacked[0] if len(stacked) == 1 else graph.add("Concat", *stacked, axis=_ROWS)


def _kind(branch: Branch) -> tuple[int, bool]:
    """Branches of as many strips, all with a bias or none: one convolution makes them all."""
    return branch.strips, branch.bias is None


def _maps(graph: _Graph, x: str, branches: list[Branch]) -> list[str]:
    """The map of every branch: strips are clips of one batch, for convolutions of few rows are slow."""
    strips, count = branches[0].strips, len(branches)
    weight = np.concatenate([branch.weight for branch in branches])
    biases = [branch.bias for branch in branches if branch.bias is not None]
    if strips > 1:
        x = graph.add("Concat", *graph.add_several("Split", [x], strips, axis=_ROWS, num_outputs=strips), axis=0)
    y = _convolution(graph, x, weight, np.concatenate(biases) if biases else None, pads=[1] * 6)
    if strips > 1:
        y = graph.add("Concat", *graph.add_several("Split", [y], strips, axis=0, num_outputs=strips), axis=_ROWS)
    if count == 1:
        return [y]
    return graph.add_several("Split", [y], count, axis=_CHANNELS, num_outputs=count)


def _generalised_mean(graph: _Graph, maximum: str, parts: int, power: float) -> str:
    """What `gaitprint.deploy.form.generalised_mean` does, [N, C, H, W] -> [N, C, P]."""
    bands = graph.add("Reshape", maximum, graph.whole([0, 0, parts, -1]))
    bands = graph.add("Max", bands, graph.weight(np.array(EPS), "eps"))
    largest = graph.add("ReduceMax", bands, graph.whole([3]), keepdims=1)
    powers = graph.add("Pow", graph.add("Div", bands, largest), graph.weight(np.array(power), "power"))
    means = graph.add("ReduceMean", powers, graph.whole([3]), keepdims=1)
    roots = graph.add("Pow", means, graph.weight(np.array(1 / np.float32(power)), "root"))
    return graph.add("Squeeze", graph.add("Mul", roots, largest), graph.whole([3]))
