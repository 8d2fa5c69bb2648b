"""GaitGL: global and local (strip by strip) 3-D convolutions, in the competition form and both journal forms.

Source: Lin, Zhang, Yu, "Gait Recognition via Effective Global-Local Feature Representation and Local Temporal
Aggregation", ICCV 2021; the journal version (arXiv 2208.01380); the competition form as its authors published it.
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.deploy.form import Branches, DeployForm, MaxPool
from gaitprint.layers.clips import ShortClip, check_clips, repeat_short_clips
from gaitprint.layers.convolution import (
    Convolution,
    StripConvolution,
    TemporalAggregation,
    activate,
    as_channels_last,
    max_pool_2x2,
)
from gaitprint.layers.folding import deploy_form, fold_branches, fold_pairs, fold_triples
from gaitprint.layers.part_pooling import GeneralisedMean, HeadKind, PartHead
from gaitprint.layers.winograd_time import temporal_convolve, winograd_is_faster
from gaitprint.models.base import PartNetwork
from gaitprint.models.part_rows import PartRows, StackedMaps
from gaitprint.types import PartLayout

Form = Literal["competition", "casia-b", "oumvlp"]


@dataclass(frozen=True)
class GaitGLSettings:
    """Settings of GaitGL; a field left out takes the value of the form."""

    form: Form = "competition"
    """The depth: casia-b has 3 GLConv layers, competition 5, oumvlp 6 and a second stem convolution."""
    channels: tuple[int, ...] | None = None
    """Widths: stem, before the pool, and after it (casia-b 32, 64, 128; the others 32, 64, 128, 256)."""
    strips: int | None = None
    """Strips of the local convolution (casia-b 8, the others 2)."""
    head: HeadKind | None = None
    """plain (competition), shared-bn (the journal forms) or separate-bnneck."""
    height: int = 64
    """Rows of a frame, and so the number of parts; 32 for clips of half resolution."""
    trunk_norm: Literal["none", "batch"] = "none"
    """batch: BatchNorm after every convolution, for small networks trained briefly. The paper has none."""
    gem_power: float = 6.5
    """The initial power of the generalised mean."""
    short_clip: ShortClip | None = None
    """What becomes of clips of three frames: authors (competition) or opengait (the journal forms)."""

    def __post_init__(self) -> None:
        widths, channels = _WIDTHS[self.form], self.channels
        require(
            channels is None or (len(channels) == len(widths) and min(channels) >= 1),
            f"gaitgl in the form {self.form!r} has {len(widths)} channel widths such as {widths}, found {channels}",
        )
        strips = _STRIPS[self.form] if self.strips is None else self.strips
        require(
            strips >= 1 and self.height >= 1 and self.height % (2 * strips) == 0,
            f"gaitgl's height is a multiple of 2 x strips (after the pool each strip keeps whole rows), "
            f"found height {self.height} and {strips} strips",
        )
        require(1 <= self.gem_power <= 100, f"gaitgl's gem_power is from 1 to 100, found {self.gem_power}")


_WIDTHS: dict[Form, tuple[int, ...]] = {
    "competition": (32, 64, 128, 256),
    "casia-b": (32, 64, 128),
    "oumvlp": (32, 64, 128, 256),
}
_STRIPS: dict[Form, int] = {"competition": 2, "casia-b": 8, "oumvlp": 2}


class GLConv(nn.Module):
    """The whole map and its strips, each convolved and activated; summed (A) or stacked on height (B)."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        strips: int,
        stack: bool,
        batch_norm: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.whole = Convolution(channels_in, channels_out, batch_norm=batch_norm, generator=generator)
        self.local = StripConvolution(channels_in, channels_out, strips, batch_norm=batch_norm, generator=generator)
        self.stack = stack

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N D T H2 W"]:
        if self.training and winograd_is_faster(
            x
        ):  # not at test, where embeddings stay those of the direct convolutions
            weights = self.whole.weight, self.local.weight
            ys = temporal_convolve(x, weights, (1, self.local.strips))
            whole, local = (activate(layer.norm(y)) for layer, y in zip((self.whole, self.local), ys, strict=True))
        else:
            whole, local = self.whole(x), self.local(x)
        return torch.cat([whole, local], dim=3) if self.stack else whole + local


class GaitGL(PartNetwork):
    """The network; `settings` holds no None, `layout` says how the embedding splits into parts."""

    pooling: GeneralisedMean

    def __init__(self, settings: GaitGLSettings, classes: int | None, generator: torch.Generator) -> None:
        super().__init__()
        self.settings = resolve(settings)
        channels, strips, head, self._short_clip = _values(settings)
        self.strips, norm = strips, settings.trunk_norm == "batch"
        stem, before, after = _plan(settings.form, channels)

        def glconv(widths: tuple[int, int], stack: bool = False) -> GLConv:
            return GLConv(*widths, strips, stack, norm, generator)

        # weights are drawn as layers are made: their order is part of what a seed stands for
        self.stem = nn.Sequential(*(Convolution(a, b, batch_norm=norm, generator=generator) for a, b in stem))
        self.aggregation = TemporalAggregation(channels[0], batch_norm=norm, generator=generator)
        self.before_pool = nn.Sequential(*(glconv(widths) for widths in before))
        self.after_pool = nn.Sequential(*(glconv(w, i == len(after) - 1) for i, w in enumerate(after)))
        self.pooling = GeneralisedMean(settings.height, settings.gem_power)
        self.head = PartHead(head, settings.height, channels[-1], classes, generator)
        self.classes = classes if self.head.classifier is not None else None
        self.layout = PartLayout(((settings.height, channels[-1]),))

    def trunk(
        self,
        clips: Float[Tensor, "N 1 T H W"],
        generator: torch.Generator | None = None,  # noqa: ARG002 - nothing is drawn
    ) -> Float[Tensor, "N P C"]:
        """All up to the pooled parts; nothing is drawn, `generator` is there for the contract."""
        check_clips(clips, self.settings.height)
        x = repeat_short_clips(clips, self._short_clip)
        # the weights say in which layout the trainer put the network; clips of one channel cannot, see
        # `as_channels_last`
        if self.aggregation.weight.is_contiguous(memory_format=torch.channels_last_3d):
            x = as_channels_last(x)
        for layer in (*self.stem, self.aggregation, *self.before_pool):
            x = self._layer(layer, x)
        x = max_pool_2x2(x)
        for layer in self.after_pool:
            x = self._layer(layer, x)
        pooled: Tensor = self.pooling(x)
        return pooled

    def deploy_form(self) -> DeployForm:
        """See `PartNetwork`."""
        stem = [Branches((fold_branches(layer),)) for layer in self.stem]
        before, after = fold_pairs(self.before_pool, "local"), fold_pairs(self.after_pool, "local")
        return deploy_form(
            (*stem, fold_triples(self.aggregation), *before, MaxPool(), *after),
            self.pooling,
            self.head,
            self.settings.height,
            self._short_clip,
        )

    def part_rows(self, rows: int) -> PartRows:
        """See `PartNetwork`."""
        layers = len(self.stem), len(self.before_pool), len(self.after_pool)
        return StackedMaps(self.settings.height, "strips", self.strips, *layers).rows(rows)


def resolve(settings: GaitGLSettings) -> GaitGLSettings:
    """The settings with every None replaced by the form's own value."""
    return replace(settings, **_values(settings)._asdict())


class _Values(NamedTuple):
    """The settings that a form has values for, none of them left out."""

    channels: tuple[int, ...]
    strips: int
    head: HeadKind
    short_clip: ShortClip


def _values(settings: GaitGLSettings) -> _Values:
    competition = settings.form == "competition"
    return _Values(
        channels=settings.channels or _WIDTHS[settings.form],
        strips=settings.strips or _STRIPS[settings.form],
        head=settings.head or ("plain" if competition else "shared-bn"),
        short_clip=settings.short_clip or ("authors" if competition else "opengait"),
    )


def _plan(form: Form, channels: tuple[int, ...]) -> tuple[list[tuple[int, int]], ...]:
    """The (in, out) widths of the stem, of the layers before the pool and of those after it (method section 3)."""
    # of three widths d is c, and not used
    a, b, c, d = channels[0], channels[1], channels[2], channels[-1]
    if form == "casia-b":
        return [(1, a)], [(a, b)], [(b, c), (c, c)]
    after = [(b, c), (c, c), (c, d), (d, d)]
    if form == "competition":
        return [(1, a)], [(a, b)], after
    return [(1, a), (a, a)], [(a, b), (b, b)], after


component = Component(
    GaitGLSettings,
    GaitGL,
    (
        Example({"channels": [4, 8, 12, 16]}),
        Example({"channels": [4, 8, 12, 16], "head": "shared-bn"}),
        Example({"form": "casia-b", "channels": [4, 6, 8], "strips": 4, "height": 32, "trunk_norm": "batch"}, (32, 22)),
    ),
)
