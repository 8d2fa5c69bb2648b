"""The gradient check of whole networks, and norms that are not new."""

from collections.abc import Callable

import pytest
import torch
from torch import nn


@pytest.fixture
def check() -> Callable[..., None]:
    """check(network, seed): every parameter's gradient against finite differences, in training mode."""

    def run(network: nn.Module, seed: int) -> None:
        network.double().train()
        clips = torch.rand(2, 1, 4, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        parameters = dict(network.named_parameters())

        def forward(*values: torch.Tensor) -> tuple[torch.Tensor, ...]:
            masks = torch.Generator().manual_seed(seed)
            named = dict(zip(parameters, values, strict=True))
            outputs = torch.func.functional_call(network, named, (clips, masks))
            return tuple(o for o in (outputs.metric_features, outputs.logits) if o is not None)

        assert torch.autograd.gradcheck(forward, tuple(parameters.values()), fast_mode=True)

    return run


@pytest.fixture
def seen() -> Callable[..., None]:
    """seen(network): put it into evaluation, with norms as if they had seen something."""

    def run(network: nn.Module) -> None:
        generator = torch.Generator().manual_seed(5)
        for norm in network.eval().modules():
            if isinstance(norm, torch.nn.modules.batchnorm._BatchNorm):
                norm.running_mean.normal_(0, 0.3, generator=generator)
                norm.running_var.uniform_(0.5, 2, generator=generator)
                norm.weight.data.uniform_(0.5, 2, generator=generator)
                norm.bias.data.normal_(0, 0.3, generator=generator)

    return run
