"""Pieces of a distance add up to it, and each stands for what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.explanation.attribution import explain, moment_shares, observe
from gaitprint.explanation.pair_explanation import strips_of
from gaitprint.inference.engine import Embedder
from gaitprint.inference.fusion import fuse
from gaitprint.layers.part_pooling import generalised_mean
from gaitprint.retrieval.distances.contributions import MeanOfLengths, SumOfSquares
from gaitprint.retrieval.distances.exact import flat_euclidean, part_mean_euclidean
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.types import SequenceRecord

PLAIN = Preprocessing(16, 4)
NETWORKS = {
    "plain": ("gaitgl", {"form": "competition", "channels": [2, 3, 4, 5], "height": 16, "head": "plain"}),
    "shared-bn": ("gaitgl", {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16}),
    "bnneck": ("gaitmask", {"channels": [2, 3, 4], "height": 16, "head": "separate-bnneck", "trunk_norm": "batch"}),
}
DISTANCES = {"euclidean": flat_euclidean, "part-mean": part_mean_euclidean}
SUMS = {"euclidean": SumOfSquares(), "part-mean": MeanOfLengths()}


def embedder(name):
    generator = torch.Generator().manual_seed(1)
    network, settings = NETWORKS[name]
    made = find_component("network", network).make(settings, classes=3, generator=generator)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm3d):
            for tensor, low in ((module.running_mean, -0.1), (module.running_var, 0.5)):
                tensor.copy_(low + torch.rand(tensor.shape, generator=generator))
            torch.nn.init.uniform_(module.bias, -0.2, 0.2, generator=generator)
    return Embedder(made, PLAIN, name, {"network": name})


def walks(lengths=(14, 9), seed=0):
    generator = np.random.default_rng(seed)
    arrays = tuple(generator.integers(0, 256, (n, 16, 16), dtype=np.uint8) for n in lengths)
    return MemorySequences(tuple(SequenceRecord(str(i), None, "", "") for i in range(len(lengths))), arrays)


def measured(scorer, vectors, *layout):
    """The scorer's distance, and how far that of the same features may be off: by the rounding of the features."""
    distance = float(DISTANCES[scorer](vectors[:1], vectors[1:], *layout)[0, 0])
    return pytest.approx(distance, rel=1e-4, abs=1e-6 * float(np.linalg.norm(vectors[0])))


def test_what_embeds_by_another_back_end_is_explained_as_the_network():
    plain, data = embedder("bnneck"), walks()
    fast = Embedder(plain.network, PLAIN, "bnneck", {"network": "bnneck"}, backend="winograd")
    a, b = (observe(made, data.frames(0)) for made in (plain, fast))
    assert a.features.tobytes() == b.features.tobytes()
    assert fast.embed(data).vectors[0] == pytest.approx(b.features.ravel(), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("scorer", DISTANCES)
@pytest.mark.parametrize("name", NETWORKS)
def test_one_networks_pieces_add_up(name, scorer):
    made, data = embedder(name), walks()
    vectors = made.embed(data).vectors
    a, b = (observe(made, data.frames(i)) for i in range(2))
    assert a.features.ravel() == pytest.approx(vectors[0], rel=1e-4, abs=1e-5)
    found = explain([a], [b], SUMS[scorer])
    layout = [made.layout] if scorer == "part-mean" else []
    assert found.distance == measured(scorer, vectors, *layout)
    assert found.moments.shape == (16, 4, 3)
    assert not found.timeless.any()
    assert found.moments.sum(axis=(1, 2)) == pytest.approx(found.parts, rel=1e-9, abs=1e-12 * found.total)


@pytest.mark.parametrize("scorer", DISTANCES)
@pytest.mark.parametrize("fusion", ["raw", "unit"])
def test_several_networks_pieces_add_up(fusion, scorer):
    networks, data = [embedder("shared-bn"), embedder("bnneck")], walks()
    fused = fuse([n.embed(data) for n in networks], fusion)
    seen = [[observe(n, data.frames(i)) for n in networks] for i in range(2)]
    if fusion == "unit":
        seen = [[o.at_unit_length() for o in walk] for walk in seen]
    found = explain(*seen, SUMS[scorer])
    layout = [fused.layout] if scorer == "part-mean" else []
    assert found.distance == measured(scorer, fused.vectors, *layout)
    assert found.timeless.any() == (fusion == "unit")
    assert found.moments.sum(axis=(1, 2)) + found.timeless == pytest.approx(found.parts, abs=1e-9 * found.total)


def test_moments_are_the_slow_sum_over_channels():
    made, data = embedder("shared-bn"), walks()
    a, b = (observe(made, data.frames(i)) for i in range(2))
    difference = a.features - b.features
    expected = np.zeros((16, 4, 3))
    for p in range(16):
        for c in range(4):
            pull = sum(a.matrix[p, c, d] * difference[p, d] for d in range(4))
            for s in range(4):
                for r in range(3):
                    gap = a.pooled[p, c] - b.pooled[p, c]
                    expected[p, s, r] += gap * pull * a.shares[p, c, s] * b.shares[p, c, r]
    assert explain([a], [b], SUMS["euclidean"]).moments == pytest.approx(expected)


def test_shares_are_gradients_of_the_mean():
    """Of a homogeneous function a = sum x da/dx: each moment's share is its part of that sum."""
    x = torch.rand(1, 3, 5, 6, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 0.01
    power = torch.tensor([6.5], dtype=torch.float64)
    pooled, shares = moment_shares(x, power, 3)
    assert torch.allclose(shares.sum(dim=3), torch.ones_like(pooled))
    assert torch.allclose(pooled, generalised_mean(x.amax(dim=2), power, 3))
    x.requires_grad_()
    for p in range(3):
        for c in range(3):
            value = generalised_mean(x.amax(dim=2), power, 3)[0, p, c]
            (gradient,) = torch.autograd.grad(value, x)
            by_moment = (gradient * x).sum(dim=(0, 1, 3, 4)) / value
            assert torch.allclose(by_moment, shares[0, p, c])


def test_equal_moments_share_alike():
    x = torch.rand(1, 2, 1, 4, 3, generator=torch.Generator().manual_seed(0)).expand(1, 2, 4, 4, 3)
    _, shares = moment_shares(x, torch.tensor([6.5]), 2)
    assert torch.allclose(shares, torch.full_like(shares, 0.25))
    _, empty = moment_shares(torch.zeros(1, 2, 4, 4, 3), torch.tensor([6.5]), 2)
    assert torch.allclose(empty, torch.full_like(empty, 0.25))


def test_a_moment_that_won_nothing_can_be_left_out():
    """By leaving out: without a moment the pooled parts change exactly where it had a share."""
    x = torch.rand(1, 2, 6, 8, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    power = torch.tensor([6.5], dtype=torch.float64)
    pooled, shares = moment_shares(x, power, 4)
    for moment in range(6):
        kept = [t for t in range(6) if t != moment]
        changed = generalised_mean(x[:, :, kept].amax(dim=2), power, 4) != pooled
        assert changed.tolist() == (shares[..., moment] > 0).tolist()


def test_a_walk_and_itself_are_apart_nowhere():
    made, data = embedder("plain"), walks()
    seen = observe(made, data.frames(0))
    for scorer in DISTANCES:
        found = explain([seen], [seen], SUMS[scorer])
        assert found.distance == 0
        assert not found.moments.any()


def test_what_cannot_be_explained_is_said():
    made, data = embedder("plain"), walks()
    seen = observe(made, data.frames(0))
    with pytest.raises(ShapeError, match="same networks"):
        explain([seen], [seen, seen], SUMS["euclidean"])
    with pytest.raises(ShapeError, match="same networks"):
        explain([seen], [observe(embedder("shared-bn"), data.frames(0))], SUMS["euclidean"])
    assert replace(seen, pooled=0 * seen.pooled).at_unit_length().scale == 1.0
    made.network.pooling = torch.nn.Identity()
    with pytest.raises(ConfigError, match=r"pooling is a GeneralisedMean, found gaitprint\.networks\.gaitgl"):
        observe(made, data.frames(0))


def test_networks_whose_moments_are_of_other_lengths_are_not_explained_together():
    one, other = embedder("plain"), embedder("plain")
    said = other.network.part_rows(one.preprocessing.height)
    assert strips_of([one, other]).stride == 3
    other.network.part_rows = lambda rows: replace(said, stride=1)
    assert strips_of([other]).stride == 1
    with pytest.raises(ConfigError, match="their moments are of as many frames, found 1 and 3"):
        strips_of([one, other])
