"""Small networks of every kind that has a deploy form, and clips for them."""

import numpy as np
import torch

from gaitprint.models.base import PartNetwork
from gaitprint.models.making import make_network

NETWORKS = {
    "journal": ("gaitgl", {"form": "casia-b", "channels": [4, 6, 8], "strips": 8}),
    "competition": ("gaitgl", {"channels": [4, 6, 8, 10], "height": 16}),
    "two-stems": ("gaitgl", {"form": "oumvlp", "channels": [3, 4, 6, 8], "height": 16}),
    "low-strips": ("gaitgl", {"form": "casia-b", "channels": [4, 6, 8], "height": 32, "trunk_norm": "batch"}),
    "mask": ("gaitmask", {"channels": [4, 6, 8], "height": 16}),
    "mask-separate": ("gaitmask", {"channels": [4, 6, 8], "height": 16, "mask_mode": "separate", "head": "shared-bn"}),
    "mask-gated": ("gaitmask", {"channels": [4, 6, 8], "height": 16, "mask_mode": "gated", "trunk_norm": "batch"}),
    "pseudo-3d": ("deepgait", {"channels": [8, 9, 10, 12], "blocks": [1, 2, 1, 1], "parts": 4}),
    "3d": ("deepgait", {"kind": "3d", "channels": [3, 4, 5, 6], "blocks": [1, 1, 1, 1], "parts": 4}),
    "frames": ("gaitbase", {"channels": [4, 8, 9, 10], "embedding": 6, "parts": 4}),
    "neck": ("gaitgl", {"channels": [4, 6, 8, 10], "height": 16, "head": "separate-bnneck"}),
}


def trained(name: str) -> PartNetwork:
    """A network whose norms have seen something."""
    generator = torch.Generator().manual_seed(0)
    component, settings = NETWORKS[name]
    network = make_network(component, settings, 5, generator)
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 2, generator=generator)
            module.bias.data.normal_(0, 0.3, generator=generator)
    assert isinstance(network, PartNetwork)
    return network.eval()


def clips(n: int, frames: int, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(frames)
    return (rng.random((n, frames, height, width)) > 0.5).astype(np.float32)
