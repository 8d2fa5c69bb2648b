"""DeepGaitV2 and GaitBase: published sizes, the papers' formulas written again, settings that are none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from gaitprint.components import find_component
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.models.residual_network import ResidualNetwork
from gaitprint.types import PartLayout


def built(name: str, classes: int | None = None, **settings: object) -> ResidualNetwork:
    made = find_component("network", name).make(settings, classes=classes, generator=torch.Generator().manual_seed(0))
    assert isinstance(made, ResidualNetwork)
    return made


def trunk_size(network: ResidualNetwork) -> int:
    return sum(p.numel() for p in (*network.stem.parameters(), *network.blocks.parameters()))


@pytest.mark.parametrize(
    ("name", "kind", "millions"), [("deepgait", "2d", 9.3), ("deepgait", "p3d", 11.1), ("deepgait", "3d", 27.5)]
)
def test_trunks_have_the_published_number_of_parameters(name, kind, millions) -> None:
    """Table 3 of the paper counts the trunk."""
    assert trunk_size(built(name, kind=kind)) / 1e6 == pytest.approx(millions, abs=0.06)


def test_gaitbase_has_the_published_number_of_parameters() -> None:
    network = built("gaitbase", 74)
    assert trunk_size(network) / 1e6 == pytest.approx(4.9, abs=0.06)
    assert network.layout == PartLayout(((16, 256),))
    head = 16 * 512 * 256 + 2 * 16 * 256 + 16 * 256 * 74
    assert sum(p.numel() for p in network.head.parameters()) == head


def test_the_slim_one_is_a_sixth_of_the_full_one() -> None:
    slim, full = built("deepgait", channels=[32, 64, 128, 256], blocks=[1, 1, 1, 1]), built("deepgait")
    assert 6 < trunk_size(full) / trunk_size(slim) < 9
    assert slim.layout == PartLayout(((16, 128),))


def normed(x: Tensor, state: dict[str, Tensor], name: str, stride: int = 1) -> Tensor:
    """A convolution frame by frame or over time, written for these tests, and its norm."""
    weight = state[f"{name}.weight"]
    n, _, t, h, w = x.shape
    if weight.shape[2] == 1:  # of frames
        size = weight.shape[3]
        frames = x.transpose(1, 2).reshape(n * t, -1, h, w)
        y = F.conv2d(frames, weight[:, :, 0], stride=stride, padding=size // 2)
        y = y.reshape(n, t, *y.shape[1:]).transpose(1, 2)
    elif weight.shape[3] == 1:  # over time
        padded = F.pad(x, (0, 0, 0, 0, 1, 1))
        y = sum(torch.einsum("dc,ncthw->ndthw", weight[:, :, k, 0, 0], padded[:, :, k : k + t]) for k in range(3))
    else:
        y = F.conv3d(x, weight, stride=(1, stride, stride), padding=1)
    mean, var, scale, shift = (
        state[f"{name}.norm.{k}"].view(1, -1, 1, 1, 1) for k in ("running_mean", "running_var", "weight", "bias")
    )
    return (y - mean) / torch.sqrt(var + 1e-5) * scale + shift


def written_again(network: ResidualNetwork, clips: Tensor, strides: tuple[int, ...]) -> Tensor:
    """The embedding by the papers' formulas, from nothing but the names and values of the weights."""
    state = {k: v.double() for k, v in network.state_dict().items()}
    x = normed(clips, state, "stem").relu()
    for index, stride in enumerate(strides):
        block = f"blocks.{index}"
        y = normed(x, state, f"{block}.first", stride).relu()
        if f"{block}.temporal.weight" in state:
            y = (y + normed(y, state, f"{block}.temporal")).relu()
        y = normed(y, state, f"{block}.second")
        x = (y + (normed(x, state, f"{block}.shortcut", stride) if f"{block}.shortcut.weight" in state else x)).relu()
    frame = x.max(dim=2).values
    parts = state["head.linear.weight"].shape[0]
    strips = frame.chunk(parts, dim=2)
    pooled = torch.stack([s.flatten(2).mean(2) + s.flatten(2).max(2).values for s in strips], dim=1)
    return torch.einsum("npc,pcd->npd", pooled, state["head.linear.weight"])


CASES = {
    "p3d": ("deepgait", {"channels": [3, 4, 5, 6], "blocks": [1, 2, 1, 2]}, (1, 2, 1, 2, 1, 1)),
    "3d": ("deepgait", {"kind": "3d", "channels": [3, 4, 5, 6], "blocks": [1, 1, 1, 1]}, (1, 2, 2, 1)),
    "2d": ("deepgait", {"kind": "2d", "channels": [3, 4, 5, 6], "blocks": [2, 1, 1, 1]}, (1, 1, 2, 2, 1)),
    "gaitbase": ("gaitbase", {"channels": [3, 4, 5, 6], "embedding": 4}, (1, 2, 2, 1)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("frames", [1, 2, 7])
@torch.no_grad()
def test_the_embedding_is_that_of_the_formulas_written_again(case, frames, seen: Callable[..., None]) -> None:
    name, settings, strides = CASES[case]
    network = built(name, 3, **settings)
    seen(network)
    clips = torch.rand(2, 1, frames, 64, 44, generator=torch.Generator().manual_seed(1)).double()
    expected = written_again(network, clips, strides)
    assert expected.shape == (2, *network.layout.blocks[0])
    torch.testing.assert_close(network.double()(clips).embedding, expected)


def test_half_resolution_takes_half_the_parts_or_half_the_strides() -> None:
    clips = torch.rand(1, 1, 2, 32, 22)
    tiny = {"channels": [2, 2, 2, 2], "blocks": [1, 1, 1, 1]}
    assert built("deepgait", parts=8, **tiny).eval()(clips).embedding.shape == (1, 8, 2)
    assert built("deepgait", strides=[1, 2, 1, 1], **tiny).eval()(clips).embedding.shape == (1, 16, 2)
    with pytest.raises(ShapeError, match="64 rows"):
        built("deepgait", **tiny)(clips)


@pytest.mark.parametrize("name", ["deepgait", "gaitbase"])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": [1, 2, 0, 4]}, r"channels are at least 1, found \(1, 2, 0, 4\)"),
        ({"channels": [1, 2, 3]}, r"channels"),
        ({"blocks": [1, 0, 1, 1]}, r"blocks are at least 1, found \(1, 0, 1, 1\)"),
        ({"strides": [1, 2, 3, 1]}, r"strides are 1 or 2, found \(1, 2, 3, 1\)"),
        ({"parts": 0}, r"parts is at least 1, found 0"),
        ({"block": 2}, r"no setting 'block': did you mean 'blocks'\?"),
    ],
)
def test_wrong_settings_are_refused(name, settings, message) -> None:
    with pytest.raises(ConfigError, match=message):
        built(name, **settings)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"kind is one of '2d', 'p3d', '3d'"):
        built("deepgait", kind="4d")


@pytest.mark.parametrize("kind", ["2d", "p3d", "3d"])
def test_gradient_of_the_whole_network(kind: str, check: Callable[..., None]) -> None:
    settings = {"kind": kind, "channels": [2, 2, 2, 3], "blocks": [1, 1, 1, 1], "strides": [1, 2, 1, 1], "parts": 2}
    check(built("deepgait", 3, **settings), 0)
