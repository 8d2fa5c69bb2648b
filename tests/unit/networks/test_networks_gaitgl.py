"""GaitGL: the forms of the table, settings, and the path of gradients."""

from collections.abc import Callable

import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.networks.gaitgl import GaitGL, GaitGLSettings, resolve
from gaitprint.types import PartLayout


def built(classes: int | None = None, **settings: object) -> GaitGL:
    made = find_component("network", "gaitgl").make(
        settings, classes=classes, generator=torch.Generator().manual_seed(0)
    )
    assert isinstance(made, GaitGL)
    return made


def parameters(network: GaitGL) -> int:
    return sum(p.numel() for p in network.parameters())


def test_the_competition_form_is_the_default_and_has_the_published_number_of_parameters() -> None:
    network = built()
    assert parameters(network) == 10_944_353
    assert network.layout == PartLayout(((64, 256),))
    assert resolve(network.settings) == network.settings
    assert network.settings == GaitGLSettings("competition", (32, 64, 128, 256), 2, "plain", 64, "none", 6.5, "authors")


def trunk(*pairs: tuple[int, int]) -> int:
    return sum(2 * 27 * a * b for a, b in pairs)


def test_the_journal_form_of_casia_b_has_the_parameters_of_its_table() -> None:
    expected = 27 * 32 + 3 * 32 * 32 + trunk((32, 64), (64, 128), (128, 128)) + 1
    expected += 64 * 128 * 128 + 2 * 128 + 64 * 128 * 74
    network = built(74, form="casia-b")
    assert parameters(network) == expected
    assert network.settings.strips == 8
    assert network.settings.head == "shared-bn"
    assert network.settings.short_clip == "opengait"


@pytest.mark.parametrize("head", ["shared-bn", "separate-bnneck"])
def test_the_journal_form_of_oumvlp_has_the_parameters_of_its_table(head) -> None:
    expected = 27 * 32 + 27 * 32 * 32 + 3 * 32 * 32 + 1
    expected += trunk((32, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256))
    expected += 64 * 256 * 256 + 2 * 256 * (1 if head == "shared-bn" else 64) + 64 * 256 * 10
    network = built(10, form="oumvlp", head=head)
    assert parameters(network) == expected
    assert network.settings.strips == 2


def test_without_classes_there_is_no_classifier() -> None:
    network = built(None, form="casia-b", channels=[2, 3, 4], height=16)
    assert network.classes is None
    assert built(9, channels=[2, 3, 4, 5], height=16).classes is None
    assert built(9, form="casia-b", channels=[2, 3, 4], height=16).classes == 9


def test_the_plain_summed_layer_and_the_stacked_one_are_told_apart() -> None:
    network = built(channels=[2, 3, 4, 5], height=8).eval()
    assert [layer.stack for layer in network.after_pool] == [False, False, False, True]
    x = torch.rand(1, 3, 2, 4, 6)
    layer, last = network.after_pool[0], network.after_pool[3]
    torch.testing.assert_close(layer(x), layer.whole(x) + layer.local(x))
    y = torch.rand(1, 5, 2, 4, 6)
    torch.testing.assert_close(last(y), torch.cat([last.whole(y), last.local(y)], dim=3))


def test_batch_norm_follows_every_convolution_of_the_trunk() -> None:
    count = sum(isinstance(m, torch.nn.BatchNorm3d) for m in built(form="casia-b", trunk_norm="batch").modules())
    assert count == 1 + 1 + 2 * 3
    assert not any(isinstance(m, torch.nn.BatchNorm3d) for m in built(form="casia-b").modules())


def test_half_resolution_gives_half_the_parts() -> None:
    network = built(3, form="casia-b", channels=[2, 3, 4], height=32).eval()
    assert network(torch.rand(2, 1, 3, 32, 22)).embedding.shape == (2, 32, 4)
    assert network.layout == PartLayout(((32, 4),))


def test_the_two_short_clip_rules_differ_at_three_frames_only() -> None:
    one, other = (built(channels=[2, 3, 4, 5], height=8, short_clip=r).eval() for r in ("authors", "opengait"))
    for frames in (1, 2, 4, 5, 7):
        x = torch.rand(1, 1, frames, 8, 8)
        assert torch.equal(one(x).embedding, other(x).embedding)
    x = torch.rand(1, 1, 3, 8, 8)
    assert not torch.allclose(one(x).embedding, other(x).embedding, rtol=1e-2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"form": "casia-c"}, r"form is one of 'competition', 'casia-b', 'oumvlp'"),
        (
            {"form": "casia-b", "channels": [1, 2, 3, 4]},
            r"3 channel widths such as \(32, 64, 128\), found \(1, 2, 3, 4\)",
        ),
        ({"channels": [1, 2, 0, 4]}, r"4 channel widths"),
        ({"strips": 0}, r"multiple of 2 x strips .* found height 64 and 0 strips"),
        ({"strips": 3}, r"multiple of 2 x strips .* found height 64 and 3 strips"),
        ({"form": "casia-b", "height": 24}, r"found height 24 and 8 strips"),
        ({"gem_power": 0.5}, r"gem_power is from 1 to 100, found 0.5"),
        ({"strip": 2}, r"no setting 'strip': did you mean 'strips'\?"),
    ],
)
def test_wrong_settings_are_refused(settings, message) -> None:
    with pytest.raises(ConfigError, match=message):
        built(**settings)


def test_a_clip_of_another_size_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"64 rows"):
        built(form="casia-b", channels=[1, 1, 1])(torch.rand(1, 1, 4, 32, 22))


@pytest.mark.parametrize("seed", range(4))
def test_gradient_of_the_whole_network(seed: int, check: Callable[..., None]) -> None:
    forms = [
        {"form": "casia-b", "channels": [1, 2, 2]},
        {"form": "competition", "channels": [1, 2, 2, 2]},
        {"form": "oumvlp", "channels": [1, 2, 2, 1]},
        {"form": "oumvlp", "channels": [1, 2, 2, 1], "head": "separate-bnneck", "trunk_norm": "batch"},
    ]
    check(built(3, height=4, strips=1 + seed % 2, gem_power=3.0, **forms[seed]), seed)
