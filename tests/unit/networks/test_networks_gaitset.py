"""GaitSet: the published size, the paper's formulas written again, a set of frames, settings that are none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.networks.gaitset import GaitSet
from gaitprint.types import PartLayout


def built(classes: int | None = None, **settings: object) -> GaitSet:
    made = find_component("network", "gaitset").make(
        settings, classes=classes, generator=torch.Generator().manual_seed(0)
    )
    assert isinstance(made, GaitSet)
    return made


def test_it_has_the_published_number_of_parameters() -> None:
    """2.59 million, in the comparison of the paper on GaitBase."""
    network = built(74)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(2.59, abs=0.006)
    assert network.layout == PartLayout(((62, 256),))
    assert network.classes is None


def written_again(network: GaitSet, clip: Tensor) -> Tensor:
    """The embedding of one clip [T, H, W] by the paper's formulas, frame by frame."""
    state = {k: v.double() for k, v in network.state_dict().items()}

    def pair(x: Tensor, name: str) -> Tensor:
        for index in (0, 1):
            weight = state[f"{name}.{index}.weight"][:, :, 0]
            x = F.leaky_relu(F.conv2d(x, weight, padding=weight.shape[2] // 2), 0.01)
        return x

    frames = F.max_pool2d(pair(clip[:, None], "frames.0"), 2)
    whole = F.max_pool2d(pair(frames.max(0).values[None], "whole.0"), 2)
    frames = F.max_pool2d(pair(frames, "frames.1"), 2)
    whole = pair(whole + frames.max(0).values[None], "whole.1")
    frames = pair(frames, "frames.2")
    last = frames.max(0).values
    parts = []
    for x in (last, whole[0] + last):
        for bands in network.settings.bands:
            parts += [band.flatten(1).mean(1) + band.flatten(1).max(1).values for band in x.chunk(bands, dim=1)]
    return torch.einsum("pc,pcd->pd", torch.stack(parts), state["head.linear.weight"])


@pytest.mark.parametrize("frames", [1, 2, 7])
@torch.no_grad()
def test_the_embedding_is_that_of_the_formulas_written_again(frames: int) -> None:
    network = built(channels=[3, 4, 5], embedding=6)
    clip = torch.rand(frames, 64, 44, generator=torch.Generator().manual_seed(1)).double()
    expected = written_again(network, clip)
    torch.testing.assert_close(network.eval().double()(clip[None, None]).embedding[0], expected)


@torch.no_grad()
def test_the_order_of_frames_does_not_count() -> None:
    network = built(channels=[3, 4, 5], embedding=6).eval()
    clips = torch.rand(1, 1, 6, 64, 44, generator=torch.Generator().manual_seed(1))
    mixed = clips[:, :, torch.tensor([3, 0, 5, 1, 4, 2])]
    torch.testing.assert_close(network(mixed).embedding, network(clips).embedding)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": [1, 0, 2]}, r"channels are at least 1, found \(1, 0, 2\)"),
        ({"bands": []}, r"bands are at least 1"),
        ({"bands": [16, 3]}, r"divide the largest of them, found \(16, 3\)"),
        ({"embedding": 0}, r"embedding is at least 1, found 0"),
        ({"band": 2}, r"no setting 'band': did you mean 'bands'\?"),
    ],
)
def test_wrong_settings_are_refused(settings, message) -> None:
    with pytest.raises(ConfigError, match=message):
        built(**settings)


def test_gradient_of_the_whole_network(check: Callable[..., None]) -> None:
    check(built(channels=[2, 2, 3], bands=[1], embedding=2), 0)
