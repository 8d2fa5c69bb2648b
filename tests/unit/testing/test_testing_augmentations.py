"""`check_augmentation` finds what is broken, and says which promise it was."""

from dataclasses import dataclass

import numpy as np
import pytest

from gaitprint.errors import ContractError
from gaitprint.testing import check_augmentation


@dataclass(frozen=True)
class Settings:
    probability: float = 0.2


@dataclass(frozen=True)
class WithoutProbability:
    share: float = 0.2


@dataclass(frozen=True)
class Darker:
    """All pixels times a drawn factor."""

    settings: Settings
    drawn = True
    frames_alike = True

    def __call__(self, clip, generator):
        if generator.random() >= self.settings.probability:
            return clip
        return self.changed(clip, generator)

    def changed(self, clip, generator):
        return clip * np.float32(generator.uniform(0.2, 0.8))


class InPlace(Darker):
    def changed(self, clip, generator):
        clip.setflags(write=True)
        clip *= np.float32(0.5)
        return clip


class DoublePrecision(Darker):
    def changed(self, clip, generator):
        return clip * generator.uniform(0.2, 0.8) * np.ones(clip.shape)


class Brighter(Darker):
    def changed(self, clip, generator):
        return clip * np.float32(generator.uniform(1.2, 1.8))


class Smaller(Darker):
    def changed(self, clip, generator):
        return super().changed(clip, generator)[:, 1:]


class AView(Darker):
    def changed(self, clip, generator):
        return clip[::-1]


class OwnChance(Darker):
    generator = np.random.default_rng(0)

    def changed(self, clip, generator):
        return super().changed(clip, self.generator)


class SaysItDraws(Darker):
    def changed(self, clip, generator):
        return clip * np.float32(0.5)


class Always(Darker):
    def __call__(self, clip, generator):
        return self.changed(clip, generator)


class Never(Darker):
    drawn = False

    def changed(self, clip, generator):
        return clip.copy()


class Seldom(Darker):
    def __call__(self, clip, generator):
        if generator.random() >= self.settings.probability**3:
            return clip
        return self.changed(clip, generator)


class FrameByFrame(Darker):
    def changed(self, clip, generator):
        return clip * generator.uniform(0.2, 0.8, (len(clip), 1, 1)).astype(np.float32)


class SaysFrameByFrame(Darker):
    frames_alike = False


class InPixels(Darker):
    """Of an inner square of 40 pixels, so of more of a small clip."""

    def changed(self, clip, generator):
        result = clip.copy()
        result[:, :40, :40] *= np.float32(generator.uniform(0, 0.1))
        return result


class FineInMemory(Darker):
    """Reads the bytes of a clip as they lie in memory."""

    def changed(self, clip, generator):
        order = clip if clip.flags.c_contiguous else clip.base
        return (order * np.float32(generator.uniform(0.2, 0.8))).reshape(clip.shape)


BROKEN = {
    InPlace: "found ValueError: cannot set WRITEABLE|the clip it is given stays as it was",
    DoublePrecision: "a clip keeps its shape and type.*; found float64",
    Brighter: "its range, 0 to 1; found values from 0.0 to 1.",
    Smaller: r"keeps its shape.*; found \[30, 63, 44\] for a clip \[30, 64, 44\]",
    AView: "shares no memory with another answer; found a view of the given clip",
    OwnChance: "chance comes from the given generator alone.*; found other bytes",
    SaysItDraws: "`drawn` says whether.*; found drawn = True, and 1 different outcomes of 12",
    Always: "probability 0 never changes a clip; found 20 of 20 changed",
    Never: "probability 1 changes clips; found 20 of 20 as they were",
    Seldom: "probability 0.4 changes four clips of ten; found",
    FrameByFrame: "`frames_alike` says whether.*; found frames that were the same differ in 10 of 10",
    SaysFrameByFrame: "found frames_alike = False, and all frames are changed alike",
    InPixels: "a setting means the same at twice the resolution",
    FineInMemory: "views of other arrays are taken as they are; found another answer for a view",
}


def test_a_sound_one_passes(installed) -> None:
    check_augmentation(installed(Settings, Darker))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.__name__)
def test_a_broken_one_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN[broken]) as caught:
        check_augmentation(installed(Settings, broken))
    assert "\n" not in str(caught.value)


def test_one_without_a_probability_is_told(installed) -> None:
    with pytest.raises(
        ContractError, match=r"one of them `probability`; found ConfigError: .*no setting 'probability'"
    ):
        check_augmentation(installed(WithoutProbability, Darker))
