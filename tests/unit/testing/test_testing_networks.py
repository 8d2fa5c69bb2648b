"""`check_network` finds what is broken, and says which promise it was."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from gaitprint.components import Example
from gaitprint.errors import ComponentError, ContractError, GaitprintError
from gaitprint.layers.part_pooling import GeneralisedMean, PartHead
from gaitprint.models.base import PartNetwork
from gaitprint.models.part_rows import PartRows
from gaitprint.tensors import PartOutputs
from gaitprint.testing import check_network
from gaitprint.types import PartLayout


@dataclass(frozen=True)
class Settings:
    parts: int = 2
    channels: int = 3
    unset: int | None = 1


class Sound(nn.Module):
    """Strips of frames' mean rows, by a matrix; with a classifier."""

    def __init__(self, settings, classes, generator):
        super().__init__()
        self.settings, self.classes = settings, classes
        self.layout = PartLayout(((settings.parts, settings.channels),))
        self.weight = nn.Parameter(torch.randn(8, settings.channels, generator=generator))
        self.classifier = nn.Parameter(torch.randn(settings.channels, classes, generator=generator))

    def pooled(self, clips):
        columns = nn.functional.adaptive_avg_pool2d(clips.amax(dim=2), (self.settings.parts, 8))
        return columns.squeeze(1)

    def forward(self, clips, generator=None):
        parts = self.pooled(clips) @ self.weight
        return PartOutputs(parts, parts, parts @ self.classifier)


class WithoutLayout(Sound):
    def __init__(self, settings, classes, generator):
        super().__init__(settings, classes, generator)
        del self.layout


class AnotherLayout(Sound):
    def __init__(self, settings, classes, generator):
        super().__init__(settings, classes, generator)
        self.layout = PartLayout(((settings.parts, settings.channels + 1),))


class NoSingleFrame(Sound):
    def forward(self, clips, generator=None):
        if clips.shape[2] == 1:
            raise ValueError("too\nshort")
        return super().forward(clips)


class OnlyATensor(Sound):
    def forward(self, clips, generator=None):
        return super().forward(clips).embedding


class LooksAtTheBatch(Sound):
    def forward(self, clips, generator=None):
        return super().forward(clips - clips.mean())


class ForgetsItsClassifier(Sound):
    def forward(self, clips, generator=None):
        return super().forward(clips)._replace(logits=None)


class ChangesClips(Sound):
    def forward(self, clips, generator=None):
        return super().forward(clips.mul_(0.5))


class DrawsInEvaluation(Sound):
    def forward(self, clips, generator=None):
        return super().forward(nn.functional.dropout(clips, 0.5))


class DropsOutWithTheGlobalGenerator(Sound):
    def forward(self, clips, generator=None):
        return super().forward(nn.functional.dropout(clips, 0.5, self.training))


class DrawsWeightsElsewhere(Sound):
    def __init__(self, settings, classes, generator):
        super().__init__(settings, classes, generator)
        nn.init.normal_(self.weight)


class DividesByNothing(Sound):
    def forward(self, clips, generator=None):
        parts = super().forward(clips)
        norm = parts.metric_features.square().sum(dim=2, keepdim=True).sqrt()
        return parts._replace(metric_features=parts.metric_features / norm)


class BeginsWithZeros(Sound):
    def __init__(self, settings, classes, generator):
        super().__init__(settings, classes, generator)
        nn.init.zeros_(self.weight)


class HasADeadParameter(Sound):
    def __init__(self, settings, classes, generator):
        super().__init__(settings, classes, generator)
        self.forgotten = nn.Parameter(torch.ones(1))


class TakesTheSettingsBack(Sound):
    def __init__(self, settings, classes, generator):
        super().__init__(settings, classes, generator)
        self.settings = Settings(unset=None)


class KeepsWeightsOutOfTheFile(Sound):
    def __init__(self, settings, classes, generator):
        super().__init__(settings, classes, generator)
        self.register_buffer("factor", torch.rand(1, generator=generator), persistent=False)

    def forward(self, clips, generator=None):
        return super().forward(clips * self.factor)


BROKEN = {
    WithoutLayout: "with settings, classes and layout; found no layout",
    AnotherLayout: r"PartOutputs of its layout.*; found an embedding \(2, 2, 3\), and not \(2, 2, 4\)",
    NoSingleFrame: "clips of any length from one frame up.*; found ValueError: too short",
    OnlyATensor: "PartOutputs of its layout, all finite; found a Tensor",
    LooksAtTheBatch: "a clip embeds alike alone and in a batch; found clip 0 of 3, 1 frames: a difference of",
    ForgetsItsClassifier: "found logits None, where classes = 5",
    ChangesClips: "the clips it is given stay as they are; found clips of 1 frames changed, training: False",
    DrawsInEvaluation: "in evaluation nothing is drawn",
    DropsOutWithTheGlobalGenerator: "what training draws come from the given generators alone",
    DrawsWeightsElsewhere: "from the given generators alone; found other weights .* of weight: draw these",
    DividesByNothing: "an empty clip gives finite values and gradients",
    BeginsWithZeros: "reaches every parameter; found none in classifier: its features are all 0, as if a weight",
    HasADeadParameter: "the gradient reaches every parameter; found none in forgotten",
    TakesTheSettingsBack: "its settings hold no None and rebuild it.*; found None for unset",
    KeepsWeightsOutOfTheFile: "rebuild it, with its weights, to the byte; found another embedding",
}


def test_a_sound_one_passes(installed) -> None:
    check_network(installed(Settings, Sound, Example({"parts": 4}, (32, 22))))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.__name__)
def test_a_broken_one_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN[broken]) as caught:
        check_network(installed(Settings, broken))
    said = str(caught.value)
    assert said.startswith("the network somebody.broken breaks a promise: ")
    assert said.endswith("(docs/extend/network.md says what it owes)")
    assert "\n" not in said


def test_the_error_is_one_of_ours_and_a_failed_assertion(installed) -> None:
    with pytest.raises(ContractError, match=r"settings \{'parts': 4\}") as caught:
        check_network(installed(Settings, OnlyATensor, Example({"parts": 4})))
    assert isinstance(caught.value, GaitprintError)
    assert isinstance(caught.value, AssertionError)


def test_a_wrong_example_and_a_wrong_name_are_told(installed) -> None:
    with pytest.raises(ContractError, match="has no setting 'strips'"):
        check_network(installed(Settings, Sound, Example({"strips": 4})))
    with pytest.raises(ComponentError, match="no network is called 'gaitgll': did you mean 'gaitgl'"):
        check_network("gaitgll")


class Staged(PartNetwork):
    """Rows of frames by a matrix: two rows a part."""

    def __init__(self, settings, classes, generator):
        super().__init__()
        self.settings, self.classes, self.layout = settings, None, PartLayout(((4, settings.channels),))
        self.weight = nn.Parameter(torch.randn(settings.channels, 1, 1, 1, 1, generator=generator))
        self.pooling = GeneralisedMean(4, 6.5)
        self.head = PartHead("plain", 4, settings.channels, None, generator)

    def trunk(self, clips, generator=None):
        return self.pooling(clips * self.weight.abs().reshape(1, -1, 1, 1, 1))

    def part_rows(self, rows):
        edges = np.arange(5) * rows // 4
        band = np.stack([edges[:-1], edges[1:]], axis=1)
        return PartRows(band, band, ("whole",) * 4, 0, 0, 1)


class AnotherWay(Staged):
    def forward(self, clips, generator=None):
        return self.head(2 * self.trunk(clips))


class SaysItMixes(Staged):
    mixes_clips = True


class MixesInTraining(Staged):
    def trunk(self, clips, generator=None):
        pooled = super().trunk(clips)
        return pooled - pooled.mean(dim=0) if self.training and len(clips) > 1 else pooled


class UpsideDown(Staged):
    def part_rows(self, rows):
        said = super().part_rows(rows)
        return PartRows(said.band[::-1].copy(), said.field[::-1].copy(), said.branch, 0, 0, 1)


class SeesMoreThanItSays(Staged):
    def part_rows(self, rows):
        said = super().part_rows(rows)
        return PartRows(said.band, said.field - np.array([[0, 2]]), said.branch, 0, 0, 1)


class ForgetsAPart(Staged):
    def part_rows(self, rows):
        said = super().part_rows(rows)
        return PartRows(said.band[1:], said.field[1:], said.branch[1:], 0, 0, 1)


class LooksAtNeighbours(Staged):
    def trunk(self, clips, generator=None):
        return super().trunk(clips + clips.roll(1, dims=2))


class SaysAnotherStride(Staged):
    def part_rows(self, rows):
        said = super().part_rows(rows)
        return PartRows(said.band, said.field, said.branch, 0, 0, 3)


BROKEN_STAGED = {
    LooksAtNeighbours: "it says in frames how far a moment sees.*; found another moment 1: True, of frame 0, before",
    SaysAnotherStride: "it says in frames how far a moment sees.*; found another moment 1: False, of frame 4, its own",
    AnotherWay: r"network\(clips\) is network.head\(network.trunk\(clips\)\); found another embedding",
    SaysItMixes: "`mixes_clips` is true exactly where.*; found mixes_clips = True, and parts differ: False",
    MixesInTraining: "`mixes_clips` is true exactly where.*; found mixes_clips = False, and parts differ: True",
    UpsideDown: r"part_rows\(rows\) is None, or says.*; found \(row, part\) \[\(0, 0\)",
    SeesMoreThanItSays: r"all rows that can change it; found \(row, part\)",
    ForgetsAPart: "part_rows.*; found 3 of 4 parts",
}


def test_a_sound_network_in_two_stages_passes(installed) -> None:
    check_network(installed(Settings, Staged, Example(frame=(32, 22))))


@pytest.mark.parametrize("broken", BROKEN_STAGED, ids=lambda b: b.__name__)
def test_a_broken_network_in_two_stages_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN_STAGED[broken]) as caught:
        check_network(installed(Settings, broken, Example(frame=(32, 22))))
    assert "\n" not in str(caught.value)
