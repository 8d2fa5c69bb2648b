"""ONNX Runtime on the processor: the deploy form as an ONNX graph, see `gaitprint.deploy.onnx_graph`."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
from jaxtyping import Float32

from gaitprint.backends import Session
from gaitprint.components import Component
from gaitprint.deploy.form import DeployForm, check_clips_fit
from gaitprint.deploy.onnx_graph import onnx_model

_ERRORS_ONLY = 3


@dataclass(frozen=True)
class OnnxRuntimeSettings:
    """There are none."""


class OnnxRuntime:
    """The back end."""

    def __init__(self, settings: OnnxRuntimeSettings) -> None:
        self.settings = settings

    def open(self, form: DeployForm, threads: int) -> Session:
        """See `gaitprint.backends.Backend`."""
        return self.open_graph(onnx_model(form).SerializeToString(), form.height, threads)

    def open_graph(self, graph: bytes, height: int, threads: int, weights: bytes = b"") -> Session:
        """See `gaitprint.backends.GraphBackend`."""
        del weights  # they stand in the graph
        return _Session(graph, height, threads)


class _Session:
    def __init__(self, graph: bytes, height: int, threads: int) -> None:
        self.height = height
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _ERRORS_ONLY
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N P D"]:
        check_clips_fit(clips, self.height)
        parts: np.ndarray = self._session.run(None, {self._input: np.ascontiguousarray(clips, np.float32)})[0]
        return parts


component = Component(OnnxRuntimeSettings, OnnxRuntime)
