"""Norms are moved towards a site's, and nothing else is."""

import numpy as np
import pytest
import torch
from torch import nn

from gaitprint.adaptation.norms import adapt_norms
from gaitprint.errors import ConfigError


class Small(nn.Module):
    """A convolution and a norm, as networks have them."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv3d(1, 3, 3, padding=1)
        self.norm = nn.BatchNorm3d(3)
        self.drop = nn.Dropout(0.5)

    def forward(self, clips):
        return self.drop(self.norm(self.convolution(clips)))


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = Small()
    made.norm.running_mean.uniform_(-1, 1)
    made.norm.running_var.uniform_(0.5, 2)
    return made.eval()


@pytest.fixture
def batches():
    generator = np.random.default_rng(0)
    return [generator.random((4, 5, 8, 6), dtype=np.float32) for _ in range(3)]


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_the_figures_go_a_share_of_the_way(network, batches, share):
    old = network.norm.running_mean.clone(), network.norm.running_var.clone()
    weights = {k: v.clone() for k, v in network.state_dict().items() if "running" not in k and "num" not in k}
    means, variances = [], []
    for batch in batches:
        values = network.convolution(torch.from_numpy(batch)[:, None]).detach().double()
        means.append(values.mean(dim=(0, 2, 3, 4)))
        variances.append(values.var(dim=(0, 2, 3, 4), unbiased=True))
    adapt_norms(network, batches, share)
    for found, before, site in (
        (network.norm.running_mean, old[0], torch.stack(means).mean(dim=0)),
        (network.norm.running_var, old[1], torch.stack(variances).mean(dim=0)),
    ):
        assert torch.allclose(found.double(), (1 - share) * before.double() + share * site, atol=1e-5)
    assert all(torch.equal(v, network.state_dict()[k]) for k, v in weights.items())
    assert not network.training
    assert not network.norm.training
    assert network.norm.momentum == 0.1


def test_what_was_measured_before_leaves_no_trace_where_all_is_the_sites(network, batches):
    once = adapt_norms(network, batches, 1.0).norm.running_mean.clone()
    twice = adapt_norms(network, batches, 1.0).norm.running_mean
    assert torch.allclose(once, twice, atol=1e-7)


def test_without_clips_it_stays_as_it_was(network):
    before = {k: v.clone() for k, v in network.state_dict().items() if "num" not in k}
    with pytest.raises(ConfigError, match="no clip to adapt to"):
        adapt_norms(network, [], 0.5)
    assert all(torch.equal(v, network.state_dict()[k]) for k, v in before.items())


def test_a_network_without_norms_is_refused(batches):
    with pytest.raises(ConfigError, match="no batch norm"):
        adapt_norms(nn.Sequential(nn.Conv3d(1, 1, 1)), batches, 0.5)
