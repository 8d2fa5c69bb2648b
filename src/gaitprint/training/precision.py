"""What convolutions are computed in: bfloat16 where it was chosen and is the faster here, for the whole of a run.

That a library can compute in bfloat16 says nothing about its speed: on processors that have AVX-512 and no bfloat16
torch calls it supported, emulates it, and takes twice as long as in float32. So both are timed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

Name = Literal["float32", "bfloat16"]

_GAIN = 1.1
"""How many times as fast bfloat16 must be: for less its digits are not given up."""


@dataclass(frozen=True)
class Precision:
    """What is computed in, and why where there was a choice."""

    name: Name = "float32"
    why: str = ""

    def within(self, device: str) -> AbstractContextManager[object]:
        """What a network's forward pass runs within."""
        kind = torch.device(device).type
        return torch.autocast(kind, torch.bfloat16) if self.name == "bfloat16" else nullcontext()

    def describe(self) -> str:
        """`in float32: bfloat16 takes 2.3 times as long here`."""
        return f"in {self.name}: {self.why}" if self.why else f"in {self.name}"


FLOAT32 = Precision()
"""What is computed in where nothing else is said."""


@dataclass(frozen=True)
class Seconds:
    """Seconds of one step in either precision."""

    float32: float
    bfloat16: float


def choose_precision(
    asked: Literal["float32", "bfloat16", "bfloat16-always"],
    device: str,
    measured: Callable[[], Seconds],
    recorded: Name | None = None,
) -> Precision:
    """What a run computes in.

    Args:
        asked: the recipe's `training.precision`.
        device: `cpu`, `cuda`, `cuda:1`.
        measured: asked only where nothing else decides.
        recorded: what the run was begun in; a run stays in it, on whatever machine it goes on.
    """
    if asked == "float32":
        return FLOAT32
    if asked == "bfloat16-always":
        return Precision("bfloat16", "the recipe says so, be it the slower one here or not")
    if recorded is not None:
        return Precision(recorded, "as the run was begun")
    if torch.device(device).type == "cuda":  # a few clips do not fill a card, so their time would say nothing
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return Precision("bfloat16", "this card multiplies in it")
        return Precision("float32", "this card only emulates bfloat16")
    if not _can():  # torch's own loops would take ten times as long, too long to wait for
        return Precision("float32", "this processor has no bfloat16")
    seconds = measured()
    if seconds.bfloat16 * _GAIN < seconds.float32:
        return Precision("bfloat16", f"{seconds.float32 / seconds.bfloat16:.2g} times as fast here as float32")
    return Precision("float32", f"bfloat16 takes {seconds.bfloat16 / seconds.float32:.2g} times as long here")


def _can() -> bool:
    """Whether oneDNN convolves in bfloat16 on this processor, fast or slow; True where torch cannot be asked."""
    asked = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    return bool(asked())
