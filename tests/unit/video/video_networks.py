"""Small ONNX files for tests: networks whose answers can be said beforehand."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_answers(path: Path, answers: Mapping[str, np.ndarray], size: tuple[object, object] = (32, 32)) -> Path:
    """A network that looks at an image [1, 3, rows, columns] and always answers the same."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
    ]
    weights = [numpy_helper.from_array(np.float32(0), "nothing")]
    outputs = []
    for name, values in answers.items():
        weights.append(numpy_helper.from_array(values.astype(np.float32), f"{name} values"))
        nodes.append(helper.make_node("Add", [f"{name} values", "zero"], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape))
    return _write(path, nodes, [1, 3, *size], outputs, weights)


def write_brightness(path: Path, rows_first: bool = True, channel: int = 0) -> Path:
    """A network of 32 x 32 whose mask is what it sees in one channel of the scaled image."""
    shape = [1, 3, 32, 32] if rows_first else [1, 32, 32, 3]
    weights = [numpy_helper.from_array(np.array([channel]), "channel")]
    nodes = [helper.make_node("Gather", ["image", "channel"], ["mask"], axis=1 if rows_first else 3)]
    out = [1, 1, 32, 32] if rows_first else [1, 32, 32, 1]
    return _write(path, nodes, shape, [helper.make_tensor_value_info("mask", TensorProto.FLOAT, out)], weights)


def _write(path: Path, nodes: list, shape: list, outputs: list, weights: list) -> Path:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "small", [image], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
