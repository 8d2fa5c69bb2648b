"""What every network promises, whoever wrote it."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from gaitprint.config import settings_to_dict
from gaitprint.models.base import PartNetwork
from gaitprint.models.contracts import Network
from gaitprint.tensors import PartOutputs
from gaitprint.testing.part_networks import check_part_network
from gaitprint.testing.promises import Promises, expect, expect_declares, expect_near, promises_of
from gaitprint.types import PartLayout

CLASSES = 5
"""Subjects of the classifier, where a network has one."""


def check_network(name: str, *, tolerance: float = 1e-5) -> None:
    """Try all that a network owes; see `gaitprint.models.contracts.Network`.

    Args:
        name: of a network of ours, or the dotted path of a module elsewhere that ends with `component = ...`.
        tolerance: by how much, relative to the largest value, a clip's embedding may differ alone and in a batch.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no network has that name.
    """
    for about in promises_of("network", name):
        with about.promise("it is built as Network(settings, classes=..., generator=...)"):
            network = about.make(classes=CLASSES, generator=_seeded(0))
        with about.promise("it is a torch.nn.Module with settings, classes and layout"):
            _check_declared(network)
        _check_answers(about, network, tolerance)
        _check_training(about, network)
        _check_rebuilding(about, network)
        if isinstance(network, PartNetwork):
            check_part_network(about, network)


def _check_declared(network: object) -> None:
    expect(isinstance(network, nn.Module), f"a {type(network).__name__}")
    expect_declares(network, Network, ("settings", "classes", "layout"))
    layout = getattr(network, "layout", None)
    expect(isinstance(layout, PartLayout), f"a layout of type {type(layout).__name__}")


def _check_answers(about: Promises, network: Any, tolerance: float) -> None:
    network.eval()
    with about.promise("clips of any length from one frame up give PartOutputs of its layout, all finite"):
        for frames in (1, 2, 3, 4, 5, 7):
            _check_outputs(network, network(_clips(about, 2, frames)), frames)
    _check_clips_stay(about, network)
    network.eval()
    with about.promise("in evaluation nothing is drawn: the same clips give the same bytes"):
        clips = _clips(about, 2, 6)
        expect(torch.equal(network(clips).embedding, network(clips).embedding), "two answers for the same clips")
    with about.promise("a clip embeds alike alone and in a batch"):
        for frames in (1, 3, 8):
            batch = _clips(about, 3, frames)
            together = network(batch).embedding.detach()
            for i in range(3):
                alone, atol = network(batch[i : i + 1]).embedding[0].detach(), tolerance * float(together.abs().max())
                expect_near(alone, together[i], tolerance, atol, f"clip {i} of 3, {frames} frames")
    with about.promise("weights in channels-last order (3-D) change rounding only: convolutions are 3-D"):
        # training stores all weights so, and torch refuses to for those of 2-D convolutions, which have four axes
        other = deepcopy(network)
        other.to(memory_format=torch.channels_last_3d)
        clips = _clips(about, 2, 6)
        found, wanted = (n(clips).embedding.detach() for n in (other, network))
        expect_near(found, wanted, 1e-5, 1e-6 * max(1.0, float(wanted.abs().max())), "embeddings")


def _check_outputs(network: Any, outputs: Any, frames: int) -> None:
    expect(isinstance(outputs, PartOutputs), f"a {type(outputs).__name__}")
    layout, classes = network.layout, network.classes
    expect(len(layout.blocks) == 1, f"a layout of {len(layout.blocks)} blocks, where a network is one")
    ((parts, channels),) = layout.blocks
    at = f"for 2 clips of {frames} frames"
    shape = tuple(outputs.embedding.shape)
    expect(shape == (2, parts, channels), f"an embedding {shape}, and not {(2, parts, channels)}, {at}")
    expect(
        outputs.metric_features.shape[:2] == (2, parts), f"metric features {tuple(outputs.metric_features.shape)} {at}"
    )
    logits = None if outputs.logits is None else tuple(outputs.logits.shape)
    wanted = None if classes is None else (2, parts, classes)
    expect(logits == wanted, f"logits {logits}, where classes = {classes} says {wanted}, {at}")
    finite = all(bool(torch.isfinite(x).all()) for x in outputs if x is not None)
    expect(finite, f"values that are not finite {at}")


def _check_clips_stay(about: Promises, network: Any) -> None:
    with about.promise("the clips it is given stay as they are"):
        for training in (False, True):
            network.train(training)
            for frames in (1, 3, 5):
                clips = _clips(about, 2, frames)
                before = clips.clone()
                network(clips, _seeded(0))
                expect(torch.equal(clips, before), f"clips of {frames} frames changed, training: {training}")


def _check_training(about: Promises, network: Any) -> None:
    with about.promise("an empty clip gives finite values and gradients in training"):
        network.train()
        network.zero_grad()
        outputs = network(torch.zeros_like(_clips(about, 2, 6)), _seeded(0))
        outputs.metric_features.sum().backward()
        expect(torch.isfinite(outputs.embedding).all(), "an embedding that is not finite")
        wrong = [n for n, p in network.named_parameters() if p.grad is not None and not torch.isfinite(p.grad).all()]
        expect(wrong == [], f"gradients that are not finite of {', '.join(wrong)}")
    with about.promise("the gradient reaches every parameter"):
        network.train()
        network.zero_grad()
        outputs = network(_clips(about, 4, 6), _seeded(0))
        # all that a recipe's losses can read has to be in here, or a branch would look dead
        loss = outputs.metric_features.square().mean()
        if outputs.logits is not None:
            labels = torch.arange(4).repeat_interleave(outputs.logits.shape[1])
            loss = loss + nn.functional.cross_entropy(outputs.logits.flatten(0, 1), labels)
        loss.backward()
        dead = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        silent = "" if outputs.metric_features.any() else ": its features are all 0, as if a weight were set to 0"
        expect(dead == [], f"none in {', '.join(dead)}{silent}")


def _check_rebuilding(about: Promises, network: Any) -> None:
    with about.promise("weights and what training draws come from the given generators alone"):
        # torch's own layers draw weights of the process's generator first: what counts is that none of them is left
        twins = [about.make(classes=CLASSES, generator=_seeded(9)) for _ in range(2)]
        pairs = zip(*(n.named_parameters() for n in twins), strict=True)
        other = [key for (key, a), (_, b) in pairs if not torch.equal(a, b)]
        expect(other == [], f"other weights from the same generator, of {', '.join(other)}: draw these from it too")
        clips, before = _clips(about, 2, 3), torch.random.get_rng_state()
        answers = [n.train()(clips, _seeded(4)).metric_features for n in twins]
        expect(torch.equal(*answers), "another training forward from the same generator")
        expect(
            torch.equal(torch.random.get_rng_state(), before),
            "a forward that draws from the generator of the whole process",
        )
    with about.promise("its settings hold no None and rebuild it, with its weights, to the byte"):
        values, classes = settings_to_dict(network.settings), network.classes
        unset = [key for key, value in values.items() if value is None]
        expect(unset == [], f"None for {', '.join(unset)}")
        # a fresh generator: what is not in the settings or the weights comes out otherwise
        again = about.component.make(values, classes=classes, generator=torch.Generator())
        again.load_state_dict(network.state_dict())
        clips = _clips(about, 1, 4)
        same = torch.equal(again.eval()(clips).embedding, network.eval()(clips).embedding)
        expect(same, "another embedding from the rebuilt network")


def _clips(about: Promises, n: int, frames: int) -> Tensor:
    return torch.rand(n, 1, frames, *about.example.frame, generator=_seeded(0))


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
