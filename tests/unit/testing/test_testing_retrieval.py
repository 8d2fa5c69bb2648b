"""`check_transform` and `check_scorer` find what is broken, and say which promise it was."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gaitprint.components import Example
from gaitprint.errors import ContractError
from gaitprint.retrieval.bases.recompute import PairwiseScorer, RecomputeTransform
from gaitprint.retrieval.derived_embeddings import derive
from gaitprint.retrieval.distances.contributions import MeanOfLengths
from gaitprint.retrieval.distances.exact import part_mean_euclidean
from gaitprint.testing import check_scorer, check_transform


@dataclass(frozen=True)
class Settings:
    factor: float = 2.0


@dataclass(frozen=True)
class Doubled(RecomputeTransform):
    """Each sequence times a factor."""

    settings: Settings
    transductive = False
    per_sequence = True

    def transform(self, probe, gallery, budget):
        return self.moved(probe), self.moved(gallery)

    def moved(self, side):
        return derive(side, (self.settings.factor * side.vectors).astype(np.float32), self)


class Silent(Doubled):
    def moved(self, side):
        return replace(side, vectors=2 * side.vectors)


class InPlace(Doubled):
    def moved(self, side):
        side.vectors.setflags(write=True)
        side.vectors[:] *= 2
        return derive(side, side.vectors, self)


class DoublePrecision(Doubled):
    def moved(self, side):
        made = derive(side, side.vectors, self)
        object.__setattr__(made, "vectors", side.vectors.astype(np.float64))
        return made


class DividesByNothing(Doubled):
    def moved(self, side):
        with np.errstate(invalid="ignore", divide="ignore"):
            return derive(side, side.vectors / np.abs(side.vectors).sum(axis=1, keepdims=True), self)


class Reversed(Doubled):
    def moved(self, side):
        made = derive(side, side.vectors[::-1].copy(), self)
        return replace(made, records=made.records[::-1])


class OneSide(Doubled):
    def transform(self, probe, gallery, budget):
        return self.moved(probe)


class CentredOnProbes(Doubled):
    per_sequence = False

    def transform(self, probe, gallery, budget):
        mean = probe.vectors.mean(axis=0)
        return tuple(derive(side, np.abs(side.vectors - mean) ** 2, self) for side in (probe, gallery))


class CentredOnTheGallery(Doubled):
    def transform(self, probe, gallery, budget):
        mean = gallery.vectors.mean(axis=0)
        return tuple(derive(side, side.vectors - mean, self) for side in (probe, gallery))


class SaysItLooks(Doubled):
    transductive = True


class SaysNothing(Doubled):
    per_sequence = property()


class CountsPlaces(Doubled):
    per_sequence = False

    def moved(self, side):
        return derive(side, side.vectors * (1 + np.arange(len(side), dtype=np.float32)[:, None]), self)


class OneAtATimeAndAllAtOnce(Doubled):
    transductive = inductive = True


BROKEN_TRANSFORMS = {
    OneAtATimeAndAllAtOnce: r"one probe at a time \(`inductive`\) is not transductive; found both",
    Silent: r"noted in settings\['transforms'\].*; found None noted and not 'somebody.broken'",
    InPlace: "leaves the given ones as they are; found ",
    DoublePrecision: "vectors stay float32 and finite.*; found float64",
    DividesByNothing: "it changes both sides of any embeddings.*; found ShapeError: embeddings must be finite",
    Reversed: "records, layout and source stay as they are; found other records",
    OneSide: r"it changes both sides.*; found TypeError: .* violates type hint tuple\[",
    CentredOnProbes: "`transductive` is true exactly where.*; found transductive = False, and 13 probes fewer change",
    CentredOnTheGallery: "it says per_sequence, so each sequence comes out the same by itself; found a probe",
    SaysItLooks: "`transductive` is true exactly where.*; found transductive = True, and 13 probes fewer do not",
    SaysNothing: "with settings, transductive and per_sequence; found no per_sequence",
    CountsPlaces: "the order of rows does not matter",
}


@dataclass(frozen=True)
class Blocks(PairwiseScorer):
    """The sum of absolute differences."""

    settings: Settings
    distance = "sum of absolute differences"

    def matrix(self, probe, gallery):
        return cdist(probe.vectors, gallery.vectors, "cityblock").astype(np.float32)


class DoubleDistances(Blocks):
    def matrix(self, probe, gallery):
        return cdist(probe.vectors, gallery.vectors, "cityblock")


class Cosines(Blocks):
    """Similarities, and not distances; nothing for zeros."""

    def matrix(self, probe, gallery):
        with np.errstate(invalid="ignore"):
            return (1 - cdist(probe.vectors, gallery.vectors, "cosine")).astype(np.float32)


class LargeIsAlike(Blocks):
    def matrix(self, probe, gallery):
        return 1 / (1 + super().matrix(probe, gallery))


class BelowNothing(Blocks):
    def matrix(self, probe, gallery):
        return super().matrix(probe, gallery) - 1


class Transposed(Blocks):
    def matrix(self, probe, gallery):
        return super().matrix(gallery, probe)


class Nameless(Blocks):
    distance = ""


class ByTheGallery(Blocks):
    """Says that it looks at two sequences alone, and divides by the gallery's mean."""

    def matrix(self, probe, gallery):
        found = super().matrix(probe, gallery)
        return (found / (1 + np.abs(gallery.vectors).mean())).astype(np.float32)


class ByTheProbes(Blocks):
    pairwise = False

    def matrix(self, probe, gallery):
        found = super().matrix(probe, gallery)
        return (found / (1 + found.max(axis=0, keepdims=True))).astype(np.float32)


class Rounded(Blocks):
    def matrix(self, probe, gallery):
        return super().matrix(probe, gallery).clip(0, 6e4).astype(np.float16).astype(np.float32)


class SaysItIsASum(Blocks):
    part_sum = MeanOfLengths()


class HalvesItsFactors(MeanOfLengths):
    def factors(self, squares):
        return super().factors(squares) / 2


class PartsOfAnother(Blocks):
    """The mean over parts, whose factors are of another sum."""

    part_sum = HalvesItsFactors()

    def matrix(self, probe, gallery):
        return part_mean_euclidean(probe.vectors, gallery.vectors, probe.layout)


BROKEN_SCORERS = {
    SaysItIsASum: "it says part_sum, so what the parts of a pair add makes its distance; found a pair",
    PartsOfAnother: "the factors of its part_sum are contributions divided by squares; found four parts",
    DoubleDistances: r"any embeddings give float32 \[Q, G\].*; found float64 for one of each",
    Cosines: "finite and at least 0; found values that are not finite for",
    LargeIsAlike: "small is alike: the nearest of a sequence is its own copy; found another item for",
    BelowNothing: "finite and at least 0; found -1",
    Transposed: r"any embeddings give float32 \[Q, G\].*; found \[5, 1\] for one probe",
    Nameless: "`distance` says in one line what the numbers are; found ''",
    ByTheGallery: "it says pairwise, so the distance of two sequences is a matter of these two alone",
    ByTheProbes: "`transductive` is true exactly where.*; found transductive = False",
    Rounded: "none of them rounded to half precision; found half precision",
}


def test_sound_ones_pass(installed) -> None:
    example = Example({"factor": 3.0}, blocks=((16, 8),))
    check_transform(installed(Settings, Doubled, example))
    check_scorer(installed(Settings, Blocks, example))


@pytest.mark.parametrize("broken", BROKEN_TRANSFORMS, ids=lambda b: b.__name__)
def test_a_broken_transform_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN_TRANSFORMS[broken]) as caught:
        check_transform(installed(Settings, broken))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", BROKEN_SCORERS, ids=lambda b: b.__name__)
def test_a_broken_scorer_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN_SCORERS[broken]) as caught:
        check_scorer(installed(Settings, broken))
    assert "\n" not in str(caught.value)
