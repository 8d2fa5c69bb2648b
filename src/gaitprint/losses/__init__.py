"""Losses on part features, one a file. A recipe names those it wants; they are summed with their weights."""

from typing import Any, Literal, Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

Output = Literal["metric_features", "embedding", "logits"]
"""The outputs of a network, by the names of `gaitprint.tensors.PartOutputs`."""

TRAINING_FIGURES = ("iteration", "loss", "gradient_norm", "learning_rate", "skipped", "clips_per_second", "data_wait")
"""Names of the history that training fills itself: no loss's `figures` may."""


@runtime_checkable
class LossValues(Protocol):
    """What a loss answers; a named tuple has room for what `figures` shows."""

    @property
    def loss(self) -> Float[Tensor, ""]:
        """One number to be minimised, with its gradient."""
        ...


@runtime_checkable
class Loss(Protocol):
    """Judges one output of a network; `gaitprint.testing.check_loss` tries all of it."""

    @property
    def settings(self) -> Any: ...

    @property
    def reads(self) -> Output:
        """The output of a network that this loss is given."""
        ...

    @property
    def collapsed(self) -> float | None:
        """Its value for features that are all alike, where a run that stays there has collapsed, or None."""
        ...

    def __call__(self, features: Float[Tensor, "N P D"], labels: Int[Tensor, " N"]) -> LossValues:
        """The loss of a batch; labels are the subjects' numbers, for logits those of the classes."""
        ...

    def figures(self, values: Any) -> dict[str, float]:
        """Named finite numbers for the history, the same names for every batch, none of `TRAINING_FIGURES`.

        `accuracy` and `active_share`, shares in [0, 1], are on the progress line, too.
        """
        ...
