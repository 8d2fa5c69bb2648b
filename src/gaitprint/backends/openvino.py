"""OpenVINO on the processor: the deploy form as an ONNX graph, see `gaitprint.deploy.onnx_graph`."""

from dataclasses import dataclass

import numpy as np
import openvino
from jaxtyping import Float32

from gaitprint.backends import Session
from gaitprint.components import Component
from gaitprint.deploy.form import DeployForm, check_clips_fit
from gaitprint.deploy.onnx_graph import onnx_model


@dataclass(frozen=True)
class OpenVinoSettings:
    """There are none."""


class OpenVino:
    """The back end."""

    def __init__(self, settings: OpenVinoSettings) -> None:
        self.settings = settings

    def open(self, form: DeployForm, threads: int) -> Session:
        """See `gaitprint.backends.Backend`."""
        return self.open_graph(onnx_model(form).SerializeToString(), form.height, threads)

    def open_graph(self, graph: bytes, height: int, threads: int, weights: bytes = b"") -> Session:
        """See `gaitprint.backends.GraphBackend`; a graph is ONNX, or OpenVINO's own .xml with the .bin as weights."""
        return _Session(openvino.Core().read_model(graph, weights), height, threads)


class _Session:
    def __init__(self, model: openvino.Model, height: int, threads: int) -> None:
        self.height = height
        # by itself it takes bfloat16 where the processor has it
        wanted = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        self._request = openvino.Core().compile_model(model, "CPU", wanted).create_infer_request()

    def __call__(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N P D"]:
        check_clips_fit(clips, self.height)
        # copied: the engine writes the next answer where this one is
        parts: np.ndarray = self._request.infer([np.ascontiguousarray(clips, np.float32)])[0].copy()
        return parts


component = Component(OpenVinoSettings, OpenVino)
