"""Who computes part features: the network as it is, or a back end with its deploy form."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from gaitprint.backends import StreamingSession
from gaitprint.components import find_component
from gaitprint.config import settings_to_dict
from gaitprint.deploy.form import DeployForm
from gaitprint.errors import ConfigError
from gaitprint.inference.backend_choice import TORCH, Choice
from gaitprint.inference.numerics import FLOAT32, check_precision, computing_in
from gaitprint.models.base import PartNetwork

STREAMING = "winograd"
"""The back end that takes walks frame by frame."""
Runner = Callable[[Float32[np.ndarray, "N T H W"]], Float32[np.ndarray, "N P D"]]
"""Clips of one length with values in [0, 1] to their part features."""


def torch_runner(network: nn.Module, device: str, precision: str = FLOAT32) -> Runner:
    """Run a network as it is; features come out in float32, whatever it computes in."""

    @torch.inference_mode()
    def run(clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N P D"]:
        batch = torch.from_numpy(clips[:, None]).to(device)
        with computing_in(precision, device):
            parts: np.ndarray = network(batch).embedding.float().cpu().numpy()
        return parts

    return run


def open_runner(network: nn.Module, backend: str, device: str, precision: str = FLOAT32) -> Runner:
    """Run a network by the back end of a name, with as many threads as torch uses.

    Raises:
        ConfigError: the back end needs a deploy form and the network has none, or it is for the processor, or it does
            not compute in that precision.
    """
    check_precision(precision, backend, device, (TORCH,))
    if backend == TORCH:
        return torch_runner(network, device, precision)
    form = form_of(network)
    if form is None:
        raise ConfigError(
            f"the network {type(network).__name__} has no deploy form, which --backend {backend} runs: use --backend "
            f"{TORCH}, or see docs/extend/network.md"
        )
    if torch.device(device).type != "cpu":
        raise ConfigError(f"--backend {backend} runs on the processor: use --device cpu, or --backend {TORCH}")
    session: Runner = find_component("backend", backend).make().open(form, torch.get_num_threads())
    return session


def streaming(network: nn.Module, backend: str, opened: Callable[[str], Runner]) -> StreamingSession:
    """Run a network on walks that arrive frame by frame, by the back end of a name.

    Args:
        opened: makes the network ready by the back end of a name.

    Raises:
        ConfigError: the back end takes whole clips only, or the network has no deploy form.
    """
    if form_of(network) is None:
        raise ConfigError(
            f"the network {type(network).__name__} has no deploy form, without which no walk can be streamed: embed "
            "whole walks, or see docs/extend/network.md"
        )
    session = opened(backend)
    if not isinstance(session, StreamingSession):
        raise ConfigError(f"the back end {backend} takes whole walks only: stream by {STREAMING}, or cut windows")
    return session


def form_of(network: nn.Module) -> DeployForm | None:
    """The deploy form of a network; None where it has none."""
    return network.deploy_form() if isinstance(network, PartNetwork) else None


def choice_for(network: nn.Module, frame: tuple[int, int], device: str) -> Choice:
    """What `rank_backends` ranks: the back ends that can run here, on a clip of made-up frames.

    Args:
        frame: rows and columns.
    """
    facts: dict[str, Any] = {
        "network": type(network).__name__,
        "settings": settings_to_dict(network.settings),
        "frame": list(frame),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "capability": torch.backends.cpu.get_cpu_capability(),
    }
    movable = torch.device(device).type == "cpu" and form_of(network) is not None
    return Choice(movable, facts, frame, lambda name: open_runner(network, name, device))
