"""`check_loss` finds what is broken, and says which promise it was."""

from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
from torch import nn

from gaitprint.errors import ContractError
from gaitprint.testing import check_loss


class Values(NamedTuple):
    loss: torch.Tensor


@dataclass(frozen=True)
class Settings:
    weight: float = 1.0


class Sound:
    """The mean square of features around the mean of their subject."""

    reads = "metric_features"
    collapsed: float | None = 0.0

    def __init__(self, settings):
        self.settings = settings

    def __call__(self, features, labels):
        same = (labels[:, None] == labels[None, :]).to(features.dtype)
        means = torch.einsum("nm,mpc->npc", same / same.sum(dim=1, keepdim=True), features)
        return Values(self.settings.weight * (features - means).square().mean())

    def figures(self, values):
        return {"spread": float(values.loss.detach())}


class ReadsNothingKnown(Sound):
    reads = "features"


class CollapsesElsewhere(Sound):
    collapsed = 0.2


class CutOff(Sound):
    def __call__(self, features, labels):
        return super().__call__(features.detach(), labels)


class OneValueAPart(Sound):
    def __call__(self, features, labels):
        return Values(features.square().mean(dim=(0, 2)))


class RootOfNothing(Sound):
    def __call__(self, features, labels):
        return Values(super().__call__(features, labels).loss.sqrt())


class NoNegatives(Sound):
    """The mean over negatives, of which a batch of one subject has none."""

    def __call__(self, features, labels):
        other = labels[:, None] != labels[None, :]
        return Values(-(features[:, None] - features[None]).square().sum(dim=(2, 3))[other].mean())


class TurnsRound(Sound):
    class Backwards(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            return -gradient

    def __call__(self, features, labels):
        return super().__call__(self.Backwards.apply(features), labels)


class ChangesFeatures(Sound):
    def __call__(self, features, labels):
        with torch.no_grad():
            features *= 0.5
        return super().__call__(features, labels)


class Draws(Sound):
    def __call__(self, features, labels):
        return super().__call__(nn.functional.dropout(features, 0.5), labels)


class CountsPlaces(Sound):
    def __call__(self, features, labels):
        places = torch.arange(len(labels))[:, None, None] + 1
        return super().__call__(features * places, labels)


class ReadsLabelsAsNumbers(Sound):
    def __call__(self, features, labels):
        return super().__call__(features * (1 + labels[:, None, None]), labels)


class ShowsItsLoss(Sound):
    def figures(self, values):
        return {"loss": float(values.loss.detach())}


class HasCentres(nn.Module):
    reads, collapsed = "metric_features", None

    def __init__(self, settings):
        super().__init__()
        self.settings, self.centres = settings, nn.Parameter(torch.zeros(10, 1, 1))

    def forward(self, features, labels):
        return Values((features - self.centres[labels]).square().mean())

    def figures(self, values):
        return {}


class ShowsATensor(Sound):
    def figures(self, values):
        return {"spread": values.loss}


class ShowsOtherNames(Sound):
    def figures(self, values):
        return {f"spread of {round(float(values.loss.detach()), 3)}": 1.0}


BROKEN = {
    ReadsNothingKnown: "it reads one of metric_features, embedding, logits; found 'features'",
    CollapsesElsewhere: "`collapsed` is its loss for features that are all alike; found 0.0 instead of 0.2",
    CutOff: "one finite number with a finite gradient.*; found a `loss` that is cut off from its input",
    OneValueAPart: "one finite number.*; found no single number as `loss` for features, four subjects",
    RootOfNothing: "a finite gradient, for every batch; found a gradient that is not finite for",
    NoNegatives: "one finite number.*; found nan for features, one subject",
    TurnsRound: "its loss falls along its gradient; found a loss that grows against its gradient",
    ChangesFeatures: "what it is given stays as it is; found features or labels changed",
    Draws: "the same batch has the same loss, and nothing is drawn",
    CountsPlaces: "the order of the clips in a batch does not matter",
    ReadsLabelsAsNumbers: "labels are names: other numbers",
    ShowsItsLoss: "figures.values. is a dict of finite numbers; found loss, which training fills itself",
    HasCentres: "it has no parameters of its own.*; found centres",
    ShowsATensor: r"figures\(values\) is a dict of finite numbers; found spread as",
    ShowsOtherNames: r"figures\(values\) has the same names for every batch",
}


def test_a_sound_one_passes(installed) -> None:
    check_loss(installed(Settings, Sound))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.__name__)
def test_a_broken_one_is_told_what_it_broke(broken, installed) -> None:
    with pytest.raises(ContractError, match=BROKEN[broken]) as caught:
        check_loss(installed(Settings, broken))
    assert "\n" not in str(caught.value)


def test_what_lacks_an_attribute_is_told(installed) -> None:
    class Bare:
        def __init__(self, settings):
            self.settings = settings

    with pytest.raises(
        ContractError,
        match="with settings, reads, collapsed and figures; found no reads and no collapsed and no figures",
    ):
        check_loss(installed(Settings, Bare))
