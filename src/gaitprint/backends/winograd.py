"""This package's own arithmetic in float32: 3-D minimal filtering, compiled by numba, without torch or a compiler.

Equal to the direct convolutions within 1e-4 of the largest value; see docs/decisions/winograd.md.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.backends import Session
from gaitprint.components import Component
from gaitprint.deploy.form import DeployForm
from gaitprint.deploy.runner import Runner
from gaitprint.deploy.stream import Stream


@dataclass(frozen=True)
class WinogradSettings:
    """There are none."""


class Winograd:
    """The back end."""

    def __init__(self, settings: WinogradSettings) -> None:
        self.settings = settings

    def open(self, form: DeployForm, threads: int) -> Session:
        """See `gaitprint.backends.Backend`."""
        return _Session(form, threads)


class _Session:
    def __init__(self, form: DeployForm, threads: int) -> None:
        self._runner = Runner(form, threads)

    def __call__(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N P D"]:
        runner = self._runner
        clips = runner.form.lengthened(np.ascontiguousarray(clips, np.float32))
        return runner.clips(clips)

    def stream(self, window: int = 0, stride: int = 0) -> Stream:
        """See `gaitprint.backends.StreamingSession`."""
        return Stream(self._runner, window, stride)


component = Component(WinogradSettings, Winograd)
