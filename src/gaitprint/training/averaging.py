"""A moving average of a network's weights: it lags behind the steps and forgets their noise.

Source: Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992; exponential, as usual since.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from gaitprint.config import require
from gaitprint.errors import ArtefactError

_UPDATES = "updates"
_MODEL = "model."


class MovingAverage:
    """Averages of all weights and floating buffers of a network; other buffers, such as counts, are the latest.

    The average a becomes d a + (1 - d) w, where d = min(decay, (1 + n) / (10 + n)) with n updates so far: early on,
    weights of chance are forgotten quickly. It lies where the network lies, in the layout that its tensors had.

    Args:
        model: starts the average. Without wrappers, such as those of several processes.
        decay: from 0 (no memory) to below 1; an average over about 1 / (1 - decay) updates.

    Raises:
        ConfigError: a decay out of range.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        require(0 <= decay < 1, f"the decay of a moving average is from 0 to below 1, found {decay}")
        self.decay = decay
        self._updates = 0
        self._average: dict[str, Tensor] = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take the network's weights into the average; to be called after every step."""
        # n is the count before this update: the first one has d = 1/10
        share = 1 - min(self.decay, (1 + self._updates) / (10 + self._updates))
        for key, value in model.state_dict().items():
            average = self._average[key]
            if value.is_floating_point():
                average.lerp_(value, share)  # an average of equal values is that value, to the bit
            else:
                average.copy_(value)
        self._updates += 1

    def tensors(self) -> dict[str, Tensor]:
        """The whole state, for a checkpoint: `updates` and `model.*`; not to be written to."""
        return {_UPDATES: torch.tensor(self._updates), **{_MODEL + k: v for k, v in self._average.items()}}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what `tensors` gave, to the same bits.

        Raises:
            ArtefactError: it is of another network; nothing is changed then.
        """
        expected = self.tensors()
        differing = sorted(
            key
            for key in expected.keys() | tensors.keys()
            if key not in expected or key not in tensors or not _alike(expected[key], tensors[key])
        )
        if differing:
            raise ArtefactError(
                f"the checkpoint's moving average is not of this network ({differing[0]!r} differs): train in a new "
                "folder"
            )
        self._updates = int(tensors[_UPDATES])
        for key, average in self._average.items():
            average.copy_(tensors[_MODEL + key])

    def fill(self, model: nn.Module) -> None:
        """Give the network the averaged weights, for good."""
        _fill(model, self._average)

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[None]:
        """The network with the averaged weights, to validate or to save; afterwards it has its own again, bit by bit.

        What the block changes in the network is lost; the average stays as it is.
        """
        # copies, for the network's tensors themselves are written over
        weights = {k: v.detach().clone() for k, v in model.state_dict().items()}
        try:
            self.fill(model)
            yield
        finally:
            _fill(model, weights)


@torch.no_grad()
def _fill(model: nn.Module, values: Mapping[str, Tensor]) -> None:
    """Copy values in place: optimizers and compiled steps know the tensors themselves."""
    for key, tensor in model.state_dict().items():
        tensor.copy_(values[key])


def _alike(one: Tensor, other: Tensor) -> bool:
    return (one.shape, one.dtype) == (other.shape, other.dtype)
