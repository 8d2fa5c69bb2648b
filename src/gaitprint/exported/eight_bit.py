"""An ONNX graph in 8 bits: quantisers and dequantisers (QDQ) around what is convolved, which any engine may fuse.

Weights: 7 bits of a signed byte, a scale a channel, for without VNNI instructions sums of two products of 8 bits do not
fit and are cut off; so one file is right on every processor. Activations: an unsigned byte, asymmetric, its range the
least and the largest value of the calibration: the maximum over time lives on the largest. The first convolution, what
lies between convolutions, the pooling and the head stay in full precision. Source: https://onnxruntime.ai/docs/performance/model-optimizations.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.extras import require_extra


def eight_bit(graph: bytes, clips: Sequence[Float32[np.ndarray, "_N _T _H _W"]]) -> bytes:
    """A graph of `gaitprint.deploy.onnx_graph` in 8 bits.

    Args:
        clips: for calibration.

    Raises:
        ConfigError: onnx or onnxruntime is not installed.
    """
    require_extra("onnx")
    require_extra("onnxruntime")
    import onnx
    from onnxruntime import quantization as q

    class Clips(q.CalibrationDataReader):
        """What calibration asks, one clip after another."""

        def __init__(self) -> None:
            self._left = iter(clips)

        def get_next(self) -> dict[str, Any] | None:
            clip = next(self._left, None)
            return None if clip is None else {model.graph.input[0].name: clip}

    model = onnx.load_from_string(graph)
    with TemporaryDirectory() as folder, _without_advice():
        place = Path(folder) / "graph.onnx"
        q.quantize_static(
            model,
            place,
            Clips(),
            quant_format=q.QuantFormat.QDQ,
            calibrate_method=q.CalibrationMethod.MinMax,
            activation_type=q.QuantType.QUInt8,
            weight_type=q.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[next(node.name for node in model.graph.node if node.op_type == "Conv")],
        )
        return place.read_bytes()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Without what the quantiser says to the root logger: to simplify a graph that is simple."""

    def no_advice(record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING

    root = logging.getLogger()
    root.addFilter(no_advice)
    try:
        yield
    finally:
        root.removeFilter(no_advice)
