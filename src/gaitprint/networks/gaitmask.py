"""GaitMask: 3-D convolutions beside masked ones.

Source: Lin, Yu, "GaitMask: Mask-Based Model for Gait Recognition", BMVC 2021, eqs. 1-4; widths from table 2 of the
competition method. The text leaves open what makes the mask do something; see `_mask`.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.deploy.form import Branches, DeployForm, MaxPool
from gaitprint.layers.clips import ShortClip, check_clips, repeat_short_clips
from gaitprint.layers.convolution import Convolution, TemporalAggregation, max_pool_2x2
from gaitprint.layers.folding import deploy_form, fold_branches, fold_pairs, fold_triples
from gaitprint.layers.masked_convolution import Band, MaskedConvolution, MaskMode, SeparateMaskedConvolution, draw_band
from gaitprint.layers.part_pooling import GeneralisedMean, HeadKind, PartHead
from gaitprint.models.base import PartNetwork
from gaitprint.models.part_rows import PartRows, StackedMaps
from gaitprint.types import PartLayout


@dataclass(frozen=True)
class GaitMaskSettings:
    """The network of table 2."""

    channels: tuple[int, int, int] = (32, 64, 128)
    """Widths: stem, the layer before the pool, the four layers after it."""
    mask_mode: MaskMode = "activated"
    """What is non-linear about the masks: activated, gated, separate, or linear (nothing: the control)."""
    band_ratio: float = 0.2
    """The band's share of the rows, above 0 and below 1."""
    head: HeadKind = "plain"
    """plain (table 2), shared-bn or separate-bnneck."""
    height: int = 64
    """Rows of a frame, and so the number of parts; 32 for clips of half resolution."""
    trunk_norm: Literal["none", "batch"] = "none"
    """batch: BatchNorm after every convolution, for small networks trained briefly. The paper has none."""
    gem_power: float = 6.5
    """The initial power of the generalised mean."""
    short_clip: ShortClip = "opengait"
    """What becomes of clips of three frames: left as they are (opengait) or lengthened to four (authors)."""

    def __post_init__(self) -> None:
        require(min(self.channels) >= 1, f"gaitmask's channels are at least 1, found {self.channels}")
        require(0 < self.band_ratio < 1, f"gaitmask's band_ratio is above 0 and below 1, found {self.band_ratio}")
        require(
            self.height >= 2 and self.height % 2 == 0,
            f"gaitmask's height is even, for its pool halves the rows; found {self.height}",
        )
        require(1 <= self.gem_power <= 100, f"gaitmask's gem_power is from 1 to 100, found {self.gem_power}")


class GMCL(nn.Module):
    """The whole map and the masked one, each convolved and activated; summed (A) or stacked on height (B)."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        mode: MaskMode,
        stack: bool,
        batch_norm: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.whole = Convolution(channels_in, channels_out, batch_norm=batch_norm, generator=generator)
        self.masked: nn.Module
        if mode == "separate":
            self.masked = SeparateMaskedConvolution(
                channels_in, channels_out, batch_norm=batch_norm, generator=generator
            )
        else:
            self.masked = MaskedConvolution(channels_in, channels_out, mode, batch_norm=batch_norm, generator=generator)
        self.stack = stack

    def forward(self, x: Float[Tensor, "N C T H W"], band: Band | None) -> Float[Tensor, "N D T H2 W"]:
        whole, masked = self.whole(x), self.masked(x, band)
        return torch.cat([whole, masked], dim=3) if self.stack else whole + masked


class GaitMask(PartNetwork):
    """The network; `layout` says how the embedding splits into parts."""

    pooling: GeneralisedMean

    def __init__(self, settings: GaitMaskSettings, classes: int | None, generator: torch.Generator) -> None:
        super().__init__()
        self.settings = settings
        a, b, c = settings.channels
        mode, norm = settings.mask_mode, settings.trunk_norm == "batch"
        self.stem = Convolution(1, a, batch_norm=norm, generator=generator)
        self.aggregation = TemporalAggregation(a, batch_norm=norm, generator=generator)
        self.before_pool = nn.ModuleList([GMCL(a, b, mode, False, norm, generator)])
        self.after_pool = nn.ModuleList(GMCL(b if i == 0 else c, c, mode, i == 3, norm, generator) for i in range(4))
        self.pooling = GeneralisedMean(settings.height, settings.gem_power)
        self.head = PartHead(settings.head, settings.height, c, classes, generator)
        self.classes = classes if self.head.classifier is not None else None
        self.layout = PartLayout(((settings.height, c),))

    def trunk(
        self, clips: Float[Tensor, "N 1 T H W"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "N P C"]:
        """All up to the pooled parts; in training each layer draws its band from `generator`."""
        check_clips(clips, self.settings.height)
        x = repeat_short_clips(clips, self.settings.short_clip)
        x = self._layer(self.aggregation, self._layer(self.stem, x))
        for layer in self.before_pool:
            # drawn outside of the layer: computed again for the gradient it must meet the same band
            x = self._layer(layer, x, self._band(x, generator))
        x = max_pool_2x2(x)
        for layer in self.after_pool:
            x = self._layer(layer, x, self._band(x, generator))
        pooled: Tensor = self.pooling(x)
        return pooled

    def deploy_form(self) -> DeployForm:
        """See `PartNetwork`; at test nothing is masked."""
        before, after = fold_pairs(self.before_pool, "masked"), fold_pairs(self.after_pool, "masked")
        stem = Branches((fold_branches(self.stem),))
        return deploy_form(
            (stem, fold_triples(self.aggregation), *before, MaxPool(), *after),
            self.pooling,
            self.head,
            self.settings.height,
            self.settings.short_clip,
        )

    def part_rows(self, rows: int) -> PartRows:
        """See `PartNetwork`."""
        layers = 1, len(self.before_pool), len(self.after_pool)
        return StackedMaps(self.settings.height, "masked", 1, *layers).rows(rows)

    def _band(self, x: Float[Tensor, "N C T H W"], generator: torch.Generator | None) -> Band | None:
        return draw_band(x.shape[3], self.settings.band_ratio, generator) if self.training else None


component = Component(
    GaitMaskSettings,
    GaitMask,
    (Example({"channels": [4, 8, 12]}), Example({"channels": [4, 8, 12], "head": "shared-bn"})),
)
