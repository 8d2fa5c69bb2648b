"""The back end of minimal filtering against the networks in double precision."""

import numpy as np
import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import ShapeError
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


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("threads", [1, 2])
def test_features_are_those_of_the_network(name: str, threads: int) -> None:
    network = trained(name)
    form = network.deploy_form()
    assert form is not None
    session = find_component("backend", "winograd").make().open(form, threads)
    network.double()
    for frames in (1, 2, 3, 4, 17):
        x = clips(2, frames, form.height, 22)
        with torch.inference_mode():
            slow = network(torch.from_numpy(x[:, None]).double()).embedding.numpy()
        fast = session(x)
        assert fast.dtype == np.float32
        np.testing.assert_allclose(fast, slow, atol=1e-5 * np.abs(slow).max())


def test_frames_of_twice_the_height_have_as_many_parts() -> None:
    network = trained("mask")
    form = network.deploy_form()
    assert form is not None
    session = find_component("backend", "winograd").make().open(form, 1)
    x = clips(1, 6, 32, 22)
    with torch.inference_mode():
        slow = network(torch.from_numpy(x[:, None])).embedding.numpy()
    np.testing.assert_allclose(session(x), slow, atol=1e-5 * np.abs(slow).max())


@pytest.mark.parametrize("shape", [(1, 4, 17, 22), (1, 4, 16, 21), (0, 4, 16, 22)])
def test_clips_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    form = trained("mask").deploy_form()
    assert form is not None
    session = find_component("backend", "winograd").make().open(form, 1)
    with pytest.raises(ShapeError, match="16 rows"):
        session(np.zeros(shape, np.float32))
