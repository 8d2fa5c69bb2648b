"""A training step of GaitGL in the journal form, and what GaitMask's masks cost, as ratios inside one run.

    python benchmarks/training_step.py [--threads 2] [--rounds 3] [--subjects 8] [--sequences 4] [--frames 30]

The reference is the same network written plainly from the paper: strip by strip, in torch's default layout, distances
by the expansion of the square. Both steps are forward pass, losses, backward pass and Adam, in float32, on the same
clips from the same weights; they take turns, and each round's ratio is printed with the median.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.layers.convolution import Convolution
from gaitprint.layers.masked_convolution import Band, MaskedConvolution
from gaitprint.networks.gaitgl import GaitGL
from gaitprint.training.loop import build_network, prepare_network
from gaitprint.training.objective import Objective
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import load_recipe
from gaitprint.training.step import loss_and_gradients


def reference_outputs(network: GaitGL, clips: Tensor) -> tuple[Tensor, Tensor]:
    """Features after BatchNorm and logits, by the plain way, from the weights of ours."""
    strips = network.settings.strips
    assert strips is not None

    def convolution(x: Tensor, weight: Tensor) -> Tensor:
        return F.leaky_relu(F.conv3d(x, weight, padding=1), 0.01)

    def glconv(x: Tensor, layer: nn.Module, stack: bool) -> Tensor:
        whole = F.conv3d(x, layer.whole.weight, padding=1)
        local = torch.cat([F.conv3d(s, layer.local.weight, padding=1) for s in x.chunk(strips, dim=3)], dim=3)
        if stack:
            return F.leaky_relu(torch.cat([whole, local], dim=3), 0.01)
        return F.leaky_relu(whole, 0.01) + F.leaky_relu(local, 0.01)

    x = convolution(clips, network.stem[0].weight)
    x = F.leaky_relu(F.conv3d(x, network.aggregation.weight, stride=(3, 1, 1)), 0.01)
    x = F.max_pool3d(glconv(x, network.before_pool[0], False), (1, 2, 2))
    x = glconv(glconv(x, network.after_pool[0], False), network.after_pool[1], True)
    x = x.max(dim=2).values
    power = network.pooling.power
    bands = x.reshape(*x.shape[:2], network.settings.height, -1)
    pooled = bands.clamp(min=1e-6).pow(power).mean(dim=3).pow(1 / power)
    features = pooled.permute(2, 0, 1).matmul(network.head.linear.weight)
    assert network.head.norm is not None
    assert network.head.classifier is not None
    normal = network.head.norm(features.permute(1, 2, 0)).permute(2, 0, 1)
    return normal, normal.matmul(network.head.classifier.weight)


def reference_loss(features: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """Batch-all triplets, part by part, and cross-entropy; features and logits are [P, N, C]."""
    square = features.square().sum(dim=2)
    inner = features.matmul(features.transpose(1, 2))
    distances = (square[:, :, None] + square[:, None, :] - 2 * inner).clamp(min=0)
    distances = (distances + (distances == 0) * 1e-12).sqrt()
    same = labels[:, None] == labels[None, :]
    parts, n = len(features), len(labels)
    positive = distances[:, same].view(parts, n, -1, 1)
    negative = distances[:, ~same].view(parts, n, 1, -1)
    terms = F.relu(0.2 + positive - negative).flatten(1)
    triplet = (terms.sum(dim=1) / (terms != 0).sum(dim=1).clamp(min=1)).mean()
    return triplet + F.cross_entropy(logits.permute(1, 2, 0), labels[:, None].expand(-1, parts))


def both_ways(module: nn.Module, *inputs: object) -> float:
    """Forward and backward pass."""
    mean = module(*inputs).square().mean()
    mean.backward()
    return float(mean.detach())


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """Seconds, and what came of it."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def step(arguments: argparse.Namespace) -> None:
    """Ours against the plain way, in turn."""
    recipe = load_recipe("gaitgl-journal-casia-b")
    ours = build_network(recipe, 74, 0)
    assert isinstance(ours, GaitGL)
    plain = copy.deepcopy(ours).train()
    prepare_network(ours, recipe.training)
    count = arguments.subjects * arguments.sequences
    generator = torch.Generator().manual_seed(1)
    clips = (torch.rand(count, 1, arguments.frames, 64, 44, generator=generator) > 0.5).float()
    labels = torch.arange(arguments.subjects).repeat_interleave(arguments.sequences)
    objective = Objective(recipe.losses)
    adams = [torch.optim.Adam(n.parameters(), 1e-4, weight_decay=5e-4) for n in (ours, plain)]

    def our_step() -> float:
        adams[0].zero_grad()
        loss, _ = loss_and_gradients(ours, objective, clips, labels, torch.Generator, ProcessGroup(), nullcontext)
        adams[0].step()
        return loss

    def plain_step() -> float:
        adams[1].zero_grad()
        loss = reference_loss(*reference_outputs(plain, clips), labels)
        loss.backward()
        adams[1].step()
        return float(loss.detach())

    ratios, times = [], []
    for number in range(arguments.rounds + 1):
        theirs, their_loss = timed(plain_step)
        mine, our_loss = timed(our_step)
        if number == 0:
            print(f"loss of the first step: reference {their_loss:.6f}, ours {our_loss:.6f}")
            continue
        ratios.append(theirs / mine)
        times.append((theirs, mine))
        print(f"reference {theirs:.2f} s, ours {mine:.2f} s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"training step, {count} clips of {arguments.frames} frames, {torch.get_num_threads()} threads: "
          f"reference / ours {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")  # fmt: skip


def mask_branch(arguments: argparse.Namespace) -> None:
    """The masked branch against an unmasked one, forward and backward, in the shapes of the layers after the pool."""
    generator = torch.Generator().manual_seed(2)
    for channels_in, channels_out, height, width in ((32, 64, 64, 44), (64, 128, 32, 22), (128, 128, 32, 22)):
        masked = MaskedConvolution(channels_in, channels_out, "activated", batch_norm=False, generator=generator)
        unmasked = Convolution(channels_in, channels_out, batch_norm=False, generator=generator)
        for module in (masked, unmasked):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
        x = torch.randn(8, channels_in, 10, height, width, generator=generator)
        x = x.contiguous(memory_format=torch.channels_last_3d).requires_grad_()
        band = Band(height // 3, height // 5)
        passing = (partial(both_ways, masked, x, band), partial(both_ways, unmasked, x))
        ratios = []
        for number in range(3 * arguments.rounds + 1):
            first, second = (timed(work)[0] for work in passing)
            if number:
                ratios.append(first / second)
        print(f"mask branch {channels_in} -> {channels_out} at {height} x {width}: masked / unmasked "
              f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("threads", 2), ("rounds", 3), ("subjects", 8), ("sequences", 4), ("frames", 30)):
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    mask_branch(chosen)
    step(chosen)
