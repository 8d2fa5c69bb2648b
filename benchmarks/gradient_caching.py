"""Claim: with micro_batch = 32 a step of 16 x 8 clips takes at most 1.3 times the memory of a plain step of 4 x 8.

    python benchmarks/gradient_caching.py [--frames 30] [--micro-batch 32] [--precision float32]

GaitGL in the journal form for CASIA-B, forward pass, losses and backward pass on made-up clips, one thread. Each case
runs in a process of its own; its figure is the highest resident memory of that process less what it had after the
imports. Both sides thus hold weights, gradients and their own clips. On a smaller batch, that a plain step can also
take, the two gradients are compared, each parameter's by the largest value in it.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from contextlib import nullcontext
from functools import partial

import torch
from torch import nn

from gaitprint.training.loop import build_network, prepare_network
from gaitprint.training.objective import Objective
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import load_recipe
from gaitprint.training.step import loss_and_gradients

SEQUENCES = 8


def step(subjects: int, frames: int, micro_batch: int | None, precision: str) -> nn.Module:
    """A network with the gradient of one batch of subjects x 8 clips."""
    recipe = load_recipe("gaitgl-journal-casia-b")
    network = build_network(recipe, 74, 0)
    prepare_network(network, recipe.training)
    generator = torch.Generator().manual_seed(1)
    clips = (torch.rand(subjects * SEQUENCES, 1, frames, 64, 44, generator=generator) > 0.5).float()
    labels = torch.arange(subjects).repeat_interleave(SEQUENCES)
    within = nullcontext if precision == "float32" else partial(torch.autocast, "cpu", torch.bfloat16)
    objective = Objective(recipe.losses)
    loss_and_gradients(network, objective, clips, labels, torch.Generator, ProcessGroup(), within, micro_batch)
    return network


def measure(subjects: int, frames: int, micro_batch: int | None, precision: str) -> None:
    """Print bytes and seconds of one step; for a fresh process."""
    before, start = _peak(), time.perf_counter()
    step(subjects, frames, micro_batch, precision)
    print(json.dumps([_peak() - before, time.perf_counter() - start]))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def case(subjects: int, micro_batch: int | None, arguments: argparse.Namespace) -> int:
    """The peak memory in bytes of one step in a process of its own."""
    command = [
        *(sys.executable, __file__, "--case", str(subjects), "--frames", str(arguments.frames)),
        *("--precision", arguments.precision, "--micro-batch", str(micro_batch or 0)),
    ]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    taken, seconds = json.loads(answer)
    name = "plain" if micro_batch is None else f"micro_batch={micro_batch}"
    print(
        f"{subjects} x {SEQUENCES} x {arguments.frames}, {name}: {taken / 2**20:,.0f} MiB, {seconds:.1f} s", flush=True
    )
    return int(taken)


def difference(frames: int) -> float:
    """Largest difference of two gradients of 2 x 8 clips, five at a time and at once, relative to the parameter's."""
    whole, parts = (step(2, frames, size, "float32") for size in (None, 5))
    worst = 0.0
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert a.grad is not None
        assert b.grad is not None
        worst = max(worst, float((a.grad - b.grad).abs().max() / a.grad.abs().max()))
    return worst


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--micro-batch", type=int, default=32)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--case", type=int, help="subjects of a single case, in this process")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.case:
        measure(chosen.case, chosen.frames, chosen.micro_batch or None, chosen.precision)
        sys.exit()
    plain = case(4, None, chosen)
    cached = case(16, chosen.micro_batch, chosen)
    print(f"memory of 16 x {SEQUENCES} in parts / 4 x {SEQUENCES} at once: {cached / plain:.2f}")
    print(f"gradient of 2 x {SEQUENCES} clips in parts and at once: they differ by {difference(6):.1e} at most")
