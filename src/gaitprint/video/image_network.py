"""Networks that look at images, run by OpenVINO, which reads .onnx and .tflite as they are; several images at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from gaitprint.config import require
from gaitprint.cores import usable_cores
from gaitprint.errors import ArtefactError
from gaitprint.extras import require_extra
from gaitprint.video.model_files import ModelFile

Image = UInt8[np.ndarray, "_h _w 3"]
"""Red, green, blue."""
_READ = (".onnx", ".tflite")
Outputs = dict[str, np.ndarray]
"""What a network says of one image, by the names of its outputs; dimensions as the file has them."""


@dataclass(frozen=True)
class PixelScale:
    """What becomes of pixels before a network sees them: (x - mean) / deviation, channel by channel."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (255.0, 255.0, 255.0)
    order: str = "rgb"
    """Of the channels that the network takes, rgb or bgr; `mean` and `deviation` are in this order."""

    def __post_init__(self) -> None:
        require(self.order in ("rgb", "bgr"), f"channels are in the order 'rgb' or 'bgr', found {self.order!r}")
        require(
            all(np.isfinite(self.mean)) and all(np.isfinite(self.deviation)) and all(self.deviation),
            f"pixels are scaled by finite numbers, deviations not 0, found {self.mean} and {self.deviation}",
        )


class ImageNetwork:
    """A network at work: `network(images)` answers for each image.

    Every image is a job of its own: what is answered for it does not depend on the others.
    """

    def __init__(
        self, model: ModelFile, scale: PixelScale, size: tuple[int, int] | None = None, threads: int = 0, jobs: int = 0
    ) -> None:
        """Read a file of weights and make it ready.

        Args:
            size: rows and columns of the images, where the file leaves them open.
            threads: cores that share the work; 0: all that this process may use.
            jobs: images at work at a time; 0: one a thread.

        Raises:
            ConfigError: OpenVINO is not installed, or the size is not that of the file.
            ArtefactError: the file is none that it reads, or takes other things than one image.
        """
        require_extra("openvino")
        threads = threads or usable_cores()
        jobs = jobs or threads
        network = _read(model)
        self.name, self.order = model.path.name, scale.order
        rows_first = _fix_size(network, self.name, size)
        self.height, self.width = (int(n) for n in _image_side(network, rows_first))
        compiled = _compile(network, scale, rows_first, (threads, jobs))
        self.outputs = {
            _output_name(port, i): tuple(port.get_partial_shape()) for i, port in enumerate(compiled.outputs)
        }
        self._requests = [compiled.create_infer_request() for _ in range(jobs)]

    def __call__(self, images: Sequence[Image]) -> list[Outputs]:
        """Answer for images of `height` and `width`, in their order."""
        answers: list[Outputs] = []
        for start in range(0, len(images), len(self._requests)):
            jobs = list(zip(self._requests, images[start : start + len(self._requests)], strict=False))
            # all are begun before the first is waited for: each has a core of its own
            for request, image in jobs:
                pixels = image[:, :, ::-1] if self.order == "bgr" else image
                request.start_async([np.ascontiguousarray(pixels)[None]], share_inputs=False)
            for request, _ in jobs:
                request.wait()
                answers.append(self._answer(request))
        return answers

    def _answer(self, request: Any) -> Outputs:
        # copied: the engine writes the next answer where this one is
        return {name: request.get_output_tensor(i).data.copy() for i, name in enumerate(self.outputs)}

    def shapes(self) -> str:
        """The outputs for an error's line: `boxes [1, 1917, 4], scores [1, 1917, 1]`."""
        return ", ".join(f"{name} {_text(shape)}" for name, shape in self.outputs.items())


def _read(model: ModelFile) -> Any:
    if model.path.suffix.lower() not in _READ:
        # by another ending the engine tries one reader after the other, and each complains on its own
        raise ArtefactError(f"a network is a file {' or '.join(_READ)}, found {model.path}")
    import openvino  # an extra, and 0.3 s to import

    try:
        return openvino.Core().read_model(model.path)
    except RuntimeError as error:
        said = " ".join(str(error).split())[-160:]
        raise ArtefactError(f"{model.path} is no network that OpenVINO reads: ... {said}") from None


def _fix_size(network: Any, name: str, size: tuple[int, int] | None) -> bool:
    """Fix the input at one image; whether its colours come before its rows."""
    inputs = [
        (port.get_any_name() if port.get_names() else "input", port.get_partial_shape()) for port in network.inputs
    ]
    shape = list(inputs[0][1]) if len(inputs) == 1 and inputs[0][1].rank.is_static else []
    three = [len(shape) == 4 and shape[axis].is_static and int(shape[axis].get_length()) == 3 for axis in (1, 3)]
    if not any(three):
        found = ", ".join(f"{port} {_text(shape)}" for port, shape in inputs)
        raise ArtefactError(f"{name} takes {found}: expected one image [1, 3, rows, columns] or [1, rows, columns, 3]")
    rows_at = 2 if three[0] else 1
    for axis, wanted in ((0, 1), *zip((rows_at, rows_at + 1), size or (None, None), strict=True)):
        if shape[axis].is_dynamic:
            require(wanted is not None, f"{name} takes images of any size: say which (size = [rows, columns])")
            shape[axis] = wanted
        require(
            wanted in (None, int(getattr(shape[axis], "get_length", lambda axis=axis: shape[axis])())),
            f"{name} takes {_text(inputs[0][1])}, found a batch of 1 and size {list(size or ())}",
        )
    network.reshape(shape)
    return three[0]


def _image_side(network: Any, rows_first: bool) -> tuple[int, int]:
    shape = network.inputs[0].shape
    return (shape[2], shape[3]) if rows_first else (shape[1], shape[2])


def _compile(network: Any, scale: PixelScale, rows_first: bool, work: tuple[int, int]) -> Any:
    import openvino
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(network)
    given = steps.input()
    given.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    given.model().set_layout(openvino.Layout("NCHW" if rows_first else "NHWC"))
    given.preprocess().convert_element_type(openvino.Type.f32).mean(list(scale.mean)).scale(list(scale.deviation))
    # by itself it takes bfloat16 where the processor has it
    wanted = {"INFERENCE_NUM_THREADS": work[0], "NUM_STREAMS": work[1], "INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(steps.build(), "CPU", wanted)


def _output_name(port: Any, index: int) -> str:
    return str(port.get_any_name()) if port.get_names() else f"output {index}"


def _text(shape: Any) -> str:
    return str([int(n.get_length()) if n.is_static else "any" for n in shape]).replace("'", "")
