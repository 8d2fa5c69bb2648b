"""Adaptation without labels or gradients: the batch norms' figures are moved towards those of a site's silhouettes.

Source: Li et al., "Adaptive Batch Normalization for practical domain adaptation", Pattern Recognition 80, 2018; only a
share of the way, since a site has few people: Schneider et al., "Improving robustness against common corruptions by
covariate shift adaptation", NeurIPS 2020, equation 2.
"""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from gaitprint.errors import ConfigError

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def adapt_norms(network: nn.Module, batches: Iterable[Float32[np.ndarray, "N T H W"]], share: float) -> nn.Module:
    """Move every batch norm's running mean and variance by `share` of the way to those of the given clips, in place.

    Args:
        network: as it was trained; no weight of it changes.
        batches: clips of the site; every batch counts alike.
        share: from 0, nothing, to 1, the site's figures alone.

    Raises:
        ConfigError: the network has no batch norm, or there is no batch.
    """
    norms = [m for m in network.modules() if isinstance(m, _BATCH_NORMS) and m.track_running_stats]
    if not norms:
        raise ConfigError("this network has no batch norm whose figures could be adapted: use --how tracks or labels")
    before = [[value.clone() for value in _figures(norm)] for norm in norms]
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.train()
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    seen = 0
    try:
        with torch.no_grad():
            for batch in batches:
                network(torch.from_numpy(np.ascontiguousarray(batch))[:, None])
                seen += 1
    finally:
        for norm, old, momentum in zip(norms, before, momenta, strict=True):
            for figure, value in zip(_figures(norm), old, strict=True):
                figure.lerp_(value, 1.0 - share if seen else 1.0)
            norm.momentum = momentum
        network.eval()
    if not seen:
        raise ConfigError("there is no clip to adapt to: check the selection of subjects")
    return network


def _figures(norm: nn.Module) -> list[torch.Tensor]:
    return [value for name, value in norm.named_buffers() if name in {"running_mean", "running_var"}]
