"""What a network asks of its input: the right height, and enough frames for the temporal convolution."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from gaitprint.errors import ShapeError

ShortClip = Literal["opengait", "authors"]
"""How clips too short for the stride of three are lengthened."""


def check_clips(clips: Float[Tensor, "N 1 T H W"], height: int) -> None:
    """Raise ShapeError unless the clips are [N, 1, T, H, W] with H a multiple of `height` and W even."""
    if clips.ndim != 5 or clips.shape[1] != 1 or 0 in clips.shape or not clips.is_floating_point():
        raise ShapeError(f"clips are float [N, 1, T, H, W], none empty, found {clips.dtype} {list(clips.shape)}")
    # a multiple of the height keeps the number of parts, each of more rows; the pool halves both sides
    if clips.shape[3] % height or clips.shape[4] % 2:
        size = f"{clips.shape[3]} x {clips.shape[4]}"
        raise ShapeError(
            f"this network was built for frames of {height} rows (or a multiple) and an even width, found {size}: "
            "prepare the clips as the network's card says"
        )


def repeat_short_clips(clips: Float[Tensor, "N 1 T H W"], rule: ShortClip) -> Float[Tensor, "N 1 L H W"]:
    """Clips of at least three frames: a -> a a a, a b -> a b a b; the authors also make a b c -> a b c a.

    Source: method section 2; the two references differ on three frames, and embeddings with them by more than 10 %.
    """
    frames = clips.shape[2]
    if frames == 1:
        return clips.repeat(1, 1, 3, 1, 1)
    if frames == 2:
        return clips.repeat(1, 1, 2, 1, 1)
    if frames == 3 and rule == "authors":
        return torch.cat([clips, clips[:, :, :1]], dim=2)
    return clips
