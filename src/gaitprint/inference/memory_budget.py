"""How many frames are embedded together: as many as a budget of memory holds, by the network."""

import numpy as np
import torch
from torch import nn

from gaitprint.cores import usable_cores
from gaitprint.deploy import footprint
from gaitprint.inference.running import form_of, torch_runner
from gaitprint.memory import whole_memory

ALONE = 0
"""The budget with which one clip at a time is embedded."""
MOST = 128 << 20
"""Bytes for a processor: maps of more leave its caches, and nothing becomes faster."""
MOST_ON_CARDS = 2 << 30
LEAST = 16 << 20
SHARE, SHARE_OF_CARD = 4, 16
"""What part of each core's memory, or of a card's, is taken at most."""
SHORT = 16
"""Frames of the clip by which a network without a deploy form is measured."""


def usual_memory(device: str) -> int:
    """The budget where nobody says one: by the memory this machine or card has, not by what is free now.

    A power of two, so that machines of one kind plan alike: the last bit of a vector hangs on what it is computed with.
    """
    card = torch.device(device).type == "cuda"
    if card:
        whole: int | None = torch.cuda.get_device_properties(device).total_memory // SHARE_OF_CARD
    else:
        machine = whole_memory()
        whole = None if machine is None else machine // usable_cores() // SHARE
    most = MOST_ON_CARDS if card else MOST
    return most if whole is None else 1 << (max(LEAST, min(most, whole)).bit_length() - 1)


def frames_within(memory: int, bytes_a_frame: float) -> int:
    """Frames of the clips that are computed together; a clip that is longer is computed alone.

    >>> frames_within(1 << 20, 3e4), frames_within(ALONE, 3e4)
    (34, 0)
    """
    return int(memory // bytes_a_frame)


def bytes_a_frame(network: nn.Module, frame: tuple[int, int], device: str) -> float:
    """Memory at the peak for each frame that is computed together: of the deploy form by arithmetic, else as seen.

    Args:
        frame: rows and columns of a clip.
    """
    form = form_of(network)
    return _seen(network, frame, device) if form is None else footprint.bytes_a_frame(form, frame)


def _seen(network: nn.Module, frame: tuple[int, int], device: str) -> float:
    """What goes in and comes out of the layer that has most, on a short clip."""
    most = [0]

    def see(_: nn.Module, inputs: tuple[object, ...], outputs: object) -> None:
        both = (*inputs, *(outputs if isinstance(outputs, tuple) else (outputs,)))
        most[0] = max(most[0], sum(x.nbytes for x in both if isinstance(x, torch.Tensor)))

    hooks = [layer.register_forward_hook(see) for layer in network.modules() if not list(layer.children())]
    try:
        torch_runner(network, device)(np.zeros((1, SHORT, *frame), np.float32))
    finally:
        for hook in hooks:
            hook.remove()
    return max(1.0, footprint.ROOM * most[0] / SHORT)
