"""The deploy form of a network: a straight line of layers with plain arrays, equal to the network in evaluation.

Batch norms are folded into weights and biases, classifiers and masks are gone, and what is computed from one input
stands together. Back ends lower it, each in its own way; networks make it, see `gaitprint.layers.folding`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.errors import ShapeError

SLOPE = 0.01
"""Of the LeakyReLU behind every convolution."""
EPS = 1e-6
"""Activations below this count as this in the generalised mean."""

Array = Float32[np.ndarray, "..."]


@dataclass(frozen=True, eq=False)
class Branch:
    """One 3 x 3 x 3 convolution with zero padding, its bias and LeakyReLU."""

    weight: Float32[np.ndarray, "D C 3 3 3"]
    bias: Float32[np.ndarray, " D"] | None = None
    strips: int = 1
    """Equal strips of rows, each padded by itself."""


@dataclass(frozen=True, eq=False)
class Branches:
    """Branches of one input: those of a group are added, the groups' maps are stacked on height."""

    groups: tuple[tuple[Branch, ...], ...]

    @property
    def branches(self) -> tuple[Branch, ...]:
        """All of them, group by group."""
        return tuple(branch for group in self.groups for branch in group)


@dataclass(frozen=True, eq=False)
class Triples:
    """A 3 x 1 x 1 convolution of stride three, its bias and LeakyReLU; frames left over at the end are not seen."""

    weight: Float32[np.ndarray, "D C 3"]
    bias: Float32[np.ndarray, " D"] | None = None


@dataclass(frozen=True)
class MaxPool:
    """The maximum of every 2 x 2 pixels of a frame."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """Any convolution of odd sides with zero padding, its bias and a LeakyReLU of its own."""

    weight: Float32[np.ndarray, "D C F R S"]
    bias: Float32[np.ndarray, " D"] | None = None
    stride: int = 1
    """Of rows and columns."""
    slope: float = 0.0
    """Of its LeakyReLU: 0 is a ReLU, 1 none at all."""


@dataclass(frozen=True, eq=False)
class Residual:
    """ReLU of convolutions one after another plus a shortcut, None: what they are given."""

    body: tuple[Convolution, ...]
    shortcut: Convolution | None = None


Layer = Branches | Triples | MaxPool | Convolution | Residual


@dataclass(frozen=True, eq=False)
class DeployForm:
    """Layers, then the maximum over time, a pooling of bands of rows to P parts, and one linear map a part."""

    layers: tuple[Layer, ...]
    height: int
    """Frames have this many rows, or a multiple; their width is even."""
    parts: int
    power: float
    """Of the generalised mean of P bands."""
    head: Float32[np.ndarray, "P C D"]
    head_bias: Float32[np.ndarray, " D"] | None = None
    lengthen_three: bool = False
    """Whether clips of three frames become four, see `lengthened`."""
    bands: tuple[int, ...] = ()
    """Instead of the generalised mean: the mean plus the maximum of each of so many bands, one count after another."""

    @property
    def moments(self) -> int:
        """Frames that one moment of the last map is made of."""
        return int(3 ** sum(isinstance(layer, Triples) for layer in self.layers))

    def lengthened(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N L H W"]:
        """Check clips and repeat frames of those too short for a stride of three.

        Raises:
            ShapeError: they do not fit the form.
        """
        check_clips_fit(clips, self.height)
        frames = clips.shape[1]
        if self.moments == 1:
            return clips
        if frames <= 2:
            return np.tile(clips, (1, 3 if frames == 1 else 2, 1, 1))
        if frames == 3 and self.lengthen_three:
            return np.concatenate([clips, clips[:, :1]], axis=1)
        return clips


def check_clips_fit(clips: Float32[np.ndarray, "N T H W"], height: int) -> None:
    """Raise ShapeError unless no clip is empty, its rows are a multiple of `height` and its columns even."""
    if clips.ndim != 4 or 0 in clips.shape or clips.shape[2] % height or clips.shape[3] % 2:
        raise ShapeError(
            f"this form takes clips [N, T, H, W], none empty, of {height} rows (or a multiple) and an even width, "
            f"found {list(clips.shape)}: prepare the clips as the model's card says"
        )


def pool_bands(form: DeployForm, maximum: Float32[np.ndarray, "H W C"]) -> Float32[np.ndarray, "P C"]:
    """What a form takes of its last map's maximum over time."""
    if not form.bands:
        return generalised_mean(maximum, form.parts, form.power)
    split = [maximum.reshape(count, -1, maximum.shape[-1]) for count in form.bands]
    pooled: np.ndarray = np.concatenate([band.mean(axis=1) + band.max(axis=1) for band in split])
    return pooled


def generalised_mean(maximum: Float32[np.ndarray, "H W C"], parts: int, power: float) -> Float32[np.ndarray, "P C"]:
    """mean(clamp(x, 1e-6) ** g) ** (1 / g) over each of P equal bands of rows, each divided by its maximum first."""
    bands = np.maximum(maximum, np.float32(EPS)).reshape(parts, -1, maximum.shape[-1])
    largest = bands.max(axis=1)
    g = np.float32(power)
    means = np.power(np.power(bands / largest[:, None], g).mean(axis=1), 1 / g)
    pooled: np.ndarray = (means * largest).astype(np.float32)
    return pooled
