"""What every loss promises, whoever wrote it."""

import math
from collections.abc import Callable
from typing import get_args

import torch
from torch import Tensor, nn

from gaitprint.config import settings_to_dict
from gaitprint.losses import TRAINING_FIGURES, Loss, Output
from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of

BATCHES = {
    "four subjects": [0, 0, 1, 1, 2, 2, 3, 3],
    "an uneven batch": [0, 0, 0, 1, 2, 2],
    "one subject": [1, 1, 1, 1],
    "one clip each": [0, 1, 2, 3],
    "one clip": [2],
}
"""Labels of batches that occur: the last of an epoch, or a process's share, may hold anything."""
PARTS, WIDTH = 3, 5
"""Of the features, and of logits the number of classes."""
TOLERANCE = 1e-4
"""Relative: what the order of float32 sums may change, with room."""


def check_loss(name: str) -> None:
    """Try all that a loss owes; see `gaitprint.losses.Loss`.

    Args:
        name: of a loss of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no loss has that name.
    """
    for about in promises_of("loss", name):
        with about.promise("it is built as Loss(settings), with settings, reads, collapsed and figures"):
            loss = about.make()
            expect_declares(loss, Loss, ("settings", "reads", "collapsed", "figures"))
        with about.promise(f"it reads one of {', '.join(get_args(Output))}"):
            expect(loss.reads in get_args(Output), repr(loss.reads))
        with about.promise("it has no parameters of its own: only the network's are trained"):
            own = [n for n, _ in loss.named_parameters()] if isinstance(loss, nn.Module) else []
            expect(own == [], ", ".join(own))
        _check_values(about, loss)
        _check_equalities(about, loss)
        with about.promise("its loss falls along its gradient"):
            _check_descent(loss)


def _check_values(about: Promises, loss: Loss) -> None:
    kinds: dict[str, Callable[[int], Tensor]] = {
        "features": lambda n: _features(n),
        "features that are all alike": lambda n: torch.full((n, PARTS, WIDTH), 0.5),
        "features of zeros": lambda n: torch.zeros(n, PARTS, WIDTH),
        "large features": lambda n: 1e4 * _features(n),
    }
    names: set[frozenset[str]] = set()
    for kind, draw in kinds.items():
        for batch, listed in BATCHES.items():
            at, labels = f"for {kind}, {batch}", torch.tensor(listed)
            features = draw(len(listed)).requires_grad_()
            before = features.detach().clone()
            with about.promise("its `loss` is one finite number with a finite gradient, for every batch"):
                values = loss(features, labels)
                value = values.loss
                expect(isinstance(value, Tensor) and value.ndim == 0, f"no single number as `loss` {at}")
                expect(value.requires_grad, f"a `loss` that is cut off from its input {at}")
                expect(torch.isfinite(value), f"{float(value.detach())} {at}")
                value.backward()
                grad = features.grad
                expect(grad is not None and bool(torch.isfinite(grad).all()), f"a gradient that is not finite {at}")
            with about.promise("what it is given stays as it is"):
                same = torch.equal(features.detach(), before) and labels.tolist() == listed
                expect(same, f"features or labels changed {at}")
            with about.promise("figures(values) is a dict of finite numbers"):
                shown = loss.figures(values)
                sound = isinstance(shown, dict) and all(isinstance(key, str) and key for key in shown)
                expect(sound, f"{type(shown).__name__} {shown!r:.100} {at}")
                wrong = [key for key, v in shown.items() if not isinstance(v, int | float) or not math.isfinite(v)]
                expect(wrong == [], f"{', '.join(wrong)} as {[shown[key] for key in wrong]!r:.100} {at}")
                taken = [key for key in shown if key in TRAINING_FIGURES]
                expect(taken == [], f"{', '.join(taken)}, which training fills itself")
                names.add(frozenset(shown))
    with about.promise("figures(values) has the same names for every batch: they are columns of the history"):
        expect(len(names) == 1, f"{len(names)} sets of names")


def _check_equalities(about: Promises, loss: Loss) -> None:
    listed = BATCHES["four subjects"]
    features, labels = _features(len(listed)), torch.tensor(listed)
    before = torch.random.get_rng_state()
    whole = float(loss(features, labels).loss)
    with about.promise("the same batch has the same loss, and nothing is drawn"):
        again = float(loss(features.clone(), labels.clone()).loss)
        expect(again == whole, f"{again!r} after {whole!r}")
        expect(torch.equal(torch.random.get_rng_state(), before), "draws from the generator of the whole process")
    with about.promise("the order of the clips in a batch does not matter"):
        order = torch.randperm(len(listed), generator=_seeded(1))
        _expect_equal(loss(features[order], labels[order]).loss, whole)
    with about.promise("float64 features have the same loss"):
        _expect_equal(loss(features.double(), labels).loss, whole)
    # the labels of logits are places in them: other numbers are other classes
    if loss.reads != "logits":
        with about.promise("labels are names: other numbers for the same subjects have the same loss"):
            _expect_equal(loss(features, 7 * (3 - labels)).loss, whole)
    if loss.collapsed is not None:
        with about.promise("`collapsed` is its loss for features that are all alike"):
            _expect_equal(loss(torch.full_like(features, 0.5), labels).loss, float(loss.collapsed))
    with about.promise("its settings rebuild it"):
        _expect_equal(about.component.make(settings_to_dict(loss.settings))(features, labels).loss, whole)


def _check_descent(loss: Loss) -> None:
    """Some small step against the gradient has to lower the loss, in double precision."""
    labels = torch.tensor(BATCHES["four subjects"])
    features = _features(len(labels)).double().requires_grad_()
    value = loss(features, labels).loss
    value.backward()
    slope = torch.zeros_like(features) if features.grad is None else features.grad
    size = float(slope.norm())
    expect(size > 0, "no gradient at all")
    # hinges and roots bend: the first step may be too long, and one of them is enough
    with torch.no_grad():
        lower = [loss(features - step / size * slope, labels).loss < value for step in (1e-2, 1e-3, 1e-4)]
    expect(any(bool(x) for x in lower), "a loss that grows against its gradient")


def _expect_equal(found: Tensor, whole: float) -> None:
    off = abs(float(found) - whole)
    expect(off <= TOLERANCE * max(abs(whole), 1e-3), f"{float(found)} instead of {whole}")


def _features(n: int) -> Tensor:
    return torch.randn(n, PARTS, WIDTH, generator=_seeded(0))


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
